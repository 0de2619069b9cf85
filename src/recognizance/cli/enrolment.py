"""Pictures into a collection, several at once through the one door: what an import does, without what it says.

The service's answer for a picture is kept in the journal before anybody is told of it. What failed is not
kept: the next run tries it again. Faces of rows that name a user are given to the user when all pictures
are done, in the source's order, so that the order in which threads finish changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recognizance.cli import photos
from recognizance.cli.failures import Failed, sentence
from recognizance.cli.journal import Journal, Outcome
from recognizance.cli.made import Answer, Stating
from recognizance.cli.sources import Picture, Stored
from recognizance.errors import (
    AccessDenied,
    Conflict,
    DatabaseUnusable,
    ImageTooLarge,
    InvalidImage,
    InvalidParameter,
    ModelUnusable,
    NotFound,
    QuotaExceeded,
    RateExceeded,
    Refusal,
    SettingsWrong,
    Unserved,
)
from recognizance.values import PICTURE_BYTES

ENROLLED, THERE, LEFT_OUT, NO_FACE = "enrolled", "already there", "left out", "no face"
UNUSABLE, FAILED, REFUSED = "not usable", "error", "not associated"
WORDS = (ENROLLED, THERE, LEFT_OUT, NO_FACE, UNUSABLE, FAILED)
STOPS = (
    AccessDenied, DatabaseUnusable, Failed, ModelUnusable, NotFound, QuotaExceeded, SettingsWrong, Unserved,
)  # fmt: skip
"""What ends an import: the next picture would meet it too."""
WAITING = 128  # pictures a thread may be ahead of the slowest: one large picture holds nobody up
PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before a store that turns requests away is asked again
MOST_OF_USER = 100  # "a maximum of 100 faces per user" (service model)


class Minted:
    """Makes ids, and knows which were made in this thread since `begin`: a face with one of them is new."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        """Make ids with `new_id`."""
        self._new_id = new_id
        self._here = threading.local()

    def __call__(self) -> str:
        """Make an id."""
        made = self._new_id()
        self.ids().add(made)
        return made

    def begin(self) -> None:
        """Forget this thread's ids."""
        self._here.ids = set[str]()

    def ids(self) -> set[str]:
        """Return this thread's ids."""
        if not hasattr(self._here, "ids"):
            self.begin()
        found: set[str] = self._here.ids
        return found


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One import in work. `done` and `enrol` may be called from several threads at once.

    `how` goes with every request: QualityFilter and MaxFaces, where given. `stopping` cuts pauses short.
    """

    ask: Stating
    minted: Minted
    journal: Journal
    collection: str
    how: Mapping[str, Any]
    stopping: threading.Event = field(default_factory=threading.Event)
    pauses: Sequence[float] = PAUSES

    def run(self, pictures: Iterable[Picture], threads: int) -> Generator[tuple[Picture, Outcome]]:
        """Yield what becomes of each picture, in order, `threads` of them in work at once.

        On Ctrl-C those in work are finished, those finished are yielded, and KeyboardInterrupt is raised
        again. Raises one of `STOPS`, or `OSError` from the source; those in work are finished then too.
        """
        waiting: deque[tuple[Picture, Outcome | Future[Outcome]]] = deque()
        with ThreadPoolExecutor(threads, thread_name_prefix="import") as pool:
            try:
                for picture in pictures:
                    key, known = self._looked_up(picture)
                    waiting.append((picture, known or pool.submit(self._enrolled, picture, key)))
                    while len(waiting) > threads * WAITING or (waiting and _is_done(waiting[0][1])):
                        yield waiting[0][0], _result(waiting[0][1])
                        waiting.popleft()
                while waiting:
                    yield waiting[0][0], _result(waiting[0][1])
                    waiting.popleft()
            except KeyboardInterrupt:
                self._end(pool)
                for picture, one in waiting:
                    if not (isinstance(one, Future) and (one.cancelled() or one.exception())):
                        yield picture, _result(one)
                raise
            finally:
                self._end(pool)

    def associate(self, user: str, faces: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Make a user where there is none, give it `faces` (id, picture), and return why not, by picture.

        A user who has faces gets those that are like them only, as AssociateFaces does by default.
        """
        each = list(dict(faces).items())  # one picture may be named twice
        taken, rest = each[:MOST_OF_USER], each[MOST_OF_USER:]
        refused = {picture: f"a user may have {MOST_OF_USER} faces" for _, picture in rest}
        key = self.journal.key("user", user, [face for face, _ in taken])
        if self.journal.find(key) is not None:
            return refused
        with suppress(Conflict):  # there may be such a user already
            self.ask("CreateUser", {"CollectionId": self.collection, "UserId": user})
        try:
            answer = self.ask(
                "AssociateFaces",
                {"CollectionId": self.collection, "UserId": user, "FaceIds": [face for face, _ in taken]},
            )
        except QuotaExceeded as error:
            return refused | {picture: sentence(error) for _, picture in taken}
        pictures = dict(taken)
        unlike = {pictures[one["FaceId"]]: " ".join(one["Reasons"]) for one in answer["UnsuccessfulFaceAssociations"]}
        if not unlike:
            self.journal.write(key, Outcome("associated"))
        return refused | unlike

    def _looked_up(self, picture: Picture) -> tuple[bytes, Outcome | None]:
        """Return a picture's key in the journal, and its outcome where nothing is left to ask."""
        if picture.problem:
            return b"", Outcome(FAILED, detail=picture.problem)
        try:
            where = self._where(picture.at)
        except OSError as error:
            return b"", Outcome(FAILED, detail=_without(picture, error))
        consent = [] if picture.consent is None else [picture.consent]
        key = self.journal.key(where, picture.external_id, picture.user_id, sorted(self.how.items()), *consent)
        return key, self.journal.find(key)

    @staticmethod
    def _where(at: Path | Stored) -> Sequence[object]:
        if isinstance(at, Stored):
            return at.bucket, at.key, at.stamp
        found = _stated(at)
        return os.path.abspath(at), found.st_size, found.st_mtime_ns

    def _enrolled(self, picture: Picture, key: bytes) -> Outcome:
        """Enrol one picture and keep the outcome; whatever is wrong with the picture alone is an outcome too."""
        try:
            outcome = self._asked(picture)
        except (InvalidImage, ImageTooLarge, InvalidParameter) as error:
            return Outcome(UNUSABLE, detail=sentence(error))
        except STOPS:
            raise
        except (Refusal, OSError) as error:
            return Outcome(FAILED, detail=_without(picture, error))
        except Exception as error:  # a mistake of ours on one picture is no reason to leave a million undone
            return Outcome(FAILED, detail=f"an error of ours, {type(error).__name__}: {sentence(error)}")
        self.journal.write(key, outcome)
        return outcome

    def _asked(self, picture: Picture) -> Outcome:
        if isinstance(picture.at, Stored):
            image: Mapping[str, Any] = {"S3Object": {"Bucket": picture.at.bucket, "Name": picture.at.key}}
        else:
            image = {"Bytes": content(picture.at)}
        request = {
            "CollectionId": self.collection, "Image": image, "ExternalImageId": picture.external_id, **self.how
        }  # fmt: skip
        for pause in (*self.pauses, None):
            self.minted.begin()
            try:
                answer = self.ask("IndexFaces", request, consent=picture.consent)
                return told(answer, self.minted.ids(), of_user=picture.user_id is not None)
            except RateExceeded:
                if pause is None or self.stopping.wait(pause):
                    raise
        raise AssertionError("the last pause is None")

    def _end(self, pool: ThreadPoolExecutor) -> None:
        self.stopping.set()
        pool.shutdown(wait=True, cancel_futures=True)


def told(answer: Answer, new: set[str], *, of_user: bool) -> Outcome:
    """Return what an answer to IndexFaces says; faces whose ids are `new` were not there before."""
    ids = [record["Face"]["FaceId"] for record in answer["FaceRecords"]]
    left = answer["UnindexedFaces"]
    added = sum(one in new for one in ids)
    word = ENROLLED if added else THERE if ids else LEFT_OUT if left else NO_FACE
    reasons = Counter(reason for one in left for reason in one["Reasons"])
    return Outcome(word, added, len(ids) - added, len(left), reasons, tuple(ids) if of_user else ())


def _stated(path: Path) -> os.stat_result:
    """Return what the system says of a file. Raises `OSError` for what is none."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError("it is not a file")  # opening a pipe would wait for whoever writes to it
    return found


def content(path: Path) -> bytes:
    """Return the bytes of a picture as they are. Raises `InvalidImage` or `ImageTooLarge` for what cannot be one."""
    _stated(path)
    with path.open("rb") as file:
        found = file.read(PICTURE_BYTES + 1)
    if len(found) > PICTURE_BYTES:
        raise ImageTooLarge("more than 15 MB; save it smaller")
    kind = photos.kind_of(found[: photos.HEAD])
    if kind not in photos.READ:
        seems = "empty" if not found else f"it seems to be {kind}" if kind else "of a format not known here"
        raise InvalidImage(f"{seems}; only JPEG and PNG are read")
    return found


def job_name(described: Answer) -> str:
    """Return what tells one collection, from its making to its end, from every other."""
    said = (described["CollectionARN"], described["CreationTimestamp"].isoformat())
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _is_done(one: Outcome | Future[Outcome]) -> bool:
    return not isinstance(one, Future) or one.done()


def _result(one: Outcome | Future[Outcome]) -> Outcome:
    return one.result() if isinstance(one, Future) else one


def _without(picture: Picture, error: Exception) -> str:
    """Return a sentence without the path it begins with: what is said stands beside the picture's name."""
    return sentence(error).removeprefix(f"{picture.at}: ")
