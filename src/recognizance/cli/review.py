"""`recognizance review`: looking at line-ups and judging them, as a reviewer with a key of one's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from recognizance.cli import made, output, photos, remote
from recognizance.cli.failures import Wrong
from recognizance.cli.going import count

NAMED = 60  # letters of a reviewer's name in a file's
SAME, DIFFERENT, CANNOT_TELL = "same", "different", "cannot-tell"


class State(StrEnum):
    """What may have become of a review."""

    open = "open"
    closed = "closed"
    expired = "expired"
    sealed = "sealed"
    withdrawn = "withdrawn"


Review = Annotated[str, typer.Argument(metavar="ID", help="The review.", show_default=False)]


def list_reviews(
    context: typer.Context,
    state: Annotated[State | None, typer.Option(help="Only those in this state.", show_default=False)] = None,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    as_json: made.Json = False,
) -> None:
    """List reviews: which are open, which you have judged, and what became of the others."""
    ask = _asking(context, endpoint, profile)
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {} if state is None else {"State": state.value}
    while True:
        answer = ask("list_reviews", **more)
        found += answer["Reviews"]
        if "NextToken" not in answer:
            break
        more["NextToken"] = answer["NextToken"]
    if as_json:
        output.as_json({"Reviews": found})
    elif found:
        output.table(("review", "state", "faces", "opened", "expires", "you"), [_row(one) for one in found], left=6)
    else:
        output.line("No reviews.")


def show(
    context: typer.Context,
    review: Review,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where the picture of the line-up goes; none for none.", show_default=False
        ),
    ] = None,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    as_json: made.Json = False,
) -> None:
    """Show a review: its line-up as one picture, the person sought on the left, or what it came to."""
    ask = _asking(context, endpoint, profile)
    told = dict(ask("describe_review", ReviewId=review))
    picture = _drawn(ask, review, out) if out is not None and told["Review"]["State"] == State.open.value else None
    if as_json:
        output.as_json(told | ({} if picture is None else {"Picture": str(picture)}))
        return
    output.line(f"{review}  {told['Review']['State']}")
    output.line(output.shown(told["Sentence"]))
    if picture is not None:
        output.line(f"Line-up: {output.shown(picture)}")
        output.line(
            f'Then: recognizance review judge {review} --same "{told["Labels"][0]}: why it is the same" '
            '(whoever is not named is different; --cannot-tell LETTER where it cannot be told), or --none "why it is '
            'nobody"'
        )
    elif told["Review"]["State"] == State.open.value:
        output.line("Look at its line-up with --out FOLDER.")
    for one in told.get("Verdicts", ()):
        output.line(f"{output.shown(one['Person'])}: {_said(one, told.get('Candidates', ()))}", indent=2)


def judge(
    context: typer.Context,
    review: Review,
    same: Annotated[
        list[str] | None,
        typer.Option(metavar='"LETTER: WHY"', help="Who is the same person as the one sought, and why; may repeat."),
    ] = None,
    cannot_tell: Annotated[
        list[str] | None, typer.Option(metavar="LETTER", help="Of whom it cannot be told; may repeat.")
    ] = None,
    none: Annotated[str | None, typer.Option(metavar="WHY", help="Why nobody is the same, where nobody is.")] = None,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    as_json: made.Json = False,
) -> None:
    """Give your verdict on a line-up, once and for all. Whoever you do not name is different."""
    alike = dict(_letter_and_why(one) for one in same or ())
    unsure = {one.strip().upper() for one in cannot_tell or ()}
    if bool(alike) == (none is not None):
        raise Wrong('give --same "LETTER: WHY" for whoever is the same, or --none "WHY" where nobody is')
    if unsure & set(alike):
        raise Wrong("nobody can be the same and such that it cannot be told")

    ask = _asking(context, endpoint, profile)
    told = ask("describe_review", ReviewId=review)
    letters = told.get("Labels", ())
    unknown = sorted((unsure | set(alike)) - set(letters))
    if letters and unknown:
        raise Wrong(f"there is no {unknown[0]} in this line-up; there are {', '.join(letters)}")
    calls = [_call(letter, alike, unsure) for letter in [*letters, *unknown]]
    kept = ask("submit_verdict", ReviewId=review, Calls=calls, **({} if none is None else {"Reason": none}))
    if as_json:
        output.as_json(kept)
    else:
        output.line(output.shown(kept["Sentence"]))


def reviewers(
    context: typer.Context,
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    as_json: made.Json = False,
) -> None:
    """List who may review, until when, and how careful they were in reviews that are closed."""
    told = _asking(context, endpoint, profile)("list_reviewers")
    if as_json:
        output.as_json(told)
    elif told["Reviewers"]:
        columns = ("person", "until", "verdicts", "seeded", "of these wrong", "others wrong", "agree", "seconds")
        output.table(columns, [_measures(one) for one in told["Reviewers"]], left=2)
    else:
        output.line("Nobody is qualified yet; see recognizance review qualify.")


def qualify(
    context: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who, as their keys name them.", show_default=False)],
    until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Until when, in UTC.", show_default=False)
    ],
    evidence: Annotated[
        str,
        typer.Option(metavar="TEXT", help="What shows that they can: a course, an examination.", show_default=False),
    ],
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    as_json: made.Json = False,
) -> None:
    """Put on record until when somebody may review, and by what evidence. A date that is past ends it."""
    ask = _asking(context, endpoint, profile)
    told = ask("qualify_reviewer", Person=person, Until=until.replace(tzinfo=UTC), Evidence=evidence)
    if as_json:
        output.as_json(told)
    else:
        output.line(f"{output.shown(told['Person'])} may review until {told['Until']:%Y-%m-%d}.")


def seed(
    context: typer.Context,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="Whose faces it is of.", show_default=False)],
    endpoint: remote.Endpoint = None,
    profile: remote.Profile = None,
    as_json: made.Json = False,
) -> None:
    """Open a review in which nobody can be the person sought, to measure reviewers by."""
    told = _asking(context, endpoint, profile)("seed_review", CollectionId=collection)
    if as_json:
        output.as_json(told)
    else:
        output.line(f"Opened {told['ReviewId']}. It looks like any other.")


def _asking(context: typer.Context, endpoint: str | None, profile: str | None) -> remote.Asking:
    settings = made.of(context).settings()
    return remote.asking(endpoint, remote.local(settings.host, settings.port), profile)


def _drawn(ask: remote.Asking, review: str, out: Path) -> Path:
    from recognizance.cli import drawing

    seen = ask("get_line_up", ReviewId=review)
    out.mkdir(parents=True, exist_ok=True)
    # Each reviewer has letters of their own: a file that does not say whose it is gets judged by another's.
    whose = re.sub(r"\W+", "-", seen["Reviewer"]).strip("-")[:NAMED]
    path = photos.unused(out / f"review-{review}-{whose}.png")
    faces = [(one["Label"], one["Picture"]) for one in seen["Faces"]]
    path.touch(mode=0o600)  # it shows people
    drawing.save(drawing.line_up(seen["Probe"], faces), path)
    return path


def _letter_and_why(given: str) -> tuple[str, str]:
    letter, colon, why = given.partition(":")
    if not colon or len(letter.strip()) != 1:
        raise Wrong(f'--same should be like "B: the same scar over the left eye", not {output.shown(given)!r}')
    return letter.strip().upper(), why.strip()


def _call(letter: str, alike: Mapping[str, str], unsure: set[str]) -> dict[str, str]:
    if letter in alike:
        return {"Label": letter, "Call": SAME} | ({"Reason": alike[letter]} if alike[letter] else {})
    return {"Label": letter, "Call": CANNOT_TELL if letter in unsure else DIFFERENT}


def _row(one: Mapping[str, Any]) -> list[str]:
    state = one.get("Outcome") or one["State"]
    days = [f"{one[name].astimezone(UTC):%Y-%m-%d}" for name in ("OpenedOn", "ExpiresOn")]
    return [one["ReviewId"], output.shown(state), str(one["Faces"]), *days, "judged" if one["Judged"] else "-"]


def _said(one: Mapping[str, Any], candidates: Sequence[int]) -> str:
    """Return a verdict in words: places and letters say nothing to whoever had others."""
    alike = [call["Place"] in candidates for call in one["Calls"] if call["Call"] == SAME]
    of = f"{sum(alike)} of {count(len(candidates), 'candidate')} the same person"
    what = of if alike else "nobody the same person"
    counts = "" if one["Counts"] else "; it does not count, for an error in it or because it was set aside"
    return output.shown(f"{what}{counts}. {' '.join(one['Reasons'].values())}")


def _measures(one: Mapping[str, Any]) -> Sequence[str]:
    rate, seconds = one.get("AgreementRate"), one.get("MedianSeconds")
    numbers = [str(one[name]) for name in ("Verdicts", "SeededSeen", "SeededFalse", "OthersFalse")]
    until = f"{one['Until'].astimezone(UTC):%Y-%m-%d}{'' if one['Qualified'] else ' (ended)'}"
    return [
        output.shown(one["Person"]),
        until,
        *numbers,
        "-" if rate is None else f"{rate:.0%}",
        "-" if seconds is None else f"{seconds:.0f}",
    ]
