"""Mutate generated pictures and decode them: each must give a picture or a refusal, soon, and leave no memory behind.

Everything follows from `--seed`; a failure names the seed and the number of its picture, and
`--only NUMBER` decodes that one again.
"""

from __future__ import annotations

import argparse
import os
import random
import struct
import sys
import tempfile
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from tests import pictures

from recognizance.errors import Refusal
from recognizance.vision import image

Mutation = Callable[[random.Random, bytes, list[bytes]], bytes]

SETTLED = 0.2  # of the run: by then what is loaded once is loaded
SLOW = 5.0  # seconds of computing for one picture that count as a hang
GROWTH = 64.0  # MiB that count as a leak


def seeds() -> list[bytes]:
    """Return whole pictures of every kind we can make, some with what real files carry."""
    small, odd = pictures.smooth(96, 88), pictures.noise(131, 97)
    alpha = np.dstack([small, pictures.noise(96, 88)[..., :1]])
    grey = small[..., :1]
    plain = [
        pictures.encoded(small, "JPEG", quality=80),
        pictures.encoded(odd, "JPEG", quality=95, progressive=True),
        pictures.encoded(odd, "JPEG", quality=50, subsampling="4:2:0", restart_marker_blocks=2),
        pictures.encoded(odd, "JPEG", quality=50, subsampling="4:1:1", optimize=True),
        pictures.encoded(grey[..., 0], "JPEG", quality=80),
        pictures.encoded(pictures.smooth(1200, 900), "JPEG", quality=70, progressive=True),
        pictures.cmyk_jpeg(alpha),
        pictures.cmyk_jpeg(alpha, transform=2),
        *(
            pictures.png(samples, depth, colour, interlace=interlace, pieces=3)
            for samples, depth, colour in (
                (small, 8, 2),
                (small.astype(int) * 257, 16, 2),
                (alpha, 8, 6),
                (alpha.astype(int) * 257, 16, 6),
                (grey, 8, 0),
                (grey % 4, 2, 0),
                (alpha[..., 2:], 8, 4),
            )
            for interlace in (0, 1)
        ),
        pictures.png(grey % 16, 4, 3, palette=bytes(range(48)), transparency=bytes(range(16))),
        pictures.png(small, 8, 2, transparency=b"\0\1\0\2\0\3", before=pictures.chunk(b"gAMA", b"\0\0\xff\xff")),
        pictures.png(grey % 4, 2, 0, transparency=b"\0\1"),
    ]
    with_exif = [
        pictures.after_start(plain[0], pictures.exif(number, order="<" if number % 2 else ">")) for number in (3, 6)
    ]
    return plain + with_exif


def flip(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    """Change a few bytes anywhere."""
    changed = bytearray(data)
    for _i in range(chance.choice((1, 1, 2, 4, 16, 64))):
        changed[chance.randrange(len(changed))] = chance.choice((0, 255, chance.randrange(256)))
    return bytes(changed)


def flip_early(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    """Change a few bytes of the headers and tables."""
    changed = bytearray(data)
    for _i in range(chance.randrange(1, 6)):
        changed[chance.randrange(min(len(changed), 700))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def truncate(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    """Cut the end off, and now and then put an end marker there."""
    return data[: chance.randrange(len(data))] + chance.choice((b"", b"\xff\xd9", pictures.PNG_END))


def splice(chance: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Put the beginning of one picture before the end of another."""
    other = chance.choice(others)
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def insert(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    """Put random bytes, or a repeated piece of itself, somewhere."""
    at = chance.randrange(len(data))
    piece = data[at : at + chance.randrange(1, 200)] * chance.choice((1, 2, 300))
    return data[:at] + (chance.randbytes(chance.randrange(1, 40)) if chance.random() < 0.5 else piece) + data[at:]


def lie(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    """Let the header tell other sizes than the data has, its checksum right."""
    sides = [chance.choice((0, 1, 79, 80, 97, 1000, 10_000, 10_001, 65_535)) for _i in range(2)]
    if data.startswith(b"\xff\xd8"):
        at = next((i for i in (data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) if i > 0), 0) + 5
        return data[:at] + struct.pack(">HH", *sides) + data[at + 4 :]
    shape = chance.choice(((8, 2), (16, 6), (8, 0), (1, 0), (4, 3), (data[24], data[25])))
    header = pictures.png_header(*sides, *shape, interlace=chance.randrange(2))
    return data[:8] + header + data[33:]


def rearrange(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    """Drop, double, swap or reword whole segments or chunks, lengths and checksums right."""
    jpeg = data.startswith(b"\xff\xd8")
    parts = list(jpeg_parts(data) if jpeg else png_parts(data))
    for _i in range(chance.randrange(1, 4)):
        a, b = chance.randrange(len(parts)), chance.randrange(len(parts))
        match chance.randrange(4):
            case 0 if len(parts) > 1:
                del parts[a]
            case 1:
                parts[a:a] = [parts[b]] * chance.choice((1, 2, 70))
            case 2:
                parts[a], parts[b] = parts[b], parts[a]
            case _:
                parts[a] = reworded(chance, parts[a], jpeg)
    return (data[:2] if jpeg else data[:8]) + b"".join(parts)


def reworded(chance: random.Random, part: bytes, jpeg: bool) -> bytes:
    """Return a segment or chunk with some of its content changed."""
    first = 4 if jpeg else 8
    body = bytearray(part[first:] if jpeg else part[first:-4])
    for _i in range(chance.randrange(1, 8)):
        if body:
            body[chance.randrange(len(body))] = chance.randrange(256)
    return part[:first] + bytes(body) if jpeg else pictures.chunk(part[4:8], bytes(body))


def jpeg_parts(data: bytes) -> Iterator[bytes]:
    """Yield the segments of a JPEG, coded data with its scan header, then the end marker."""
    for _marker, start, end in image._segments(data):
        yield data[start:end]
    yield b"\xff\xd9"


def png_parts(data: bytes) -> Iterator[bytes]:
    """Yield the chunks of a PNG."""
    for _kind, start, end in image._chunks(data):
        yield data[start:end]
    yield pictures.PNG_END


def restuff(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    """Damage a PNG's pixels before they are compressed, or the compressed stream; checksums right."""
    if data.startswith(b"\xff\xd8"):
        return flip(chance, data, _)
    parts = list(png_parts(data))
    stream = b"".join(part[8:-4] for part in parts if part[4:8] == b"IDAT")
    if chance.random() < 0.5:
        rows = bytearray(zlib.decompress(stream))
        for _i in range(chance.randrange(1, 20)):
            rows[chance.randrange(len(rows))] = chance.randrange(256)
        stream = zlib.compress(
            bytes(rows[: chance.choice((len(rows), len(rows) // 2))] + bytes(chance.randrange(2000)))
        )
    else:
        stream = flip(chance, stream, [])
    others = [part for part in parts[:-1] if part[4:8] != b"IDAT"]
    return data[:8] + b"".join([*others, pictures.chunk(b"IDAT", stream), pictures.PNG_END])


MUTATIONS: tuple[Mutation, ...] = (flip, flip_early, truncate, splice, insert, lie, rearrange, restuff)


def mutated(number: int, seed: int, whole: list[bytes]) -> tuple[str, bytes]:
    """Return the picture of this number, and how it was made."""
    chance = random.Random(f"{seed}/{number}")
    data = chance.choice(whole)
    names = []
    for _i in range(chance.choice((1, 1, 2))):
        mutation = chance.choice(MUTATIONS)
        if names and mutation in (rearrange, restuff, lie):
            continue  # these need a sound picture
        data = mutation(chance, data, whole) or b"\0"
        names.append(mutation.__name__)
    return "+".join(names), data


def resident() -> float:
    """Return the memory this process holds, in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> int:
    """Run, print a summary, and return 0 when every picture was decoded or refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    chosen = parser.parse_args()

    whole = seeds()
    for data in whole:
        image.decode(data)
    outcomes: Counter[str] = Counter()
    slowest, slowest_name, settled, failures = 0.0, "", resident(), 0
    numbers = range(chosen.count) if chosen.only is None else [chosen.only]
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        real, _ = os.dup(2), os.dup2(said.fileno(), 2)  # what the decoders say goes there
        for number in numbers:
            name, data = mutated(number, chosen.seed, whole)
            begun = time.thread_time()
            try:
                picture = image.decode(data)
                sound = picture.pixels.dtype == np.uint8 and picture.pixels.ndim == 3 and picture.pixels.shape[2] == 3
                outcomes["decoded" if sound else "decoded to something odd"] += 1
                failures += not sound
            except Refusal as refusal:
                outcomes[type(refusal).__name__] += 1
            except BaseException:
                failures += 1
                print(f"picture {number} of seed {chosen.seed} ({name}):\n{traceback.format_exc()}")
            took = time.thread_time() - begun
            if took > slowest:
                slowest, slowest_name = took, f"{number}: {name}, {len(data)} bytes"
            if number == int(chosen.count * SETTLED):
                settled = resident()
        os.dup2(real, 2)
        said.seek(0)
        lines = sum(1 for _ in said)
    growth = resident() - settled
    passed = not failures and slowest < SLOW and growth < GROWTH
    print(
        f"{len(numbers)} pictures, seed {chosen.seed}: {dict(outcomes.most_common())}, {failures} failures\n"
        f"slowest {slowest * 1000:.0f} ms ({slowest_name}); memory grew {growth:.1f} MiB to {resident():.0f} MiB; "
        f"{lines} lines from the decoders; {time.perf_counter() - started:.0f} s"
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
