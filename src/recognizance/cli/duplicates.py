"""`recognizance duplicates`: groups of enrolled faces that look like one person, for a person to judge."""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.compare import percent
from recognizance.cli.failures import Wrong, need_new
from recognizance.cli.going import count, going
from recognizance.cli.made import Answer, Asking

PAGE = 500  # faces a request; the models are not needed, so it is a scan
SHOWN = 20  # groups on the screen
NAMES = 4  # of a group on the screen
COLUMNS = ("group", "faces", "pairs", "least", "most", "who")
JUDGE = "Look at the pictures before you believe it: relatives score high too, and one wrong pair joins two people."
HEADING = ("group", "face_id", "external_image_id", "user_id", "most_like", "similarity")


@dataclass(frozen=True, slots=True)
class Group:
    """Faces that are joined by pairs, and those pairs, most similar first."""

    faces: Sequence[str]
    pairs: Sequence[Mapping[str, Any]]


def duplicates(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection's id.", show_default=False)],
    threshold: Annotated[
        float, typer.Option(min=0, max=100, metavar="PERCENT", help="The least similarity of a pair.")
    ] = 95,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write every group there, one line a face.")
    ] = None,
    same_user: Annotated[bool, typer.Option("--same-user", help="Take pairs of one user's faces too.")] = False,
    same_picture: Annotated[bool, typer.Option("--same-picture", help="Take pairs from one picture too.")] = False,
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Find faces in a collection that look like one person.

    Each face is searched for among those enrolled after it. Pairs that share a face are one group, the
    largest first. How many such pairs strangers are expected to give is printed with it: nothing here is
    an identification, and a person has to look. Faces of one user, and of one picture, are no news and
    left out unless asked for.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    if out is not None:
        need_new(out)
        if not os.access(out.absolute().parent, os.W_OK | os.X_OK):
            raise Wrong(f"{output.shown(out.parent)}: there is no such folder, or nothing can be written into it")
    asked = {"CollectionId": collection, "FaceMatchThreshold": threshold}
    asked |= {"SameUser": True} if same_user else {}
    asked |= {"SamePicture": True} if same_picture else {}
    pairs: list[Mapping[str, Any]] = []
    crowded = searched = 0
    with given.asking(settings, purpose=purpose, case=case, looks=False) as ask:
        faces = ask("DescribeCollection", {"CollectionId": collection})["FaceCount"]
        meaning = ask("ExplainSimilarity", {"Similarity": threshold})
        with going("faces", faces, given.now) as bar:
            for page in _pages(ask, asked):
                pairs += page["Pairs"]
                crowded += len(page["Crowded"])
                searched += page["Searched"]
                bar(searched)

    found = groups(pairs)
    strangers = searched * (searched - 1) / 2 * meaning["FalseMatchRate"]
    if out is not None:
        _write(out, found)
    if as_json:
        output.as_json(
            {
                "CollectionId": collection,
                "FaceMatchThreshold": threshold,
                "Searched": searched,
                "Groups": [{"FaceIds": one.faces, "Pairs": one.pairs} for one in found],
                "PairsExpectedOfStrangers": strangers,
                "Crowded": crowded,
            }
        )
        return
    _show(found, searched, threshold, strangers, crowded)
    if out is not None:
        output.line(f"Every group: {output.shown(out)}")


def groups(pairs: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Return the faces that pairs join, largest group first, then the one with the most similar pair.

    >>> [one.faces for one in groups([{"FaceId": "a", "OtherFaceId": "b", "Similarity": 99.0}])]
    [['a', 'b']]
    """
    above: dict[str, str] = {}

    def top(face: str) -> str:
        root = face
        while above.setdefault(root, root) != root:
            root = above[root]
        while above[face] != root:  # so that the way is short the next time
            above[face], face = root, above[face]
        return root

    for pair in pairs:
        above[top(pair["OtherFaceId"])] = top(pair["FaceId"])
    members: dict[str, list[str]] = defaultdict(list)
    joined: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for face in above:
        members[top(face)].append(face)
    for pair in pairs:
        joined[top(pair["FaceId"])].append(pair)
    found = [
        Group(faces, sorted(joined[root], key=lambda pair: -pair["Similarity"])) for root, faces in members.items()
    ]
    return sorted(found, key=lambda one: (-len(one.faces), -one.pairs[0]["Similarity"]))


def _pages(ask: Asking, request: Mapping[str, Any]) -> Iterator[Answer]:
    page = ask("FindDuplicates", {**request, "MaxResults": PAGE})
    yield page
    while "NextToken" in page:
        page = ask("FindDuplicates", {**request, "MaxResults": PAGE, "NextToken": page["NextToken"]})
        yield page


def _show(found: Sequence[Group], searched: int, threshold: float, strangers: float, crowded: int) -> None:
    if found:
        rows = [_row(number, one) for number, one in enumerate(found[:SHOWN], 1)]
        output.table(COLUMNS, [(*row[:5], row[5]) for row in rows], left=0)
        if len(found) > SHOWN:
            output.line(f"and {count(len(found) - SHOWN, 'group')} more; --out FILE.csv has them all.")
    every = sum(len(one.faces) for one in found)
    output.line(f"{count(len(found), 'group')} of {count(every, 'face')} among {searched:,} reach {threshold:g}.")
    output.line(
        f"They make {searched * (searched - 1) // 2:,} pairs. If all were strangers, chance alone would give "
        f"about {expected(strangers)} of them this similarity."
    )
    if crowded:
        output.line(f"{count(crowded, 'face')} had a thousand neighbours or more; of these not every pair is listed.")
    if found:
        output.line(JUDGE)


def expected(number: float) -> str:
    """Return a number of pairs to be expected, with two digits that count.

    >>> expected(0.875), expected(1234.5), expected(0)
    ('0.88', '1,200', '0')
    """
    if number >= 100:
        return f"{float(f'{number:.2g}'):,.0f}"
    return f"{number:.2g}"


def _row(number: int, group: Group) -> tuple[str, ...]:
    who = list(dict.fromkeys(_names(group).values()))
    told = ", ".join(who[:NAMES]) + (f" and {len(who) - NAMES} more" if len(who) > NAMES else "")
    return (
        str(number),
        f"{len(group.faces):,}",
        f"{len(group.pairs):,}",
        percent(group.pairs[-1]["Similarity"]),
        percent(group.pairs[0]["Similarity"]),
        output.shown(told),
    )


def _names(group: Group) -> dict[str, str]:
    """Return what each face of a group is called: its external id, or else its own."""
    names: dict[str, str] = {}
    for pair in group.pairs:
        names[pair["FaceId"]] = pair.get("ExternalImageId") or pair["FaceId"]
        names[pair["OtherFaceId"]] = pair.get("OtherExternalImageId") or pair["OtherFaceId"]
    return names


def _write(path: Path, found: Sequence[Group]) -> None:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(HEADING)
    for number, group in enumerate(found, 1):
        seen: set[str] = set()
        for pair in group.pairs:  # the first pair a face is in is its most similar
            sides = ("", "Other"), ("Other", "")
            for mine, theirs in sides:
                face = pair[f"{mine}FaceId"]
                if face not in seen:
                    seen.add(face)
                    name, user = pair.get(f"{mine}ExternalImageId", ""), pair.get(f"{mine}UserId", "")
                    rows.writerow((number, face, name, user, pair[f"{theirs}FaceId"], percent(pair["Similarity"])))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text.getvalue())
