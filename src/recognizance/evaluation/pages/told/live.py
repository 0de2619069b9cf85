"""The page of `recognizance audit live`: what an endpoint was asked, and how often it was wrong, beside another system.

Each system is a column, or several under its letter; what only one of them says is told of that one alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from recognizance.accountability.papers import Table
from recognizance.evaluation.pages.charts import Axis, Series, lines
from recognizance.evaluation.pages.page import Chart, Page, Pair, Section
from recognizance.evaluation.pages.told import (
    DASH,
    Standing,
    cells,
    count,
    percent,
    several,
    standing_of_pairs,
    standing_of_replay,
    too_few,
    useful,
)
from recognizance.evaluation.words import number, one_in, rate, share, tally

Figures = Mapping[str, Any]

USUAL = 80.0
"""The Similarity from which Rekognition takes two faces for a match unless it is told another."""

TERMS = (
    "similarity", "threshold", "false match", "probe", "gallery", "mated", "nonmated", "fpir", "hit rate", "fmr",
    "fnmr", "failure to enrol", "interval", "rule of three", "curve", "group", "ratio", "withheld", "fingerprint",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class System:
    """One system on the page: its letter, what it is called, what it was asked, and what that came to."""

    letter: str
    called: str
    models: Sequence[Figures]
    sets: Sequence[Figures]
    endpoint: Figures | None
    replay: Figures | None
    verification: Figures | None


def page(document: Mapping[str, Any], pairs_shown: Sequence[Pair] = ()) -> Page:
    """Return the page of a live audit, from its document; `pairs_shown` are the endpoint's most alike strangers."""
    systems = _systems(document)
    replays = [one for one in systems if one.replay is not None]
    pairs = [one for one in systems if one.verification is not None]
    return Page(
        title="Two systems, asked the same" if len(systems) > 1 else f"What {systems[0].called} answers",
        verdict=_verdict(systems),
        alarm=_alarm(document, systems[0]),
        tested=_tested(systems),
        wrong=_wrong(systems),
        whom=_whom(systems),
        what_to_set=_set(systems),
        sections=[
            _asked(systems),
            *_replay(replays),
            *_groups(replays),
            *_pairs(pairs),
            *_worst(replays, pairs_shown),
            _same(systems),
        ],
        terms=TERMS,
    )


def readable(beside: Figures) -> bool:
    """Say whether another system's report has all that a page takes from it."""
    try:
        systems = [_second(beside)]
        for take in (_verdict, _wrong, _whom, _set, _asked, _groups, _worst, _same):
            take(systems)
        if systems[0].replay is not None:
            _replay(systems)
        if systems[0].verification is not None:
            _pairs(systems)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        return False
    return True


def _systems(document: Figures) -> list[System]:
    result = document["result"]
    own = System("A", result["endpoint"]["address"], document["made"]["models"], document["made"]["sets"],
                 result["endpoint"], result["replay"], result["verification"])  # fmt: skip
    return [own] if result["beside"] is None else [own, _second(result["beside"])]


def _second(other: Figures) -> System:
    models = other["made"]["models"]
    if other["endpoint"] is not None:
        called = other["endpoint"]["address"]
    else:
        embedder = next((one["name"] for one in models if one["task"] == "embed"), "the other system")
        called = f"{embedder}, without a server"
    return System("B", called, models, other["made"]["sets"], other["endpoint"], other["replay"],
                  other["verification"])  # fmt: skip


def _name(one: System, systems: Sequence[System]) -> str:
    return one.called if len(systems) == 1 else f"{one.letter} ({one.called})"


def _notes(one: System) -> Sequence[str]:
    return () if one.endpoint is None else one.endpoint["notes"]


def _verdict(systems: Sequence[System]) -> str:
    return _each(systems, [_sentence(one) for one in systems])


def _each(systems: Sequence[System], texts: Sequence[str]) -> str:
    """Return what is said of each system; once where it is the same of both."""
    if len(systems) == 1:
        return texts[0]
    if len(set(texts)) == 1:
        names = several([_name(one, systems) for one in systems])
        return f"Of {names} the same is true: {texts[0]}"
    return " ".join(f"{_name(one, systems)}: {text}" for one, text in zip(systems, texts, strict=True))


def _sentence(one: System) -> str:
    """Return what a newspaper would print, and where matches were held, that nothing is known."""
    if one.endpoint is not None and one.endpoint["held"]:
        return (
            f"{number(one.endpoint['held'])} of {count(one.endpoint['searches'], 'search', 'searches')} were held back "
            "for people to look at first, so what it would have matched is not known."
        )
    few = _stands(one)[:1] == ["few"]
    if one.replay is not None:
        return f"{one.replay['sentence']} {too_few()}" if few else str(one.replay["sentence"])
    if one.verification is None:
        return "nothing was asked that can be put beside it."
    usual = _at(one.verification["at_similarity"], USUAL)
    more = f" {too_few('pairs')}" if few else ""
    return (
        f"At {percent(USUAL)}, {tally(usual['false_matches'])} pairs of two people were taken for one person, and "
        f"{tally(usual['misses'])} pairs of one person were missed.{more}"
    )


def _stands(one: System) -> list[Standing]:
    """Return what may be said at the usual setting of the search and of the pairs, of those that were made."""
    return [
        *([standing_of_replay(one.replay, _at(_rows(one), USUAL))] if one.replay is not None else []),
        *([standing_of_pairs(one.verification, _at(_verified(one), USUAL))] if one.verification is not None else []),
    ]


def _at(rows: Sequence[Figures], similarity: float) -> Figures:
    """Return the row of a setting; where there is none, the next higher one, else the highest."""
    rows = sorted(rows, key=lambda row: float(row["similarity"]))
    return next((row for row in rows if row["similarity"] >= similarity), rows[-1])


def _alarm(document: Figures, own: System) -> str:
    if document["findings"]:
        return "bad"
    wrong = 0
    if own.replay is not None:
        wrong += sum(row["false_matched"]["count"] for row in own.replay["thresholds"] if row["similarity"] >= USUAL)
    if own.verification is not None:
        wrong += _at(own.verification["at_similarity"], USUAL)["false_matches"]["count"]
    stands = _stands(own)
    well = bool(stands) and all(one == "good" for one in stands)
    return "good" if well and not wrong and not _notes(own) else "care"


def _tested(systems: Sequence[System]) -> str:
    own = systems[0]
    said: list[str] = []
    if own.replay is not None:
        probes, gallery = own.replay["probes"], own.replay["gallery"]
        said.append(
            f"{count(probes['pictures'], 'picture')} of {count(probes['people'], 'person', 'people')} were looked for "
            f"among {count(gallery['pictures'], 'picture')} of {count(gallery['people'], 'person', 'people')}, by "
            f"asking {own.called}."
        )
    if own.verification is not None:
        pairs = own.verification["pairs"]
        said.append(
            f"{count(pairs['mated'] + pairs['nonmated'], 'pair')} of pictures whose truth is known were compared by "
            f"it: {number(pairs['mated'])} of one person, {number(pairs['nonmated'])} of two."
        )
    if len(systems) > 1:
        said.append(f"{systems[1].letter} is {systems[1].called}. {_sameness(systems)}")
    return " ".join(said)


def _wrong(systems: Sequence[System]) -> str:
    return _each(systems, [_went_wrong(one) for one in systems])


def _went_wrong(one: System) -> str:
    parts: list[str] = []
    if one.replay is not None:
        row = _at(one.replay["thresholds"], USUAL)
        parts.append(
            f"At {percent(row['similarity'])}, {rate(row['false_matched'])} probes were taken for somebody else."
        )
        if row["hits"] is not None:
            parts.append(f"Of those who were there, {rate(row['hits'])} were found.")
    if one.verification is not None:
        row = _at(one.verification["at_similarity"], USUAL)
        parts.append(
            f"In pairs, at {percent(row['similarity'])}: two people taken for one, {rate(row['false_matches'])}; one "
            f"person missed, {rate(row['misses'])}."
        )
    return " ".join(parts) or "Nothing was asked."


def _whom(systems: Sequence[System]) -> str:
    said: list[str] = []
    for one in systems:
        worst = _hardest(one)
        if worst is not None:
            column, group, setting = worst
            said.append(
                f"{_name(one, systems)}: most often {column} {group['group']}, {rate(group['false_matched'])} at "
                f"{percent(setting)}."
            )
    if said:
        return " ".join(said)
    if any(row["groups"] for one in systems for row in _rows(one)):
        return f"Nobody was taken for somebody else at {percent(USUAL)}, in no group that could be told."
    return "Not known: this audit was given no groups of people to tell apart (--groups, --people)."


def _hardest(one: System) -> tuple[str, Figures, float] | None:
    if one.replay is None:
        return None
    row = _at(one.replay["thresholds"], USUAL)
    known = [
        (column, group)
        for column, groups in row["groups"].items()
        for group in groups
        if group["false_matched"] is not None and group["false_matched"]["count"]
    ]
    if not known:
        return None
    column, group = max(known, key=lambda each: (each[1]["false_matched"]["rate"], each[1]["group"]))
    return column, group, row["similarity"]


def _set(systems: Sequence[System]) -> str:
    searched = [one for one in systems if one.replay is not None]
    if not searched:
        return "A search compares with everybody in a gallery, so it needs a higher setting than a comparison of two."
    text = _each(searched, [_clear(one) for one in searched])
    costs = [str(one.replay["cost"]) for one in searched if one.replay is not None]
    text = f"{text} {costs[0] if len(set(costs)) == 1 else _each(searched, costs)}"
    if len(systems) == 1:
        return text
    return f"{text} A number means what its system means by it: one setting of two systems is not one strictness."


def _clear(one: System) -> str:
    assert one.replay is not None, "only those who were searched"
    clear = one.replay["lowest_without_false_matches"]
    settings = [row["similarity"] for row in _rows(one)]
    if clear is None:
        return f"At no setting up to {percent(max(settings))} was everybody told apart."
    lowest = ", the lowest that was counted," if clear == min(settings) else ""
    there = _at(_rows(one), clear)
    if standing_of_replay(one.replay, there) == "few":
        return "From which setting on nobody is taken for somebody else is not known: too few pictures to say."
    found = there["hits"]
    useless = "" if useful(found) else f", and {tally(found)} who are there were found: a setting of no use"
    return f"From {percent(clear)}{lowest} on nobody here was taken for somebody else{useless}."


def _asked(systems: Sequence[System]) -> Section:
    rows: list[list[str]] = []
    for one in systems:
        models = [f"{model['name']} {model['version']}".strip() for model in one.models]
        version = one.endpoint["face_model_version"] if one.endpoint is not None else ""
        rows.append([one.letter, one.called, version or DASH, several(models) or DASH])
    said: list[str | Table] = [
        Table(("", "System", "Face model version", "Models it names"), rows, left=4, caption="Who was asked")
    ]
    for one in systems:
        if one.endpoint is None:
            continue
        prefix = f"{one.letter}: " if len(systems) > 1 else ""
        said += [f"{prefix}{text}" for text in (*one.endpoint["notes"], *one.endpoint["not_told"])]
    return Section("What was asked, and what an endpoint does not tell", said)


def _replay(systems: Sequence[System]) -> list[Section]:
    if not systems:
        return []
    settings = sorted({row["similarity"] for one in systems for row in _rows(one)})
    table = [[percent(setting), one.letter, *_cells(one, setting)] for setting in settings for one in systems]
    columns = ["Setting", "System", "Taken for someone else", "share", "95 %", "predicted", "Found", "share", "95 %"]
    parts: list[str | Table | Chart] = [
        "Of all probes, those for whom at least one picture of somebody else came up; and of those whose person was "
        "there, those for whom it came up. Predicted is what the system's own published curve lets one expect, where "
        "it has one; a * marks what is extrapolated.",
        _columns(columns, table, systems, "At each setting"),
    ]
    drawn = [_line(one) for one in systems if any(row["hits"] is not None for row in _rows(one))]
    if drawn:
        axes = Axis("taken for someone else", "share", low=0.0), Axis("found", "share", low=0.0)
        parts.append(
            Chart(
                partial(lines, drawn, *axes),
                "How many were found (upwards) where so many were taken for someone else (to the right), at each "
                "setting; a system whose line lies higher does better, whatever its numbers are called.",
            )
        )
    return [Section("At each setting", parts)]


def _columns(columns: Sequence[str], rows: Sequence[Sequence[str]], systems: Sequence[System], caption: str) -> Table:
    """Return a table with a row for each setting and system; the system's column is left out where there is one."""
    if len(systems) > 1:
        return Table(columns, rows, left=2, caption=caption)
    one = [[row[0], *row[2:]] for row in rows]
    return Table([columns[0], *columns[2:]], one, caption=caption)


def _rows(one: System) -> Sequence[Figures]:
    return () if one.replay is None else one.replay["thresholds"]


def _cells(one: System, setting: float) -> list[str]:
    row = next((row for row in _rows(one) if row["similarity"] == setting), None)
    if row is None:
        return ["not asked", DASH, DASH, DASH, DASH, DASH, DASH]
    foreseen = row["expected"]
    predicted = DASH
    if foreseen is not None:
        probes, mark = foreseen["probes"], "*" if foreseen["extrapolated"] else ""
        predicted = f"{number(probes['mean'])} ({number(probes['low'])} {DASH} {number(probes['high'])}){mark}"
    return [*cells(row["false_matched"]), predicted, *_found(row["hits"])]


def _found(hits: Figures | None) -> list[str]:
    """Return a rate of those who were found as cells; nobody was looked for where there is none."""
    return [DASH] * 3 if hits is None else cells(hits)


def _line(one: System) -> Series:
    rows = sorted((row for row in _rows(one) if row["hits"] is not None), key=lambda row: -float(row["similarity"]))
    return Series(
        one.called,
        [row["false_matched"]["rate"] for row in rows],
        [row["hits"]["rate"] for row in rows],
        [row["hits"]["low"] for row in rows],
        [row["hits"]["high"] for row in rows],
    )


def _groups(systems: Sequence[System]) -> list[Section]:
    tables: list[str | Table] = []
    for one in systems:
        if one.replay is None:
            continue
        row = _at(one.replay["thresholds"], USUAL)
        for column, groups in row["groups"].items():
            told = [
                [
                    group["group"],
                    number(group["people"]),
                    *cells(group["false_matched"]),
                    *(cells(group["hits"]) if row["hits"] is not None else _found(None)),
                ]
                for group in groups
            ]
            columns = ("Group", "people", "Taken for someone else", "share", "95 %", "Found", "share", "95 %")
            caption = f"{_name(one, systems)}: by {column}, at {percent(row['similarity'])}"
            tables.append(Table(columns, told, caption=caption))
    if not tables:
        return []
    return [Section("By group", ["Groups of fewer than ten people are withheld.", *tables])]


def _pairs(systems: Sequence[System]) -> list[Section]:
    if not systems:
        return []
    columns = ["Setting", "System", "Two taken for one", "share", "95 %", "curve says", "Missed", "share", "95 %"]
    settings = sorted({row["similarity"] for one in systems for row in _verified(one)})
    rows = [[percent(setting), one.letter, *_pair_cells(one, setting)] for setting in settings for one in systems]
    said: list[str | Table] = [_columns(columns, rows, systems, "Pairs, at each setting")]
    for one in systems:
        found = None if one.verification is None else one.verification["accuracy"]
        if found is not None:
            error = found["standard_error"]
            more = "" if error is None else f", with a standard error of {share(error)}"
            said.append(
                f"{_name(one, systems)} judged {share(found['mean'])} of all pairs rightly{more}, each fold at the "
                "setting that does best on the others."
            )
    columns = ["False matches at most", *(f"{_name(one, systems)}: missed" for one in systems)]
    said.append(Table(columns, _at_rates(systems), left=1, caption="Missed, at the same strictness for each system"))
    return [Section("Pairs of pictures", said)]


def _verified(one: System) -> Sequence[Figures]:
    return () if one.verification is None else one.verification["at_similarity"]


def _pair_cells(one: System, setting: float) -> list[str]:
    row = next((row for row in _verified(one) if row["similarity"] == setting), None)
    if row is None:
        return [DASH] * 7
    expected = DASH if row["expected"] is None else one_in(row["expected"])
    return [*cells(row["false_matches"]), expected, *cells(row["misses"])]


def _at_rates(systems: Sequence[System]) -> list[list[str]]:
    asked = sorted({row["asked"] for one in systems for row in _rates(one)}, reverse=True)
    rows: list[list[str]] = []
    for target in asked:
        told = [next((row for row in _rates(one) if row["asked"] == target), None) for one in systems]
        rows.append([one_in(target), *(DASH if row is None else rate(row["misses"]) for row in told)])
    return rows


def _rates(one: System) -> Sequence[Figures]:
    return () if one.verification is None else one.verification["at_rates"]


def _worst(systems: Sequence[System], shown: Sequence[Pair] = ()) -> list[Section]:
    tables: list[str | Table | Chart | Pair] = [
        Table(
            ("Probe", "Taken for", "Similarity"),
            [[row["probe"], row["gallery"], f"{row['similarity']:.1f}"] for row in one.replay["worst"]],
            left=2,
            caption=_name(one, systems),
        )
        for one in systems
        if one.replay is not None and one.replay["worst"]
    ]
    if not tables:
        return []
    pictures: list[str | Table | Chart | Pair] = []
    if shown:
        pictures.append(
            f"The pairs of two different people that {_name(systems[0], systems)} found most alike, cut out where it "
            "said that a face is. Faces are blurred unless whoever made this page asked for them to be shown; whoever "
            "has the same picture can tell it is this."
        )
    return [Section("The strangers who are most alike", [*pictures, *shown, *tables], folded=True)]


def _same(systems: Sequence[System]) -> Section:
    rows = [
        [one.letter, one_set["role"], number(one_set["pictures"]), number(one_set["people"]),
         number(one_set["templates"]), one_set["fingerprint"]]
        for one in systems
        for one_set in one.sets
    ]  # fmt: skip
    columns = ("", "Set", "pictures", "people", "with a face", "fingerprint")
    said = [_sameness(systems)] if len(systems) > 1 else []
    return Section("The pictures", [*said, Table(columns, rows, left=2, caption="Which pictures")], folded=True)


def _sameness(systems: Sequence[System]) -> str:
    """Say whether two systems were asked about the same pictures: what is not the same cannot be compared."""
    first, second = ({one["role"]: one["fingerprint"] for one in system.sets} for system in systems[:2])
    roles = sorted(first.keys() & second.keys())
    differ = [role for role in roles if first[role] != second[role]]
    if not roles:
        return "They were asked about different things, so their figures cannot be compared."
    if differ:
        return f"Take care: they were not asked about the same pictures (the {several(differ)} differ)."
    return f"Both were asked about the same pictures (the {several(roles)} have one fingerprint)."
