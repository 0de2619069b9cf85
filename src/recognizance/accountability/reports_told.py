"""Reports and disclosures in words, for people who do not read JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recognizance.accountability.papers import Paper, Section, Table
from recognizance.accountability.reports import ERASED, FOUND, OTHERS, RARE, STATED

LEAD_ONLY = (
    "No search in this record identifies anybody. A search gives candidates: enrolled faces that are like the picture. "
    "Where reviewers confirm one, that is a lead, a reason to look further, and never by itself proof, a ground to "
    "arrest, or an identification."
)
SIMILARITY = (
    "A similarity says how seldom two pictures of two different people are as alike as these two, measured on other "
    "people's pictures. It is no probability that the two are one person: how many strangers come up depends on how "
    "many faces are searched, which is why the strangers to be expected stand beside each search."
)
LIMITS = (
    "Poor light, low resolution, an angle, age, make-up, a covered face and editing of the picture make wrong "
    "candidates more likely, and so does kinship. Error rates of face recognition differ between groups of people, by "
    "sex, age and origin. That nobody was found does not mean that the person is not enrolled, nor that it was another."
)
PROOF = (
    "Each entry can be proved to stand in the record: `recognizance ledger prove N` writes entry N with a proof that "
    "`recognizance ledger verify` checks without this server, and the leaf hash tells that it is the same entry. What "
    "a record cannot prove is that nothing was done outside it, with another program or a copy of this one."
)
COLUMNS: Mapping[str, str] = {
    "Found": "found",
    "FoundNoOne": "found no one",
    "Held": "held for review",
    "Refused": "refused",
    "Failed": "failed",
    "NothingSearched": "nobody to search for",
    "Answered": "answered",
    "Calls": "calls",
    "Searches": "searches",
}
REVIEWS: Mapping[str, str] = {
    "Opened": "reviews opened",
    "NotPossible": "not possible: there was no picture",
    "Verdicts": "verdicts given",
    "LeadConfirmed": 'closed with "lead confirmed"',
    "NoMatch": 'closed with "no match"',
    "Expired": "expired: nobody decided in time",
    "Sealed": "sealed: the authorisation was refused or lapsed",
    "ClosedFromBefore": "of those closed, opened more than 31 days before the period",
    "CandidatesConfirmed": "candidates confirmed",
    "CandidatesRejected": "candidates rejected",
    "OverturnShare": "share of candidates rejected",
    "Agreed": "closed in which all called the same faces the same",
    "NotAgreed": "closed in which they did not",
    "AgreementShare": "share in which they did",
    "FalseInLineUps": "verdicts that called somebody the same who could not be",
    "SeededOpenedByHand": "seeded controls opened by hand",
    "SeededClosed": "seeded controls closed",
    "SeededVerdicts": "verdicts in seeded controls",
    "SeededFalse": "of them, those that called somebody the same",
}
FACES: Mapping[str, str] = {
    "Enrolled": "enrolled",
    "Restored": "restored from an export",
    "Deleted": "deleted",
    "DeletedWithCollections": "deleted with their collection",
    "Expired": "erased because their term was over",
    "Withdrawn": "erased because their consent was withdrawn",
}
LEAVES: Mapping[str, str] = {
    "Opened": "asked for",
    "Granted": "granted",
    "Refused": "refused",
    "Lapsed": "lapsed: nobody decided within 48 hours",
    "DecidedFromBefore": "of those decided, asked for more than 31 days before the period",
}
KEYS: Mapping[str, str] = {
    "Made": "keys made",
    "Rotated": "keys rotated",
    "Changed": "keys changed",
    "Revoked": "keys revoked",
    "Sessions": "sessions made",
}
COUNTED: Mapping[str, str] = {
    "Uses": "uses",
    "Searches": "of them, searches for a person",
    "Found": "of these, gave candidates to whoever searched",
    "FoundNoOne": "found no one, or no one whom reviewers confirmed",
    "Held": "were held for review",
    "Refused": "were refused: the policy, a stop or a session's limits did not let them in",
    "Failed": "failed otherwise: they did not fit, were turned away or went wrong",
    "NothingSearched": "were answered without anybody to search for",
    "Repeated": "asked again with a picture or face searched with before",
}
ONE_COLUMN = (
    "Each call is counted in one column. Refused are those that the policy, a stop or a session's limits did not let "
    "in: nothing was looked up. Failed are all others that came to nothing: what did not fit, what an operation turned "
    "away by itself, and what went wrong."
)
ONE_OF_SEARCHES = (
    "Each search is counted in one column. Found no one are also those of which reviewers confirmed no one; refused "
    "and failed are told apart as among all calls."
)
DELETION = (
    "A face that is deleted is erased in the transaction of the call that asks for it, so a deletion that is answered "
    "is done. How long after the end of its term a face is erased is not in the record, since terms are not."
)
MEASURES: Mapping[str, str] = {
    "Candidates": "candidates of a search",
    "GallerySize": "faces in the collection searched",
    "MinutesToDecide": "minutes from the asking to the decision",
}


# The report


def report(told: Mapping[str, Any]) -> Paper:
    """Return a report in words, the whole or the public one."""
    record, public = told["Record"], told["Public"]
    days = f"from {told['From']} to {told['To']} (UTC)"
    lead = [
        f"What was asked of this server {days}, counted from its record and nothing else. Whoever has an export of the "
        "record computes the same report again: `recognizance report --ledger FILE`.",
        _extent(record),
        LEAD_ONLY,
    ]
    if not record["PeriodEnded"]:
        lead.append("The period had not ended, as far as the record goes: more may come into it.")
    if public:
        lead.append(
            'Counts from 1 to 4 are shown as "<5". Others are withheld where a sum would give such a count away, and '
            "for the same reason no totals are given. Purposes stated for fewer than five searches are put together."
        )
    sections = _public_sections(told) if public else _sections(told)
    title = f"{'Public transparency report' if public else 'Transparency report'}, {told['From']} to {told['To']}"
    return Paper(title, lead, list(sections))


def _extent(record: Mapping[str, Any]) -> str:
    origin = f"the record {record['Origin']}"
    if not record["Entries"]:
        before = _n(record["EntriesBefore"])
        return f"Of {origin}, no entry is of this period. It had {before} before; their root is {record['Root']}."
    first, last = record["EntriesBefore"] + 1, record["LastEntry"]
    return (
        f"Of {origin}: entries {_n(first)} to {_n(last)}, of {_when(record['FirstAt'])} to {_when(record['LastAt'])}. "
        f"The root of the record before them is {record['RootBefore']}, with them {record['Root']}."
    )


def _sections(told: Mapping[str, Any]) -> Iterator[Section]:
    searches, reviews, leaves = told["Searches"], told["Reviews"], told["Authorisations"]
    yield Section("Searches for people", [*_searches(searches)])
    yield Section(
        "Reviews",
        [
            _facts(reviews, REVIEWS),
            *_spreads(reviews, ("MinutesToDecide",)),
            "Controls are reviews in which nobody can be the person sought; they measure how careful reviewers are.",
        ],
    )
    yield Section(
        "All calls",
        [
            Table(
                ("operation", "act", *(COLUMNS[name] for name in ("Answered", "Held", "Refused", "Failed"))),
                [
                    (
                        one["Operation"],
                        one["Act"],
                        *(_n(one[name]) for name in ("Answered", "Held", "Refused", "Failed")),
                    )
                    for one in told["Calls"]
                ],
                2,
            ),
            ONE_COLUMN,
            _listed(told["Failures"], "Code", ("Calls",), "failed with", "Nothing failed."),
        ],
    )
    yield Section(
        "Refused: not let in",
        [_listed(told["Refusals"], "Rule", ("Calls", "Searches"), "rule", "Nothing was refused.")],
    )
    yield Section("Faces", [_facts(told["Faces"], FACES), DELETION])
    yield Section("Authorisations", [_facts(leaves, LEAVES), *_spreads(leaves, ("MinutesToDecide",))])
    yield from _governance(told)
    if told["StatementsErased"]:
        yield Section(
            "Erased", [f"What was stated beside {_n(told['StatementsErased'])} of these entries has been erased since."]
        )


def _public_sections(told: Mapping[str, Any]) -> Iterator[Section]:
    searches, reviews, leaves = told["Searches"], told["Reviews"], told["Authorisations"]
    shown = tuple(name for name in FOUND if name != "Refused")
    parts: list[str | Table] = [_purposes(searches["ByPurpose"], shown)]
    parts += [
        f"{text}: {_value(searches[name], name)}."
        for name, text in (
            ("FoundNoOneShare", "Share of searches that found no one"),
            ("RaisedByFloorShare", "Share, to a tenth, in which the policy raised the threshold"),
            ("CandidatesMedian", "Candidates of a search, median"),
            ("GallerySizeMedian", "Faces in the collection searched, median"),
            ("ExpectedStrangers", "Strangers to be expected among all candidates, by the thresholds applied"),
        )
        if searches[name] is not None
    ]
    yield Section("Searches for people", parts)
    rows = {**reviews, **{name: reviews[name] for name in ("AgreementShare", "OverturnShare")}}
    yield Section(
        "Reviews",
        [
            _facts(rows, {name: text for name, text in REVIEWS.items() if name in rows}),
            *_minutes(reviews["MinutesToDecideMedian"]),
        ],
    )
    yield Section(
        "Other calls, by what they do to people",
        [_listed(told["Calls"], "Act", ("Answered", "Failed"), "act", "There were none."), ONE_COLUMN],
    )
    yield Section(
        "Refused: not let in", [_listed(told["Refusals"], "Rule", ("Calls",), "rule", "Nothing was refused.")]
    )
    yield Section("Faces", [_facts(told["Faces"], FACES), DELETION])
    yield Section(
        "Authorisations",
        [
            _facts(leaves, {name: text for name, text in LEAVES.items() if name in leaves}),
            *_minutes(leaves["MinutesToDecideMedian"]),
        ],
    )
    yield from _governance(told)


def _governance(told: Mapping[str, Any]) -> Iterator[Section]:
    stops = {"Made": "suspensions made", "Ended": "suspensions ended"}
    yield Section("Keys and stops", [_facts(told["Keys"], KEYS), _facts(told["Suspensions"], stops)])
    audits = {
        "Recorded": "audits recorded",
        "FindingsOpened": "findings opened",
        "FindingsClosed": "findings closed",
        "ClosedLate": "of these later than 90 days",
        "Open": "findings open when the record last said so",
        "Overdue": "of these overdue",
    }
    known = {name: text for name, text in audits.items() if told["Audits"][name] is not None}
    yield Section("Audits", [_facts(told["Audits"], known)])
    spans = ("FirstEntry", "LastEntry")
    yield Section(
        "Policies and models",
        [
            Table(
                ("policy and digest", "first entry", "last entry"),
                [(one["Policy"] or "(none)", *(_n(one[name]) for name in spans)) for one in told["Policies"]],
            ),
            Table(
                ("model", "SHA-256", "first entry", "last entry"),
                [(one["Part"], one["Sha256"], *(_n(one[name]) for name in spans)) for one in told["Models"]],
                2,
            ),
        ],
    )


def _searches(searches: Mapping[str, Any]) -> Iterator[str | Table]:
    yield f"Searches in all: {_n(searches['Total'])}. Matches given out: {_n(searches['Released'])}."
    yield _purposes(searches["ByPurpose"], FOUND)
    yield ONE_OF_SEARCHES
    if searches["FoundNoOneShare"] is not None:
        yield f"{_value(searches['FoundNoOneShare'], 'Share')} of those that were made found no one."
    yield (
        f"Searched were {_n(searches['Comparisons'])} pairs of faces. At the thresholds applied, "
        f"{searches['ExpectedStrangers']:g} strangers are to be expected among all candidates."
    )
    yield from _spreads(searches, ("Candidates", "GallerySize"))
    raised, not_raised = searches["RaisedByFloor"], searches["NotRaised"]
    yield f"The policy raised the threshold that was asked for in {_n(raised)} of {_n(raised + not_raised)} searches."
    for name, text in (("ThresholdsAsked", "threshold asked"), ("ThresholdsApplied", "threshold applied")):
        if searches[name]:
            rows = [(f"{one['Threshold']:g}", _n(one["Searches"])) for one in searches[name]]
            yield Table((text, "searches"), rows, 0)
    verdicts = {
        "Allow": "let in",
        "Hold": "let in, and what is found is reviewed first",
        "Deny": "refused",
        "NotAsked": "failed before the policy was asked",
    }
    yield _facts(searches["ByVerdict"], verdicts)
    leaves = {name: f"under an authorisation that was {name.lower()}" for name in searches["ByAuthorisation"]}
    leaves["Unknown"] = "under one asked for more than 31 days before the period, or unknown"
    if any(searches["ByAuthorisation"].values()):
        yield _facts(searches["ByAuthorisation"], leaves)
    yield _listed(searches["ByKey"], "Key", ("Searches",), "access key", "Nobody searched.")


def _purposes(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str | Table:
    if not rows:
        return "Nobody searched."
    return Table(
        ("purpose", *(COLUMNS[name] for name in columns)),
        [(_purpose(one), *(_value(one[name], name) for name in columns)) for one in rows],
    )


def _purpose(row: Mapping[str, Any]) -> str:
    kinds = {ERASED: "(erased)", OTHERS: "(further purposes)", RARE: "(purposes stated for fewer than five searches)"}
    return str(row["Purpose"]) if row["Stated"] == STATED else kinds.get(row["Stated"], "(not stated)")


# The disclosure


def disclosure(told: Mapping[str, Any]) -> Paper:
    """Return the disclosure of a case in words."""
    counts, record = told["Counts"], told["Record"]
    lead = [
        f"Every use of this server that was stated to be for the case {told['Case']}, from the record "
        f"{record['Origin']} as it stood with {_n(record['Entries'])} entries.",
        LEAD_ONLY,
    ]
    if told["Next"] is not None:
        lead.append(f"These are the first {_n(len(told['Uses']))}; further ones come past entry {_n(told['Next'])}.")
    for one in told["Erasures"]:
        lead.append(
            f"On {_when(one['At'])} what was stated beside {one['Statements']} entries of this case was erased "
            f"(entry {_n(one['Entry'])}): uses among these are not listed here."
        )
    if told["StatementsErased"]:
        lead.append(
            f"What was stated beside {_n(told['StatementsErased'])} entries of the record has been erased: whether "
            "they were of this case cannot be told."
        )
    if told["CaseDigest"] is None:
        lead.append("Computed without the keyed digest of the case, so it is not told when uses of it were erased.")
    sections = [
        Section("In all", [_facts(counts, COUNTED)]),
        *(Section(_heading(one), [*_use(one)]) for one in told["Uses"]),
    ]
    if told["Authorisations"]:
        rows = [
            (one["Id"], _when(one["OpenedAt"]), one["Decision"] or "-", _when(one["DecidedAt"]), one["State"] or "-")
            for one in told["Authorisations"]
        ]
        columns = ("authorisation", "asked for (UTC)", "decision", "decided (UTC)", "now")
        sections.append(Section("Authorisations of this case", [Table(columns, rows, len(columns))]))
    sections.append(Section("What a similarity is, and what it is not", [SIMILARITY, LIMITS]))
    sections.append(Section("How to check this", [PROOF]))
    return Paper(f"Disclosure of the case {told['Case']}", lead, sections)


def _heading(use: Mapping[str, Any]) -> str:
    return f"Entry {_n(use['Entry'])}: {use['Operation']}, {_when(use['At'])} UTC"


def _use(use: Mapping[str, Any]) -> Iterator[str | Table]:
    yield _sentence(use)
    rows = [
        ("purpose", use["Purpose"] or "(not stated)"),
        ("access key", use["Key"]),
        ("policy and rule", f"{use['Policy'] or '(none)'}, {use['Rule']}"),
    ]
    if use["Authorisation"]:
        rows.append(("authorisation", f"{use['Authorisation']['Id']}, then {use['Authorisation']['StateThen']}"))
    elif use["Act"] == "identify":
        rows.append(("authorisation", "(none stated)"))
    if use["Consent"]:
        rows.append(("consent", use["Consent"]))
    probe = use["Probe"]
    if probe:
        edits = ", ".join(probe["Edits"]) or "none declared"
        rows.append(
            ("picture, as declared", f"{probe['Kind']}; source: {probe['Source'] or 'not said'}; edits: {edits}")
        )
    elif use["Act"] == "identify":
        rows.append(("picture, as declared", "(nothing declared)"))
    search = use["Search"]
    if search:
        rows += [
            ("threshold asked, applied", f"{_value(search['ThresholdAsked'])}, {_value(search['Threshold'])}"),
            ("faces in the collection", _value(search["GallerySize"])),
            ("root of the collection", _value(search["Root"])),
            ("candidates found", _value(search["Candidates"])),
            ("strangers to be expected", _value(search["ExpectedStrangers"])),
            ("models", ", ".join(search[name] for name in ("Embedder", "Detector") if search[name]) or "-"),
        ]
        if search["SameProbeAsEntry"] is not None:
            rows.append(
                ("searched before", f"with the same picture or face, in entry {_n(search['SameProbeAsEntry'])}")
            )
    rows.append(("leaf hash", use["LeafHash"]))
    yield Table(("", ""), rows, 2)


def _sentence(use: Mapping[str, Any]) -> str:
    """Return in one sentence what became of a use."""
    search, outcome = use["Search"], use["Outcome"]
    if outcome == "refused":
        return f"It was refused by the rule {use['Rule']}; nothing was looked up."
    if outcome not in ("answered", "held"):
        return f"It failed with {outcome}; nothing was given out."
    if use["Act"] != "identify":
        return "It was answered. It searched for nobody."
    if not search or search["Candidates"] is None:
        return "It was answered, without anybody to search for."
    if not search["Candidates"]:
        return "It found no one."
    found = f"It found {_n(search['Candidates'])} candidate{'s' if search['Candidates'] != 1 else ''}"
    review = _review(use["Review"])
    if outcome == "held":
        return f"{found}. Nothing was given to whoever searched: it was held for review. {review}".strip()
    given = f"{found}; {_n(search['Released'] or 'none')} went to whoever searched"
    by = use["ReleasedByReviews"]
    reviewed = f", as leads confirmed in review {', '.join(by)}" if by else ", without a review by this server"
    return f"{given}{reviewed if search['Released'] else ''}. {review}".strip()


def _review(review: Mapping[str, Any] | None) -> str:
    if review is None:
        return ""
    if review["Outcome"] is None:
        return f"Review {review['Id']}: no decision is on record."
    return (
        f"Review {review['Id']}: {review['Outcome']}, on {_when(review['At'])} UTC (entry {_n(review['Entry'])}), "
        f"by {_value(review['Reviewers'])} reviewers; {_value(review['Confirmed'])} confirmed, "
        f"{_value(review['Rejected'])} rejected."
    )


# Words and numbers


def _facts(values: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    rows = [(text, _value(values[name], name)) for name, text in names.items() if values.get(name) is not None]
    return Table(("", "number"), rows)


def _listed(
    rows: Sequence[Mapping[str, Any]], name: str, columns: Sequence[str], heading: str, none: str
) -> str | Table:
    if not rows:
        return none
    return Table(
        (heading, *(COLUMNS[one] for one in columns)),
        [(row[name], *(_value(row[one], one) for one in columns)) for row in rows],
    )


def _spreads(values: Mapping[str, Any], names: Sequence[str]) -> Iterator[Table]:
    rows = [(MEASURES[name], values[name]) for name in names if values[name] is not None]
    if rows:
        yield Table(
            ("", "least", "median", "most"),
            [(text, _n(one["Least"]), _n(one["Median"]), _n(one["Most"])) for text, one in rows],
        )


def _minutes(median: int | None) -> list[str]:
    return [] if median is None else [f"Minutes to the decision, median: {_n(median)}."]


def _value(value: Any, name: str = "") -> str:
    if value is None:
        return "-"
    if name.endswith("Share"):
        return f"{100 * value:g} %"
    return _n(value) if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _n(number: int | str) -> str:
    return number if isinstance(number, str) else f"{number:,}"


def _when(at: str | None) -> str:
    return "-" if at is None else at[:16].replace("T", " ")
