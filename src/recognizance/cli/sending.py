"""Sets of pictures and lists of pairs as they can be sent to an endpoint: which files, which not and why.

They are read as every other audit reads them, so that the same pictures are compared; only the pictures themselves are
left closed.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from recognizance.cli import audit, output
from recognizance.cli.failures import Wrong, sentence
from recognizance.cli.going import going

if TYPE_CHECKING:
    from recognizance.evaluation.protocols.pairs import Scored
    from recognizance.evaluation.sets.subjects import Problem, Subject
    from recognizance.evaluation.sets.templates import Templates

NOT_OURS = "an endpoint takes pictures: --{role} should be a folder or a table of them"
LARGEST = 1 << 27  # bytes: as `templates` has it; a larger file is no picture


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to send: where it is, the SHA-256 of its bytes, and its place in its set."""

    path: Path
    sha256: str
    place: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of a file: the SHA-256 of its bytes, "" where it cannot be read; and why it is not sent, or ""."""

    sha256: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """A set as it can be sent: `pictures` are those that can, each with its place among `subjects`."""

    subjects: tuple[Subject, ...]
    digests: tuple[str, ...]
    pictures: tuple[Picture, ...]
    problems: tuple[Problem, ...]
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class PairsToSend:
    """Pairs as a file lists them and their pictures, and what of the list could not be used."""

    sending: Sending
    templates: Templates
    pairs: Scored
    problems: tuple[Problem, ...]
    source: str

    @property
    def sent(self) -> list[tuple[int, int]]:
        """The places of both pictures of each pair that can be sent, in order."""
        there = {one.place for one in self.sending.pictures}
        both = zip(self.pairs.one.tolist(), self.pairs.other.tolist(), strict=True)
        return [(one, other) for one, other in both if one in there and other in there]


def both(lab: audit.Lab, probes: str | None, gallery: str | None) -> tuple[Sending, Sending] | None:
    """Return the probes and the gallery as they can be sent, None where neither was given."""
    if probes is None and gallery is None:
        return None
    if probes is None or gallery is None:
        raise Wrong("--probes and --gallery go together")
    return _read(lab, probes, "probes", grouped=True), _read(lab, gallery, "gallery", grouped=False)


def listed(lab: audit.Lab, pairs: Path | None, images: str | None) -> PairsToSend | None:
    """Return the pairs that a file lists, with their pictures, None where none was given."""
    if pairs is None and images is None:
        return None
    if pairs is None or images is None:
        raise Wrong("--pairs and --images go together")

    import numpy as np

    from recognizance.evaluation.protocols import live
    from recognizance.evaluation.protocols import pairs as protocol
    from recognizance.evaluation.sets.templates import UNREADABLE

    with audit.told_plainly():
        found = protocol.read_pairs(pairs)
        named = protocol.names(found)
    sending = _read(lab, images, "images", grouped=False, only=lambda one: not named.isdisjoint(protocol.known_as(one)))
    if not sending.subjects:
        raise Wrong(f"none of the pictures that {output.shown(pairs)} names is in {output.shown(images)}")
    there = {one.place for one in sending.pictures}
    faces = [1 if at in there else UNREADABLE for at in range(len(sending.subjects))]
    templates = live.templates(sending.subjects, sending.digests, faces, sending.problems, sending.source)
    with audit.told_plainly():
        scored, problems = protocol.score(found, templates, np.random.default_rng(lab.asked.seed))
    return PairsToSend(sending, templates, scored, problems, found.source)


def _look(path: Path, most: int) -> Looked:
    """Look at a file: one of more than `most` bytes, or that is none, is not sent."""
    try:
        stated = path.stat()
        if not stat.S_ISREG(stated.st_mode):
            return Looked("", "this is no file")
        if stated.st_size > LARGEST:
            return Looked("", f"a file of {stated.st_size:,} bytes; a request holds {most:,}")
        data = path.read_bytes()
    except OSError as error:
        return Looked("", error.strerror or sentence(error))
    why = f"a picture of {len(data):,} bytes; a request holds {most:,}" if len(data) > most else ""
    return Looked(hashlib.sha256(data).hexdigest(), why if data else "an empty file")


def _read(
    lab: audit.Lab, given: str, role: str, *, grouped: bool, only: Callable[[Subject], bool] | None = None
) -> Sending:
    """Read a set of pictures, as `Lab.templates` does, and look at each file without opening the picture.

    With `only`, other pictures of it are passed over, and the same picture may come twice.
    """
    from recognizance.evaluation.protocols import answers
    from recognizance.evaluation.sets import subjects

    if given.startswith(audit.COLLECTION):
        raise Wrong(NOT_OURS.format(role=role))
    with audit.told_plainly():
        listing = subjects.read_listing(Path(given).expanduser(), person_column=lab.asked.person_column)
        if only is not None:
            listing = replace(listing, subjects=tuple(one for one in listing.subjects if only(one)))
        listing = lab.described(listing, role, grouped)
    looked: list[tuple[Subject, Looked]] = []
    with going(f"files ({role})", len(listing.subjects), lab.given.now) as bar:
        for subject in listing.subjects:
            assert subject.path is not None, "a set that was read has files"
            looked.append((subject, _look(subject.path, answers.IN_A_REQUEST)))
            bar(len(looked))
    return _kept(looked, listing.problems, listing.source, repeated=only is not None)


def _kept(
    looked: Sequence[tuple[Subject, Looked]], before: Sequence[Problem], source: str, *, repeated: bool
) -> Sending:
    """Return what is to be sent, less what came before: the same bytes of the same person, unless that is meant."""
    from recognizance.evaluation.protocols import answers

    kept: list[Subject] = []
    digests: list[str] = []
    pictures: list[Picture] = []
    problems = list(before)
    first: dict[str, Subject] = {}
    for subject, one in looked:
        assert subject.path is not None, "a set that was read has files"
        earlier = first.setdefault(one.sha256, subject) if one.sha256 else subject
        if earlier is not subject:
            problems.append(answers.repeated(subject, earlier))
            if earlier.person == subject.person and not repeated:
                continue
        if one.why:
            problems.append(answers.unreadable(subject, one.why))
        else:
            pictures.append(Picture(subject.path, one.sha256, len(kept)))
        kept.append(subject)
        digests.append(one.sha256)
    return Sending(tuple(kept), tuple(digests), tuple(pictures), tuple(problems), source)
