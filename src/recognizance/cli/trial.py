"""One audit at an endpoint: a gallery enrolled in a collection made for it, probes searched, pairs compared.

Several requests are in flight at once, and what they gave does not depend on the order in which they end. Each answer
is kept as it comes, so that a trial that was stopped goes on. The collection is deleted in the end, whatever happened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from recognizance.cli import output
from recognizance.cli.answered import Answered
from recognizance.cli.endpoint import Endpoint, Refused
from recognizance.cli.failures import Failed, sentence
from recognizance.cli.going import Going
from recognizance.cli.sending import Picture

if TYPE_CHECKING:
    from recognizance.evaluation.protocols.answers import Compared, Enrolled, Found

INDEXED, SEARCHED, COMPARED = "indexed", "searched", "compared"
PREFIX = "recognizance-audit-"
EVERY_FACE = 100  # the most that IndexFaces finds in a picture
LOOKS, PAUSE = 10, 3.0  # how often, and after how many seconds, an endpoint is asked whether it has all faces by now

Item = TypeVar("Item")
Gave = TypeVar("Gave")


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial asks, and where it keeps what was answered."""

    endpoint: Endpoint
    answers: Answered
    at_once: int
    new_id: Callable[[], str]

    @contextmanager
    def collection(self, *, keep: bool) -> Generator[str]:
        """Give a collection for the gallery: one that an earlier run has left, or else a new one of a random name.

        It is deleted when the block is left, however that is, unless it is to be kept.
        """
        name = self._opened()
        try:
            yield name
        finally:
            if keep:
                output.complain(f"the collection {name} is kept; {_deletes(name)} deletes it")
            else:
                self._delete(name)

    def enrol(self, collection: str, gallery: Sequence[Picture], going: Going) -> list[Enrolled]:
        """Enrol the largest face of each picture under the picture's place; return what became of each, in order."""
        from recognizance.evaluation.protocols.answers import Enrolled

        def one(picture: Picture) -> Enrolled:
            asked = (INDEXED, str(picture.place), picture.sha256)
            known = self.answers.get(*asked)
            if known is not None:
                return Enrolled(*known)
            made = self._index(collection, picture)
            self.answers.put(*asked, answer=list(asdict(made).values()))
            return made

        return _each(one, gallery, self.at_once, going)

    def settle(self, collection: str, faces: int, sleep: Callable[[float], None] = time.sleep) -> int:
        """Wait until the endpoint counts so many faces, half a minute at most, and return how many it counts."""
        for _ in range(LOOKS):
            known = self.endpoint.known(collection)
            if known is None:
                raise Failed(f"the collection {collection} is gone: somebody else has deleted it")
            if known.faces >= faces or not self.endpoint.place.amazon:
                return known.faces
            sleep(PAUSE)
        known = self.endpoint.known(collection)
        return 0 if known is None else known.faces

    def search(
        self, collection: str, probes: Sequence[Picture], at_least: float, gallery: int, going: Going
    ) -> list[Found]:
        """Search with each picture among a gallery of so many, and return what each search gave, in order."""
        from recognizance.evaluation.protocols import answers

        def one(picture: Picture) -> Found:
            known = self.answers.get(SEARCHED, picture.sha256)
            if known is not None:
                faces, matches, *rest = known
                return answers.Found(faces, tuple((int(at), float(percent)) for at, percent in matches), *rest)
            try:
                answer, held = self.endpoint.search(collection, _bytes(picture), at_least, answers.MOST)
                found = answers.found(answer, gallery, held=held)
            except Refused as refused:
                found = answers.Found(answers.faces_of(refused.code, str(refused)), said=str(refused))
            self.answers.put(SEARCHED, picture.sha256, answer=list(asdict(found).values()))
            return found

        return _each(one, probes, self.at_once, going)

    def compare(self, pairs: Sequence[tuple[Picture, Picture]], going: Going) -> list[Compared]:
        """Compare the pictures of each pair, and return how alike they are, in order."""
        from recognizance.evaluation.protocols import answers

        def one(pair: tuple[Picture, Picture]) -> Compared:
            asked = (COMPARED, pair[0].sha256, pair[1].sha256)
            known = self.answers.get(*asked)
            if known is not None:
                return answers.Compared(*known)
            try:
                compared = answers.compared(self.endpoint.compare(_bytes(pair[0]), _bytes(pair[1])))
            except Refused as refused:
                compared = answers.Compared(None, said=str(refused))
            self.answers.put(*asked, answer=list(asdict(compared).values()))
            return compared

        return _each(one, pairs, self.at_once, going)

    def _opened(self) -> str:
        name, version = self.answers.collection, self.answers.version
        known = self.endpoint.known(name) if name else None
        if known is not None and version and known.version == version:
            return name
        if known is not None:
            self.endpoint.delete(name)
        name = PREFIX + self.new_id()
        self.answers.forget(INDEXED)
        self.answers.made(name, version)  # before it is, so that a process that is killed has not lost it
        made = self.endpoint.create(name)
        if made != version:
            self.answers.forget(SEARCHED)
        self.answers.made(name, made)
        return name

    def _index(self, collection: str, picture: Picture) -> Enrolled:
        """Enrol the largest face of a picture. Where the endpoint takes another, all are enrolled, and it is kept."""
        from recognizance.evaluation.protocols import answers

        try:
            data = _bytes(picture)
            made = answers.enrolled(self.endpoint.index(collection, data, picture.place, 1))
            if not made.larger:
                return made
            every = self.endpoint.index(collection, data, picture.place, EVERY_FACE)
            kept, others = answers.largest(every)
            if others:
                self.endpoint.forget(collection, others)
            return answers.chosen(made, kept, every)
        except Refused as refused:
            return answers.Enrolled(answers.faces_of(refused.code, str(refused)), said=str(refused))

    def _delete(self, name: str) -> None:
        try:
            self.endpoint.delete(name)
        except (Exception, KeyboardInterrupt) as error:
            why = "" if isinstance(error, KeyboardInterrupt) else f" ({sentence(error)})"
            output.complain(f"the collection {name} could not be deleted{why}; {_deletes(name)} does it")
            if isinstance(error, Failed | KeyboardInterrupt):
                return
            raise
        self.answers.made("", self.answers.version)


def _deletes(name: str) -> str:
    return f"`aws rekognition delete-collection --collection-id {name}`"


def _bytes(picture: Picture) -> bytes:
    """Return a picture's bytes. Raises `Refused` where the file has gone since it was looked at."""
    try:
        return picture.path.read_bytes()
    except OSError as error:
        raise Refused("InvalidImageFormatException", sentence(error)) from None


def _each(work: Callable[[Item], Gave], items: Sequence[Item], at_once: int, going: Going) -> list[Gave]:
    """Return what work gives for each item, in order, several at once.

    When one fails, or on Ctrl-C, no more are begun, those in work are finished, and the exception is raised.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="audit") as pool:
        waiting: list[Future[Gave]] = [pool.submit(work, item) for item in items]
        try:
            for done, one in enumerate(as_completed(waiting), 1):
                one.result()
                going(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [one.result() for one in waiting]
