"""The exact index in this process's memory, with a snapshot on disk so that a restart is quick.

What scans is loaded when the first index is opened: most commands search nobody, and need not wait for it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from recognizance import private
from recognizance.gallery.shelf import Opening
from recognizance.settings import Settings
from recognizance.values import Index

if TYPE_CHECKING:
    from recognizance.gallery.indexes import snapshot
    from recognizance.gallery.indexes.exact import Exact

log = logging.getLogger(__name__)
KINDS = ("faces", "users")
NAME = re.compile(r"(\d+)-(?:faces|users)\.index", re.ASCII)


def source(settings: Settings, workers: ThreadPoolExecutor) -> Local:
    """Return where indexes come from: this process's memory, with snapshots in the data folder."""
    return Local(settings.data / "indexes", workers)


class Local:
    """Exact indexes in memory; `folder` takes their snapshots, `workers` scan for all of them."""

    shared = False
    """Nobody else changes what is held."""

    def __init__(self, folder: Path, workers: ThreadPoolExecutor) -> None:
        """Take the folder as it is: it is made when the first snapshot is kept."""
        self._folder = folder
        self._workers = workers

    def open(self, opening: Opening, /) -> tuple[Index, int]:
        """Return the index of the last snapshot where it is whole and agrees with the database, else an empty one."""
        from recognizance.gallery.indexes import snapshot
        from recognizance.gallery.indexes.exact import Exact

        path = self._path(opening)
        if path.exists():
            try:
                index, header = snapshot.load(path, opening.fetch, self._workers)
                if header == self._header(opening, header.revision) and self._agrees(opening, index, header.revision):
                    return index, header.revision
                log.warning("the snapshot %s is not of this database; the index is built anew", path.name)
            except (snapshot.SnapshotBroken, OSError) as error:
                log.warning("the snapshot %s cannot be used; the index is built anew: %s", path.name, error)
            with suppress(OSError):  # it is replaced when the next one is kept
                path.unlink()
        return Exact(opening.dimensions, opening.fetch, self._workers), 0

    def keep(self, opening: Opening, index: Index, revision: int, /) -> None:
        """Write a snapshot, durable and whole or not at all."""
        from recognizance.gallery.indexes import snapshot
        from recognizance.gallery.indexes.exact import Exact

        assert isinstance(index, Exact), "this source made the index"
        private.folder(self._folder)
        snapshot.save(self._path(opening), index, self._header(opening, revision))

    def discard(self, opening: Opening, /) -> None:
        """Remove the snapshot."""
        self._path(opening).unlink(missing_ok=True)

    def scrub(self, opening: Opening, /) -> None:
        """Remove the snapshot: it has the codes of everybody who was there when it was written."""
        self._path(opening).unlink(missing_ok=True)

    def tidy(self, there: Callable[[], AbstractSet[int]], /) -> None:
        """Remove the snapshots of collections that are gone, and what is left of those half written.

        The folder is read before `there` is asked: another process may make a collection meanwhile.
        """
        drafts = list(self._folder.glob(".*.index.*"))
        kept = [(path, NAME.fullmatch(path.name)) for path in self._folder.glob("*.index")]
        numbers = there()
        gone = [path for path, named in kept if named and int(named.group(1)) not in numbers]
        if drafts:
            from recognizance.gallery.indexes import snapshot

            gone += [draft for draft in drafts if not snapshot.being_written(draft)]
        for path in gone:
            with suppress(OSError):
                path.unlink()

    def close(self) -> None:
        """Do nothing: what is in memory goes with the process."""

    @staticmethod
    def _agrees(opening: Opening, index: Exact, revision: int) -> bool:
        return revision <= opening.collection.revision and index.check()

    @staticmethod
    def _header(opening: Opening, revision: int) -> snapshot.Header:
        from recognizance.gallery.indexes import snapshot

        collection = opening.collection
        return snapshot.Header(
            dimensions=opening.dimensions,
            lineage=f"{collection.account} {collection.created_at.isoformat()} {collection.model}",
            collection=collection.number,
            kind=opening.kind,
            revision=revision,
        )

    def _path(self, opening: Opening) -> Path:
        return self._folder / f"{opening.collection.number}-{KINDS[opening.kind]}.index"
