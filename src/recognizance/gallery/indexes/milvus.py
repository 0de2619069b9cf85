"""The index on a Milvus cluster, for what one machine's memory does not hold.

Each kind of vector in each collection is one Milvus collection of its own: `number` is the primary key, `vector` has
a FLAT index with metric IP, reads are at consistency level Strong.

What it answers is what comparing every row in float64 would, as the exact index does. Milvus multiplies in float32,
where no order of summing puts a sum of `dim` products further off than `margin` says. So whoever Milvus leaves out
below the last score it gave, less that margin, is out; everybody else is fetched from the database and compared in
full. A score further off than that is refused as a failure: then Milvus holds other vectors or computes coarser.

Several processes may feed one Milvus collection at once. Beside the rows it has *marks*: rows with a negative number,
which says what they mean, and a vector of zeros. A mark "reached" says up to which revision everything is there. A
mark "adding" comes in one request with new rows and goes once the database has been asked whether they are still
enrolled: a row that was removed between being read and being written is deleted then. Where a process died before,
whoever sees the mark does that in its place.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recognizance.database.tables import FACE
from recognizance.errors import IndexLost, IndexUnusable, SettingsWrong
from recognizance.gallery.shelf import Fetch, Opening
from recognizance.settings import Settings
from recognizance.values import Hit, Index, Numbers, Vectors

# python-dotenv, which pymilvus asks as it is imported, would read a `.env` file above the folder it is installed in
# into the environment of this process.
os.environ.setdefault("PYTHON_DOTENV_DISABLED", "1")
try:
    import grpc
    import pymilvus
    from pymilvus import DataType, MilvusClient
except ModuleNotFoundError as error:  # pragma: no cover (where the extra is not installed)
    raise SettingsWrong("index = milvus needs one package more: pip install 'recognizance[milvus]'") from error

log = logging.getLogger(__name__)
for _name in ("pymilvus", "pymilvus.milvus_client", "pymilvus.bulk_writer"):
    # It has put handlers of its own there and writes each failure with its traceback; ours says it in a sentence.
    logging.getLogger(_name).handlers.clear()
    logging.getLogger(_name).setLevel(logging.CRITICAL)

Floats: TypeAlias = NDArray[np.float64]
Near: TypeAlias = tuple[Numbers, Floats]
"""What Milvus gave for one query: numbers, marks among them, and scores, best first."""

KINDS = ("faces", "users")
OFF_UNIT = 1e-3
"""How far from 1 the length of a row or a query may be."""
ABOVE_ALL = 2**62
COLLECTION_NOT_FOUND = 100

RECONNECT = {"grpc.initial_reconnect_backoff_ms": 200, "grpc.max_reconnect_backoff_ms": 2000}
"""By itself gRPC would, after a long outage, try again every two minutes."""

REACHED, ADDING = 0, 1
_SPAN_BITS, _NONCE_BITS = 14, 12
TRIES = 3  # at counting while others add


@dataclass(frozen=True, slots=True)
class Sizes:
    """How the work is cut up. It decides how long an answer takes and never what it is."""

    window: int = 16_384
    """The most rows Milvus gives for one query."""
    spare: int = 64
    """How many rows are asked for beyond the limit, for marks and for those who are gone."""
    together: int = 16
    """Queries in one request."""
    written: int = 4 * 1024 * 1024
    """Bytes of vectors in one request."""
    fetched: int = 4096
    """The most vectors fetched from the database at once."""
    sampled: int = 256
    """Rows compared with the database as an index is opened."""


SIZES = Sizes()


@dataclass(frozen=True, slots=True)
class Mark:
    """What a row that is no face says.

    REACHED: everything up to revision `first` is here. ADDING: rows from `first` on, `span` numbers further at most,
    have not been compared with the database yet. `nonce` tells those apart that two processes leave at once.
    """

    kind: int
    first: int
    span: int = 0
    nonce: int = 0

    @property
    def number(self) -> int:
        """The primary key, below 0, that means this. It has room for numbers up to 2**36."""
        return -1 - (((self.first << _SPAN_BITS | self.span) << _NONCE_BITS | self.nonce) << 1 | self.kind)

    @classmethod
    def of(cls, number: int) -> Mark:
        """Return what a primary key below 0 means."""
        rest, kind = divmod(-1 - number, 2)
        rest, nonce = divmod(rest, 1 << _NONCE_BITS)
        first, span = divmod(rest, 1 << _SPAN_BITS)
        return cls(kind, first, span, nonce)


def source(settings: Settings, workers: ThreadPoolExecutor) -> Milvus:
    """Return where indexes come from: the cluster at `settings.index_address`, asked when first needed."""
    if not settings.index_address:
        raise SettingsWrong("index = milvus needs index_address, like http://host:19530")
    return Milvus(Cluster(settings.index_address, settings.index_token, settings.index_timeout))


class Milvus:
    """Indexes on one cluster, shared with every process over the same database."""

    shared = True
    """Others change what is held: it may be ahead of whoever counts it."""

    def __init__(self, cluster: Cluster, sizes: Sizes = SIZES) -> None:
        """Take the cluster as it is: nothing is asked of it yet."""
        self._cluster = cluster
        self._sizes = sizes

    def open(self, opening: Opening, /) -> tuple[Index, int]:
        """Return the index on the cluster and the revision it is at, or a new one where none agrees with the database.

        What a process that died may have left behind is removed.
        """
        for name in self._names(opening):
            self._load(name)
            index = self._index(opening, name)
            revision = index.tidied()
            if revision > opening.collection.revision:  # it went back: what was removed since may be missing here
                revision = 0
            if index.agrees(opening.collection.revision):
                return index, revision if index.is_whole(opening, revision) else 0
            log.warning("the Milvus collection %s is not of this database; the index is built anew", name)
            self._cluster.ask("drop_collection", name)
        return self._index(opening, self._made(opening)), 0

    def keep(self, opening: Opening, index: Index, revision: int, /) -> None:
        """Mark the revision as reached."""
        assert isinstance(index, OnMilvus), "this source made the index"
        try:
            index.reach(revision)
        except IndexUnusable as error:
            log.warning("how far the index of collection %d is was not kept: %s", opening.collection.number, error)

    def discard(self, opening: Opening, /) -> None:
        """Drop what the cluster holds. Where it cannot be asked, the log says what is left there."""
        try:
            for name in self._names(opening):
                self._cluster.ask("drop_collection", name)
        except IndexUnusable as error:
            log.error("%s* is left on the cluster and holds vectors: %s", self._prefix(opening), error)

    def scrub(self, opening: Opening, /) -> None:
        """Do nothing: what is removed from the index is removed from Milvus, and nothing is kept beside it."""

    def tidy(self, there: Callable[[], AbstractSet[int]], /) -> None:
        """Leave the cluster as it is: servers of another database may share it."""

    def close(self) -> None:
        """Let go of the connection."""
        self._cluster.close()

    def _index(self, opening: Opening, name: str) -> OnMilvus:
        return OnMilvus(self._cluster, name, opening.dimensions, opening.fetch, self._sizes)

    def _names(self, opening: Opening) -> list[str]:
        """Return the Milvus collections that are of this, first the one that is to be used.

        There is more than one where two processes each made theirs at the same moment.
        """
        prefix = self._prefix(opening)
        found = sorted(name for name in self._cluster.ask("list_collections") if name.startswith(prefix))
        if len(found) < 2:
            return found
        for name in found:
            self._load(name)
        return sorted(found, key=lambda name: (-self._index(opening, name).rows(), name))

    def _made(self, opening: Opening) -> str:
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("number", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=opening.dimensions)
        # A name is never used twice: a process that still asks for what another dropped is told so, and does not
        # take a half-built successor for the whole.
        name = f"{self._prefix(opening)}{secrets.token_hex(4)}"
        self._cluster.ask("create_collection", name, schema=schema, consistency_level="Strong")
        self._load(name)
        return name

    def _load(self, name: str) -> None:
        """Have the collection searched from memory; who made it may have died before it came to that."""
        if not self._cluster.ask("list_indexes", name):
            index = MilvusClient.prepare_index_params()
            index.add_index("vector", index_type="FLAT", metric_type="IP")
            self._cluster.ask("create_index", name, index, sync=False)  # of FLAT there is nothing to wait for
        self._cluster.ask("load_collection", name)

    @staticmethod
    def _prefix(opening: Opening) -> str:
        one = opening.collection
        lineage = f"{one.account} {one.created_at.isoformat()} {one.model}"
        digest = hashlib.sha256(lineage.encode()).hexdigest()[:16]
        return f"recognizance_{digest}_{one.number}_{KINDS[opening.kind]}_"


class OnMilvus:
    """One index on a cluster. Any thread and any process may search and change it."""

    def __init__(self, cluster: Cluster, name: str, dim: int, fetch: Fetch, sizes: Sizes = SIZES) -> None:
        """Take the Milvus collection of this name, which is there and loaded."""
        self._cluster = cluster
        self._name = name
        self._dim = dim
        self._fetch = fetch
        self._sizes = sizes
        self._margin = margin(dim)
        self._lock = Lock()
        self._changes = 0
        self._count: tuple[int, int] = -1, 0

    def __len__(self) -> int:
        """Return how many rows the cluster holds, counted anew once this process has brought it up to date."""
        changes = self._changes
        if self._count[0] != changes:
            self._count = changes, self._counted()
        return self._count[1]

    def add(self, numbers: Numbers, vectors: Vectors, /) -> None:
        """Add float32 rows of shape (n, dim) and length 1 under `numbers`, int64, shape (n,), rising.

        Those that are held are left as they are, and those no longer in the database are not kept. Raises
        `ValueError` for what does not fit, and adds nothing then.
        """
        rows = _fitting(numbers, vectors, self._dim)
        start = 0
        while start < len(numbers):
            at_once = max(1, self._sizes.written // (4 * self._dim))
            at_once = min(at_once, int(np.searchsorted(numbers[start:], numbers[start] + (1 << _SPAN_BITS))))
            some = slice(start, start + at_once)
            missing = ~np.isin(numbers[some], self._held(numbers[some]))
            if missing.any():
                self._put(numbers[some][missing], rows[some][missing])
            start += at_once
        self._changed()

    def remove(self, numbers: Numbers, /) -> None:
        """Delete the rows of `numbers`, in any order; those that are not held are ignored."""
        self._delete(np.unique(np.asarray(numbers, np.int64)))
        self._changed()

    def search(self, queries: Vectors, /, *, at_least: float, limit: int) -> list[list[Hit]]:
        """Return, for each query of shape (n, dim), the hits with cosine >= `at_least`, best first, `limit` at most.

        Ties go to the lower number. Raises `ValueError` for a query that is not finite or not of length 1, within
        `OFF_UNIT`, and for a threshold that is not a number.
        """
        asked = _rows(queries, self._dim)
        if not (np.abs(_lengths(asked) - 1) <= OFF_UNIT).all():  # nor is it when it is not a number
            raise ValueError("a query must be of length 1")
        if np.isnan(at_least):
            raise ValueError("the threshold is not a number")
        if limit < 1 or at_least > 1:
            return [[] for _ in asked]
        count = min(self._sizes.window, limit + self._sizes.spare)
        found = list[list[Hit]]()
        for start in range(0, len(asked), self._sizes.together):
            some = asked[start : start + self._sizes.together]
            for query, near in zip(some, self._near(some, count), strict=True):
                best = _Best(query, at_least, limit, self._margin, self._fetch, self._sizes.fetched)
                self._settle(best, near, count, None)
                found.append(best.hits())
        return found

    def rows(self) -> int:
        """Return how many rows there are, marks included."""
        (row,) = self._query(output_fields=["count(*)"])
        return int(row["count(*)"])

    def tidied(self) -> int:
        """Finish what processes that died had begun, and return the revision that was reached."""
        marks = self._marks()
        begun = [mark for mark in marks if mark.kind == ADDING]
        for mark in begun:
            self._compare(mark)
        self._delete(np.array([mark.number for mark in begun], np.int64))
        return max((mark.first for mark in marks if mark.kind == REACHED), default=0)

    def reach(self, revision: int) -> None:
        """Mark that everything up to `revision` is here."""
        lower = [mark.number for mark in self._marks() if mark.kind == REACHED and mark.first < revision]
        self._upsert([Mark(REACHED, revision).number], np.zeros((1, self._dim), np.float32))
        self._delete(np.array(lower, np.int64))

    def agrees(self, revision: int) -> bool:
        """Say whether rows taken from all over are those of the database: it may have been replaced, or gone back.

        Rows that are gone from the database are passed over; where all of them are, it does not agree. Rows past
        `revision` that the database has not are deleted: their numbers may be given to others.
        """
        some = self._sizes.sampled
        ahead = self._query(filter=f"number > {revision}", limit=self._sizes.window)
        if len(ahead) == self._sizes.window:
            return False
        self._delete(self._gone(np.array(sorted(row["number"] for row in ahead), np.int64)))
        spread = np.unique(np.linspace(1, max(1, revision), some).astype(np.int64))
        rows = [
            *self._query(filter="number >= 0", limit=some, output_fields=["number", "vector"]),
            *self._query(ids=spread.tolist(), output_fields=["number", "vector"]),
        ]
        held = {int(row["number"]): np.asarray(row["vector"], np.float32) for row in rows}
        there, vectors = self._fetch(np.array(sorted(held), np.int64))
        return not held or (
            len(there) > 0
            and all(
                np.array_equal(held[number], vector) for number, vector in zip(there.tolist(), vectors, strict=True)
            )
        )

    def is_whole(self, opening: Opening, reached: int) -> bool:
        """Say whether as many rows are there as can be: since `reached`, each revision changed one at most."""
        collection = opening.collection
        if opening.kind != FACE or abs(len(self) - collection.faces) <= collection.revision - reached:
            return True
        log.warning("the Milvus collection %s has lost rows, or has some too many: all is read again", self._name)
        return False

    def _settle(self, best: _Best, near: Near, count: int, span: tuple[int, int] | None) -> None:
        """Meet whoever may be among the best: `near` is what Milvus gave for `count` rows with numbers in `span`."""
        best.meet(near)
        if len(near[0]) < count or near[1].min() + self._margin < best.cut:
            return
        if count < self._sizes.window:
            more = min(self._sizes.window, 8 * count)
            self._settle(best, self._again(best, more, span), more, span)
        elif span is None:
            self._settle(best, self._again(best, count, (0, ABOVE_ALL)), count, (0, ABOVE_ALL))
        else:
            # Milvus gives no more than that of one search; of half the numbers it does.
            middle = int(np.partition(near[0], len(near[0]) // 2)[len(near[0]) // 2])
            for half in ((span[0], middle), (middle, span[1])):
                self._settle(best, self._again(best, count, half), count, half)

    def _again(self, best: _Best, count: int, span: tuple[int, int] | None) -> Near:
        (near,) = self._near(best.query[np.newaxis], count, span)
        return near

    def _near(self, queries: Vectors, count: int, span: tuple[int, int] | None = None) -> list[Near]:
        found = self._ask(
            "search",
            data=list(queries),
            anns_field="vector",
            limit=count,
            filter="" if span is None else f"number >= {span[0]} and number < {span[1]}",
            output_fields=["number"],
            search_params={"metric_type": "IP", "params": {}},
            consistency_level="Strong",
        )
        return [(np.array(hits.ids, np.int64), np.array(hits.distances, np.float64)) for hits in found]

    def _held(self, numbers: Numbers) -> Numbers:
        """Return those of the numbers that are held."""
        return np.array([row["number"] for row in self._query(ids=numbers.tolist())], np.int64)

    def _put(self, numbers: Numbers, rows: Vectors) -> None:
        """Write rows, then take back those the database no longer has; until that is done a mark says so."""
        first, last = int(numbers[0]), int(numbers[-1])
        mark = Mark(ADDING, first, last - first, secrets.randbits(_NONCE_BITS)).number
        self._upsert([mark, *numbers.tolist()], np.concatenate([np.zeros((1, self._dim), np.float32), rows]))
        self._delete(np.append(self._gone(numbers), mark))

    def _compare(self, mark: Mark) -> None:
        """Take back those rows of a mark that the database no longer has, in place of who wrote them."""
        rows = self._query(filter=f"number >= {mark.first} and number <= {mark.first + mark.span}")
        self._delete(self._gone(np.array(sorted(row["number"] for row in rows), np.int64)))

    def _gone(self, numbers: Numbers) -> Numbers:
        """Return those of the rising numbers that the database has not."""
        there = [self._fetch(some)[0] for some in _cut(numbers, self._sizes.fetched)]
        return np.setdiff1d(numbers, np.concatenate([np.empty(0, np.int64), *there]))

    def _upsert(self, numbers: Sequence[int], rows: Vectors) -> None:
        self._ask("upsert", [{"number": number, "vector": row} for number, row in zip(numbers, rows, strict=True)])

    def _delete(self, numbers: Numbers) -> None:
        for some in _cut(numbers, self._sizes.window):
            self._ask("delete", ids=some.tolist())

    def _marks(self) -> frozenset[Mark]:
        return frozenset(Mark.of(row["number"]) for row in self._query(filter="number < 0"))

    def _changed(self) -> None:
        """Let the next who asks count again, even where others had done before what was to be done."""
        with self._lock:
            self._changes += 1

    def _counted(self) -> int:
        """Return how many rows there are, without those that others are about to take back."""
        rows = 0
        for _ in range(TRIES):
            marks = self._marks()
            for mark in marks:
                if mark.kind == ADDING:
                    self._compare(mark)
            rows = self.rows() - len(marks)
            if self._marks() == marks:
                break
        return rows

    def _query(self, **what: Any) -> list[Any]:
        return list(self._ask("query", consistency_level="Strong", **{"output_fields": ["number"], **what}))

    def _ask(self, what: str, *given: Any, **named: Any) -> Any:
        return self._cluster.ask(what, self._name, *given, **named)


class _Best:
    """The best rows for one query among those met so far, each compared in full."""

    def __init__(self, query: Vectors, at_least: float, limit: int, margin: float, fetch: Fetch, at_once: int) -> None:
        self.query = query
        self._exact = query.astype(np.float64)
        self._at_least = at_least
        self._limit = limit
        self._margin = margin
        self._fetch = fetch
        self._at_once = at_once
        self._seen: Numbers = np.empty(0, np.int64)
        self._numbers: Numbers = np.empty(0, np.int64)
        self._cosines: Floats = np.empty(0)

    @property
    def cut(self) -> float:
        """The least cosine with which a row may still be among the best."""
        return float(self._cosines[self._limit - 1]) if len(self._numbers) >= self._limit else self._at_least

    def meet(self, near: Near) -> None:
        """Compare those in full that may be among the best, and keep the best."""
        numbers, scores = near
        likely = (numbers >= 0) & (scores + self._margin >= self.cut) & ~np.isin(numbers, self._seen)
        order = np.flatnonzero(likely)[np.argsort(numbers[likely])]
        numbers, scores = numbers[order], scores[order]
        self._seen = np.union1d(self._seen, numbers)
        for some, about in zip(_cut(numbers, self._at_once), _cut(scores, self._at_once), strict=True):
            there, rows = self._fetch(some)
            sums: Floats = (rows.astype(np.float64) * self._exact).sum(axis=1)
            off = np.abs(about[np.isin(some, there)] - sums)
            if off.size and off.max() > self._margin:
                raise IndexUnusable(
                    f"Milvus gave a score that is {off.max():.1e} off; float32 is off by {self._margin:.1e} at most: "
                    "it holds other vectors than the database, or computes coarser"
                )
            self._keep(there, np.clip(sums, -1, 1))

    def hits(self) -> list[Hit]:
        """Return the best, best first."""
        return [
            Hit(number, cosine) for number, cosine in zip(self._numbers.tolist(), self._cosines.tolist(), strict=True)
        ]

    def _keep(self, numbers: Numbers, cosines: Floats) -> None:
        enough = cosines >= self._at_least
        numbers = np.concatenate([self._numbers, numbers[enough]])
        cosines = np.concatenate([self._cosines, cosines[enough]])
        order = np.lexsort((numbers, -cosines))[: self._limit]
        self._numbers, self._cosines = numbers[order], cosines[order]


class Cluster:
    """One Milvus, connected to when first asked. Every failure names its address, and never the token."""

    def __init__(self, address: str, token: str, timeout: float) -> None:
        """Take the address as pymilvus has it, `http://host:19530`, and how many seconds a request may take."""
        self._address = address
        self._token = token
        self._timeout = timeout
        self._lock = Lock()
        self._connected: Any = None

    def ask(self, what: str, /, *given: Any, **named: Any) -> Any:
        """Call a method of `pymilvus.MilvusClient`. Raises `IndexUnusable`, or `IndexLost` without the collection."""
        try:
            return getattr(self._client(), what)(*given, timeout=self._timeout, **named)
        except pymilvus.MilvusException as error:
            if error.code == COLLECTION_NOT_FOUND:
                raise IndexLost(f"Milvus at {self._address} no longer has the collection {given[0]}") from error
            raise self._failed(what, error.message) from error
        except grpc.RpcError as error:
            said = error.details() if isinstance(error, grpc.Call) else str(error)
            raise self._failed(what, said) from error

    def close(self) -> None:
        """Let go of the connection; the next question makes another."""
        with self._lock:
            if self._connected is not None:
                self._connected.close()
            self._connected = None

    def _client(self) -> Any:
        with self._lock:
            if self._connected is None:
                self._connected = MilvusClient(
                    uri=self._address,
                    token=self._token,
                    timeout=self._timeout,
                    dedicated=True,
                    grpc_options=RECONNECT,
                )
            return self._connected

    def _failed(self, what: str, said: object) -> IndexUnusable:
        return IndexUnusable(f"Milvus at {self._address} did not answer {what}: {said}")


def margin(dim: int) -> float:
    """Return how far a float32 product of two vectors of length 1 may be from the true one, whatever the order.

    Each of `dim` products and sums rounds by 2**-24 at most; one more for the lengths, which may be `OFF_UNIT` off.
    """
    off = (dim + 1) * 2.0**-24
    return off / (1 - off) * (1 + OFF_UNIT) ** 2


def _rows(vectors: Vectors, dim: int) -> Vectors:
    rows = np.ascontiguousarray(vectors, np.float32)
    if rows.ndim != 2 or rows.shape[1] != dim:
        raise ValueError(f"vectors must have the shape (n, {dim}), got {rows.shape}")
    return rows


def _lengths(rows: Vectors) -> Floats:
    lengths: Floats = np.linalg.norm(rows.astype(np.float64), axis=1)
    return lengths


def _fitting(numbers: Numbers, vectors: Vectors, dim: int) -> Vectors:
    rows = _rows(vectors, dim)
    if len(rows) != len(numbers):
        raise ValueError(f"as many vectors as numbers are needed, got {len(rows)} for {len(numbers)}")
    if (np.diff(numbers) <= 0).any() or (numbers.size and numbers[0] < 0):
        raise ValueError("numbers must rise from one row to the next, and begin at 0 or above")
    if not (np.abs(_lengths(rows) - 1) <= OFF_UNIT).all():
        raise ValueError("a vector to be added is not finite, or not of length 1")
    return rows


def _cut(many: NDArray[Any], at_once: int) -> Iterator[NDArray[Any]]:
    for start in range(0, len(many), at_once):
        yield many[start : start + at_once]
