/* The best of many rows of codes, by their inner product with queries in whole numbers: what scan.py calls.

   A code is a byte c + 128, c from -127 to 127; a query's parts are from -127 to 127. Sums are of whole numbers and
   exact: 255 * 127 * dim stays below 2^31 up to 66,311 dimensions.

   Nothing is read but what is handed in: a prefetch past an end asks for nothing that could fail. No state is kept, so
   any number of threads may call. It is no Python module and needs none of Python's headers: scan.py loads it with
   ctypes, and goes to FAISS where it was not built or the processor has neither of the two instruction sets. */

#include <stddef.h>
#include <stdint.h>

enum { NONE = 0, AVX2 = 1, VNNI = 2 };

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <immintrin.h>

enum {
    AHEAD = 4096,     /* bytes that are asked for before they are needed: 1,024 and 16,384 take a fifth longer */
    GROUP = 512,      /* rows whose sums are made before any is looked at */
    BLOCK = 1 << 20,  /* bytes that stay in a core's cache while each query passes over them */
};

typedef struct {
    const uint8_t *codes;
    size_t dim;
    const int8_t *query;
    const int16_t *wide; /* the same numbers, for the products that need 16 bits */
} Work;

static int32_t sum_of_one(const Work *work, const uint8_t *row) {
    int32_t sum = 0;
    for (size_t i = 0; i < work->dim; i++) sum += (int32_t)row[i] * work->query[i];
    return sum;
}

/* Four rows at a time: each line of memory is asked for 4 kB ahead, as the processor by itself waits for many. */
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
static void sums_vnni(const Work *work, size_t rows, int32_t *sums) {
    size_t dim = work->dim, whole = dim & ~(size_t)63, row = 0;
    __mmask64 rest = (__mmask64)(((uint64_t)1 << (dim - whole)) - 1);
    for (; row + 4 <= rows; row += 4) {
        const uint8_t *at[4];
        __m512i sum[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) at[i] = work->codes + (row + i) * dim, sum[i] = _mm512_setzero_si512();
        for (size_t part = 0; part < whole; part += 64) {
            __m512i query = _mm512_loadu_si512(work->query + part);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                _mm_prefetch((const char *)(at[i] + part + AHEAD), _MM_HINT_T0);
                sum[i] = _mm512_dpbusd_epi32(sum[i], _mm512_loadu_si512(at[i] + part), query);
            }
        }
        if (rest) {
            __m512i query = _mm512_maskz_loadu_epi8(rest, work->query + whole);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++)
                sum[i] = _mm512_dpbusd_epi32(sum[i], _mm512_maskz_loadu_epi8(rest, at[i] + whole), query);
        }
        __m512i first = _mm512_add_epi32(_mm512_unpacklo_epi32(sum[0], sum[1]), _mm512_unpackhi_epi32(sum[0], sum[1]));
        __m512i last = _mm512_add_epi32(_mm512_unpacklo_epi32(sum[2], sum[3]), _mm512_unpackhi_epi32(sum[2], sum[3]));
        __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(first, last), _mm512_unpackhi_epi64(first, last));
        __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
        _mm_storeu_si128((__m128i *)(sums + row), four);
    }
    for (; row < rows; row++) sums[row] = sum_of_one(work, work->codes + row * dim);
}

/* Products of a byte with a signed byte could be cut off in 16 bits, two at once; of two 16-bit numbers they cannot. */
__attribute__((target("avx2")))
static void sums_avx2(const Work *work, size_t rows, int32_t *sums) {
    size_t dim = work->dim, whole = dim & ~(size_t)15, row = 0;
    for (; row + 4 <= rows; row += 4) {
        const uint8_t *at[4];
        __m256i sum[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) at[i] = work->codes + (row + i) * dim, sum[i] = _mm256_setzero_si256();
        for (size_t part = 0; part < whole; part += 16) {
            __m256i query = _mm256_loadu_si256((const __m256i *)(work->wide + part));
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                if (part % 64 == 0) _mm_prefetch((const char *)(at[i] + part + AHEAD), _MM_HINT_T0);
                __m256i codes = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(at[i] + part)));
                sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(codes, query));
            }
        }
        __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(sum[0], sum[1]), _mm256_hadd_epi32(sum[2], sum[3]));
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
        _mm_storeu_si128((__m128i *)(sums + row), four);
        for (int i = 0; i < 4; i++)
            for (size_t part = whole; part < dim; part++) sums[row + i] += (int32_t)at[i][part] * work->query[part];
    }
    for (; row < rows; row++) sums[row] = sum_of_one(work, work->codes + row * dim);
}

/* The first of `count` was replaced: let it sink to where none below it is smaller. */
static void sink(int32_t *sums, int64_t *rows, size_t count) {
    int32_t sum = sums[0];
    int64_t row = rows[0];
    size_t at = 0;
    for (size_t next; (next = 2 * at + 1) < count; at = next) {
        if (next + 1 < count && sums[next + 1] < sums[next]) next++;
        if (sums[next] >= sum) break;
        sums[at] = sums[next], rows[at] = rows[next];
    }
    sums[at] = sum, rows[at] = row;
}

/* What this processor can do of what is here. */
int recognizance_scan_level(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vnni"))
        return VNNI;
    return __builtin_cpu_supports("avx2") ? AVX2 : NONE;
}

/* For each of `asked` queries, the `count` largest sums of `rows` rows, and which rows these are, in no order.

   `codes` is (rows, dim), `queries` and `wide` (asked, dim) with the same numbers, `sums` and `places` (asked, count);
   count is at most rows, and at least 1. `level` is one that recognizance_scan_level allows. */
void recognizance_scan(int level, const uint8_t *codes, size_t rows, size_t dim, const int8_t *queries,
                       const int16_t *wide, size_t asked, size_t count, int32_t *sums, int64_t *places) {
    int32_t found[GROUP];
    size_t block = asked == 1 ? rows : BLOCK / dim;
    block = block < GROUP ? GROUP : block - block % GROUP;
    for (size_t i = 0; i < asked * count; i++) sums[i] = INT32_MIN, places[i] = -1;
    for (size_t start = 0; start < rows; start += block) {
        size_t stop = rows - start < block ? rows : start + block;
        for (size_t one = 0; one < asked; one++) {
            int32_t *best = sums + one * count;
            int64_t *names = places + one * count;
            for (size_t from = start; from < stop; from += GROUP) {
                size_t some = stop - from < GROUP ? stop - from : GROUP;
                Work work = {codes + from * dim, dim, queries + one * dim, wide + one * dim};
                if (level == VNNI) sums_vnni(&work, some, found);
                else sums_avx2(&work, some, found);
                for (size_t i = 0; i < some; i++) {
                    if (found[i] <= best[0]) continue;
                    best[0] = found[i], names[0] = (int64_t)(from + i);
                    sink(best, names, count);
                }
            }
        }
    }
}

#else /* another processor or compiler: FAISS does it */

int recognizance_scan_level(void) { return NONE; }

void recognizance_scan(int level, const uint8_t *codes, size_t rows, size_t dim, const int8_t *queries,
                       const int16_t *wide, size_t asked, size_t count, int32_t *sums, int64_t *places) {
    (void)level, (void)codes, (void)rows, (void)dim, (void)queries, (void)wide;
    (void)asked, (void)count, (void)sums, (void)places;
}

#endif
