"""`recognizance audit live`: the same protocols against any Rekognition endpoint, ours or Amazon's, by asking it.

The gallery is enrolled in a collection made for the audit and deleted after it, each probe is searched from the lowest
setting on, and pairs are compared from 0. What is counted then is counted as `audit replay` and `audit verification`
count, so that two systems can be put side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance.cli import answered, audit, audit_replay, endpoint, made, output, sending, trial
from recognizance.cli.failures import Failed, Wrong
from recognizance.cli.going import count, going
from recognizance.cli.sending import PairsToSend, Sending

if TYPE_CHECKING:
    from recognizance.evaluation import audit as audits
    from recognizance.evaluation.pages.page import Page
    from recognizance.evaluation.pages.pictures import Shown
    from recognizance.evaluation.protocols.answers import Enrolled, Explained, Found
    from recognizance.evaluation.protocols.live import Told
    from recognizance.evaluation.protocols.replay import Question, Replay
    from recognizance.evaluation.sets.subjects import Problem
    from recognizance.evaluation.sets.templates import Templates

PRICE = 0.001
"""US dollars that Amazon asked for a picture, of the first million in a month, in most of its regions; its own price
list decides."""

AMAZONS_PACE = 5.0
"""Requests a second that Amazon takes of an account in every region without being asked for more."""


Url = Annotated[
    str, typer.Argument(metavar="URL", help="Where the endpoint is; aws for Amazon's own.", show_default=False)
]
Probes = Annotated[
    str | None,
    typer.Option("--probes", metavar="DIR|CSV", help="Who is looked for: a folder with one per person, or a table.",
                 show_default=False),
]  # fmt: skip
Gallery = Annotated[
    str | None,
    typer.Option("--gallery", metavar="DIR|CSV", help="Among whom they are looked for.", show_default=False),
]
Pairs = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Pairs to compare: LFW's pairs.txt, or a table with file1, file2, same.",
        show_default=False,
    ),
]
Images = Annotated[
    str | None, typer.Option(metavar="DIR|CSV", help="Where the pictures are that --pairs names.", show_default=False)
]
Region = Annotated[str | None, typer.Option(metavar="NAME", help="The AWS region, such as eu-west-1.")]
Profile = Annotated[str | None, typer.Option(metavar="NAME", help="The AWS profile that has your key.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the collection there, which else is deleted in the end.")]
Yes = Annotated[bool, typer.Option("--yes", help="Send the pictures to Amazon, at the cost that is told first.")]
AtOnce = Annotated[int, typer.Option("--at-once", min=1, max=64, metavar="N", help="Requests in flight at most.")]
PerSecond = Annotated[
    float | None,
    typer.Option(
        "--per-second", min=0.01, metavar="N", help="Requests begun in a second at most; 5 with Amazon, else no limit.",
        show_default=False,
    ),
]  # fmt: skip
Beside = Annotated[
    Path | None,
    typer.Option(
        metavar="JSON", help="The report of another system, of `audit live` or `audit replay`, for the same page.",
        show_default=False,
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """What one protocol gave: its figures, the sets it used by role, problems, findings, and what is known by then."""

    known: Told
    figures: dict[str, Any]
    sets: tuple[tuple[str, Templates], ...]
    problems: tuple[Problem, ...]
    findings: tuple[audits.Finding, ...] = ()
    shown: tuple[Shown, ...] = ()


def live(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    url: Url,
    probes: Probes = None,
    gallery: Gallery = None,
    mated: audit_replay.Mated = None,
    thresholds: audit_replay.Thresholds = "80,90,95,99",
    called: audit_replay.Called = "people",
    worst: audit_replay.Worst = 12,
    show_faces: audit_replay.ShowFaces = False,
    pairs: Pairs = None,
    images: Images = None,
    beside: Beside = None,
    region: Region = None,
    profile: Profile = None,
    at_once: AtOnce = 4,
    per_second: PerSecond = None,
    keep: Keep = False,
    yes: Yes = False,
    groups: audit.Groups = None,
    people: audit.People = None,
    person_column: audit.PersonColumn = None,
    exclude: audit.Exclude = None,
    purpose: made.Purpose = None,
    case: made.Case = None,
    consent: made.Consent = None,
    authorisation: made.Authorisation = None,
    probe: made.Declared = None,
    json: audit.Json = None,
    html: audit.Html = None,
    seed: audit.Seed = audit.SEED,
    record: audit.Record = True,
    anonymous: audit.Anonymous = False,
    data: made.Data = None,
) -> None:
    """Ask a Rekognition endpoint, ours or Amazon's, and count how often it is wrong, for whom, at which setting."""
    given = made.of(context)
    percents = audit_replay.similarities(thresholds)
    asked = audit.Asked(
        json=json, html=html, exclude=exclude, groups=tuple(groups or ()), people=people, seed=seed, record=record,
        person_column=person_column, anonymous=anonymous,
    )  # fmt: skip
    lab = audit.Lab(given, given.settings(data=data), asked)
    where = endpoint.place(url, region)
    other = None if beside is None else _report(beside)
    options = {"purpose": purpose, "case": case, "consent": consent, "authorisation": authorisation, "probe": probe}
    stated = {name: text for name, text in options.items() if text is not None}
    both = sending.both(lab, probes, gallery)
    listed = sending.listed(lab, pairs, images)
    if both is None and listed is None:
        raise Wrong("give --probes and --gallery, or --pairs and --images, or all four")

    pace = per_second if per_second is not None or not where.amazon else AMAZONS_PACE
    asking = endpoint.connect(
        where,
        profile=profile,
        stated=stated,
        at_once=at_once,
        per_second=pace,
    )
    calls = sum(len(one.pictures) for one in both or ()) + (0 if listed is None else len(listed.sent))
    _consent(asking.place, calls, pace, yes=yes)
    asking.reach()

    from recognizance.evaluation.audit import Audit
    from recognizance.evaluation.pages.told import live as told
    from recognizance.evaluation.protocols import live as live_
    from recognizance.evaluation.protocols.replay import Question

    name = _job(asking, stated, both, percents)
    with answered.opened(lab.settings.data, name, given.now()) as so_far:
        if len(so_far):
            output.complain(f"going on where an audit was stopped: {count(len(so_far), 'answer')} were kept")
        tried = trial.Trial(asking, so_far, at_once, given.new_id)
        question = Question(percents, columns=asked.groups, worst=worst)
        replayed = None if both is None else _replayed(lab, tried, both, question, called, mated, keep=keep)
        compared = None if listed is None else _compared(lab, tried, listed)
    requests = asking.counted
    again = f", {requests.again:,} of them again" if requests.again else ""
    typer.echo(f"{count(requests.requests, 'request')} made to {asking.place.called}{again}.", err=True)

    parts = [one for one in (replayed, compared) if one is not None]
    models = _models(asking, parts[0].known.version)
    version = next((one["version"] for one in models if one["task"] == "embed"), "")
    known = replace(parts[0].known, version=parts[0].known.version or version)
    result = {
        "endpoint": live_.figures(known),
        "replay": None if replayed is None else replayed.figures,
        "verification": None if compared is None else compared.figures,
        "beside": other,
    }
    document = Audit(
        "live",
        lab.made(
            [one for part in parts for one in part.sets],
            by=audit.ByEndpoint(models, _how(known, pairs=compared is not None)),
        ),
        tuple(problem for part in parts for problem in part.problems),
        result,
        tuple(finding for part in parts for finding in part.findings),
    )
    pictured = html is not None and not anonymous and replayed is not None
    shown = replayed.shown if replayed is not None and pictured else ()

    def page(read: Mapping[str, Any]) -> Page:
        return told.page(read, _pictures(shown, blurred=not show_faces))

    lab.finish(document, page)


def _pictures(shown: Sequence[Shown], *, blurred: bool) -> list[Any]:
    """Return the most alike strangers as pictures; no model is needed where the endpoint said where faces are."""
    if not shown:
        return []
    from recognizance.evaluation.pages.pictures import pairs_by_box

    return pairs_by_box(list(shown), blurred=blurred)


def _worst(
    counts: Replay, result: Mapping[str, Any], searched: Templates, among: Templates,
    found: Mapping[int, Found], enrolled: Mapping[int, Enrolled],
) -> tuple[Shown, ...]:  # fmt: skip
    """Return the most alike strangers, with where the endpoint said that their faces are."""
    from recognizance.evaluation.pages.pictures import Shown
    from recognizance.values import Box

    def box(one: Found | Enrolled | None) -> Box | None:
        return None if one is None or one.box is None else Box(*one.box)

    return tuple(
        Shown(
            searched.subjects[alike.probe],
            among.subjects[alike.gallery],
            f"{plain['probe_person']} and {plain['gallery_person']}: Similarity {alike.similarity:.1f}",
            (box(found.get(alike.probe)), box(enrolled.get(alike.gallery))),
        )
        for alike, plain in zip(counts.worst, result["worst"], strict=True)
    )


def _report(path: Path) -> dict[str, Any]:
    """Return what the page needs of another system's report. Raises `Wrong` for a file that is none."""
    from recognizance.evaluation.pages.told import live as told
    from recognizance.evaluation.protocols import live
    from recognizance.evaluation.sets import regular

    try:
        found = live.beside(regular.read(path, regular.REPORT).decode())
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"--beside {output.shown(path)} cannot be read: {output.shown(error)}") from error
    except ValueError as error:
        raise Wrong(f"--beside {output.shown(path)} {error}") from error
    if not told.readable(found):
        raise Wrong(f"--beside {output.shown(path)} lacks what a report of this version has; make it again")
    return found


def _consent(where: endpoint.Place, calls: int, pace: float | None, *, yes: bool) -> None:
    """Say how much will be asked; raise `Wrong` where it goes to Amazon and nobody said yes to that."""
    takes = "" if pace is None else f", {pace:g} a second at most: {_lasting(calls / pace)} or more"
    typer.echo(f"{count(calls, 'request')} to send to {where.called}{takes}.", err=True)
    if where.amazon:
        typer.echo(
            f"At {PRICE:g} US dollars each that is about {calls * PRICE:,.2f} US dollars (Amazon's price in most "
            "regions of the first million in a month; its price list decides). The pictures leave this machine.",
            err=True,
        )
        if not yes:
            raise Wrong("nothing was sent; add --yes to send these pictures to Amazon")


def _lasting(seconds: float) -> str:
    return f"{seconds:,.0f} seconds" if seconds < 120 else f"{seconds / 60:,.0f} minutes"


def _job(
    asking: endpoint.Endpoint,
    stated: Mapping[str, str],
    both: tuple[Sending, Sending] | None,
    percents: Sequence[float],
) -> str:
    gallery = () if both is None else both[1].digests
    who = [asking.access_key, *(f"{name}={stated[name]}" for name in sorted(stated))]  # may decide what is answered
    return answered.job([asking.place.called, asking.region], who, gallery, [f"{min(percents):g}"])


def _replayed(
    lab: audit.Lab, tried: trial.Trial, both: tuple[Sending, Sending], question: Question, called: str,
    mated: Path | None, *, keep: bool,
) -> Part:  # fmt: skip
    """Enrol, search and count."""
    from recognizance.evaluation.protocols import answers, live
    from recognizance.evaluation.protocols.replay import SHOWN_FROM, replay
    from recognizance.evaluation.protocols.replayed import figures, findings

    probes, gallery = both
    raised = _floor(tried.endpoint, min(*question.thresholds, SHOWN_FROM))
    at_least = max(min(*question.thresholds, SHOWN_FROM), raised or 0.0)
    settings = [one for one in question.thresholds if one >= at_least] or [at_least]
    with tried.collection(keep=keep) as collection:
        with going("pictures enrolled", len(gallery.pictures), lab.given.now) as bar:
            enrolled = tried.enrol(collection, gallery.pictures, bar)
        faces = sum(bool(one.kept) for one in enrolled)
        if not faces:
            raise Failed(f"the endpoint found no face in any picture of {output.shown(gallery.source)} (gallery)")
        counted = tried.settle(collection, faces)
        with going("probes searched", len(probes.pictures), lab.given.now) as bar:
            found = tried.search(collection, probes.pictures, at_least, len(gallery.subjects), bar)
        version = tried.answers.version or next((one.version for one in enrolled if one.version), "")

    became = {one.place: made for one, made in zip(gallery.pictures, enrolled, strict=True)}
    searches = {one.place: made for one, made in zip(probes.pictures, found, strict=True)}
    among, searched = _templates(gallery, became), _templates(probes, searches)
    if not searched.found.any():
        raise Failed(f"the endpoint found no face in any picture of {output.shown(probes.source)} (probes)")
    mates, unusable = audit_replay.listed(mated, searched, among)
    hits = live.hits(searches, len(probes.subjects), at_least)
    counts = replay(searched, among, hits, replace(question, thresholds=settings, mated=mates))
    explained, curve = _explained(tried.endpoint, settings)
    counts = live.foreseen(counts, explained)
    known = live.Told(
        address=tried.endpoint.place.called,
        region=tried.endpoint.region,
        amazon=tried.endpoint.place.amazon,
        curve=curve,
        version=version,
        asked_from=at_least,
        raised=raised if raised is not None and raised > min(question.thresholds) else None,
        dropped=tuple(one for one in question.thresholds if one < at_least),
        held=sum(one.held for one in found),
        searches=len(found),
        enrolled=faces,
        counted=counted,
    )
    odd = answers.oddities([probes.subjects[one.place] for one in probes.pictures], found)
    result = figures(counts, searched, among, called=called, curve=None)
    return Part(
        known,
        result,
        (("probes", searched), ("gallery", among)),
        (*searched.problems, *among.problems, *odd, *unusable, *counts.problems),
        findings(counts),
        _worst(counts, result, searched, among, searches, became),
    )


def _compared(lab: audit.Lab, tried: trial.Trial, listed: PairsToSend) -> Part:
    """Compare the pairs, and count."""
    from recognizance.evaluation.protocols import answers, live
    from recognizance.evaluation.protocols.pairs import SIMILARITIES

    picture = {one.place: one for one in listed.sending.pictures}
    sent = listed.sent
    with going("pairs compared", len(sent), lab.given.now) as bar:
        became = tried.compare([(picture[one], picture[other]) for one, other in sent], bar)
    by_pair = dict(zip(sent, became, strict=True))
    pairs = zip(listed.pairs.one.tolist(), listed.pairs.other.tolist(), strict=True)
    similarities = [by_pair[pair].similarity if pair in by_pair else None for pair in pairs]
    if all(one is None for one in similarities):
        raise Failed(f"the endpoint could compare none of these pairs: {became[0].said if became else 'none was sent'}")
    explained, curve = _explained(tried.endpoint, SIMILARITIES)
    subjects = listed.sending.subjects
    refused = [answers.uncompared(subjects[one], subjects[other], by_pair[one, other]) for one, other in sent]
    known = live.Told(
        address=tried.endpoint.place.called,
        region=tried.endpoint.region,
        amazon=tried.endpoint.place.amazon,
        curve=curve,
    )
    return Part(
        known,
        live.verification(live.scored(listed.pairs, similarities), similarities, listed.source, explained),
        (("images", listed.templates),),
        (*listed.templates.problems, *listed.problems, *(one for one in refused if one is not None)),
    )


def _templates(sent: Sending, became: Mapping[int, Enrolled | Found]) -> Templates:
    from recognizance.evaluation.protocols import answers, live
    from recognizance.evaluation.sets.templates import UNREADABLE

    faces = [became[at].faces if at in became else UNREADABLE for at in range(len(sent.subjects))]
    refused = [answers.problem(sent.subjects[at], became[at]) for at in sorted(became)]
    problems = (*sent.problems, *(one for one in refused if one is not None))
    return live.templates(sent.subjects, sent.digests, faces, problems, sent.source)


def _floor(asking: endpoint.Endpoint, at_least: float) -> float | None:
    """Return the lowest similarity that the endpoint's policy lets out of a search, None where it has none to tell."""
    answer = asking.house("explain_decision", Operation="SearchFacesByImage", Threshold=at_least)
    floor = None if answer is None else answer.get("Floor")
    return float(floor) if isinstance(floor, int | float) and 0 <= floor <= 100 else None


def _explained(asking: endpoint.Endpoint, settings: Sequence[float]) -> tuple[dict[float, Explained], Any]:
    """Return what the endpoint says of each setting, and of the curve it has that from; nothing, None from Amazon's."""
    from recognizance.evaluation.protocols import answers

    explained: dict[float, Explained] = {}
    curve: dict[str, Any] | None = None
    for one in settings:
        answer = asking.house("explain_similarity", Similarity=one)
        said = None if answer is None else answers.explained(answer)
        if answer is None or said is None:
            return {}, None
        explained[one] = said
        curve = {"model": str(answer.get("Model") or ""), "fitted_on": str(answer.get("FittedOn") or "")}
    return explained, curve


def _models(asking: endpoint.Endpoint, version: str) -> tuple[dict[str, str], ...]:
    """Return which models the endpoint says it uses."""
    answer = asking.house("list_models")
    listed = () if answer is None else answer.get("Models") or ()
    used = [one for one in listed if one.get("InUse") and one.get("Task") in ("detect", "embed")]
    if not used:
        return ({"name": "not told by the endpoint", "task": "embed", "version": version, "sha256": ""},)
    return tuple(
        {name: str(one.get(word) or "") for name, word in (("name", "Name"), ("task", "Task"), ("version", "Version"),
                                                           ("sha256", "Sha256"))}
        for one in used
    )  # fmt: skip


def _how(known: Told, *, pairs: bool) -> tuple[str, ...]:
    """Return how an endpoint was asked, in the words of its operations."""
    said = [f"endpoint {known.address}", f"region {known.region}", "QualityFilter NONE"]
    if known.asked_from is not None:
        said += [
            "IndexFaces: the largest face of each picture",
            f"SearchFacesByImage: FaceMatchThreshold {known.asked_from:g}, MaxFaces 4096",
        ]
    if pairs:
        said.append("CompareFaces: SimilarityThreshold 0, the largest face of each picture")
    return tuple(said)
