"""What an endpoint that was asked comes to: the protocols' own figures, from hits and similarities without vectors.

An endpoint gives no vectors. What can be known of it is which faces of a gallery each probe was said to be like from a
threshold on, and how alike: so the protocols get its hits, and everything they say is of those.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recognizance.evaluation import audit
from recognizance.evaluation.protocols.answers import Explained, Found
from recognizance.evaluation.protocols.pairs import (
    SIMILARITIES,
    Scored,
    accuracy_figures,
    at_rates,
    false_matches,
    misses,
    rates_figures,
)
from recognizance.evaluation.protocols.replay import Hits, Replay
from recognizance.evaluation.protocols.verification import REJECTED
from recognizance.evaluation.sets.subjects import Problem, Subject
from recognizance.evaluation.sets.templates import Templates
from recognizance.evaluation.statistics.expected import Expected, at_rate
from recognizance.evaluation.statistics.rates import Rate
from recognizance.values import Percent


@dataclass(frozen=True, slots=True)
class Told:
    """What an endpoint says of itself and of how it was asked.

    `version` is the face model's, "" where it is not said; `curve` the one it publishes, None where it has none, as
    only ours do; `asked_from` the
    similarity from which strangers were asked for, None where nobody was searched for; `raised` the lowest that its
    policy lets out, where that is higher than was asked for, and `dropped` the settings below it. `held` counts
    searches whose matches were held back for reviewers, `enrolled` and `counted` the faces that were enrolled and that
    it counts.
    """

    address: str
    region: str
    amazon: bool
    curve: Mapping[str, str] | None
    version: str = ""
    asked_from: Percent | None = None
    raised: Percent | None = None
    dropped: tuple[Percent, ...] = ()
    held: int = 0
    searches: int = 0
    enrolled: int = 0
    counted: int = 0


def beside(text: str) -> dict[str, Any]:
    """Return what a page needs of another report, of `audit live` or `audit replay`.

    Raises `ValueError` with the end of a sentence where the text is none.
    """
    try:
        document = json.loads(text)
        protocol, result = document["protocol"], document["result"]
        made = {"models": document["made"]["models"], "sets": document["made"]["sets"]}
    except (ValueError, RecursionError, LookupError, TypeError):
        raise ValueError("should be a report that --json wrote") from None
    if protocol == "live":
        parts = {name: result.get(name) for name in ("endpoint", "replay", "verification")}
    elif protocol in ("replay", "verification"):
        parts = {"endpoint": None, "replay": None, "verification": None} | {protocol: result}
    else:
        raise ValueError(f"should be a report of audit live, replay or verification, and it is one of {protocol}")
    return {"made": made, **parts}


def templates(
    subjects: Sequence[Subject], digests: Sequence[str], faces: Sequence[int], problems: Sequence[Problem], source: str
) -> Templates:
    """Return a set as the protocols take it, without vectors: of each picture how many faces the endpoint found."""
    return Templates(
        tuple(subjects),
        np.zeros((len(subjects), 0), np.float32),
        np.array(faces, dtype=np.int64),
        tuple(digests),
        tuple(problems),
        source,
    )


def hits(searches: Mapping[int, Found], probes: int, floor: Percent) -> Hits:
    """Return all matches of so many probes, whose searches are given by the probe's place."""
    rows = [(at, number, percent) for at in sorted(searches) for number, percent in searches[at].matches]
    kept = [row for row in rows if row[2] >= floor]
    cut = np.zeros(probes, np.bool_)
    cut[[at for at, one in searches.items() if one.full]] = True
    return Hits(
        np.array([row[0] for row in kept], np.int64),
        np.array([row[1] for row in kept], np.int64),
        np.array([row[2] for row in kept], np.float64),
        floor,
        cut=cut if cut.any() else None,
    )


def foreseen(found: Replay, explained: Mapping[Percent, Explained]) -> Replay:
    """Return a replay with what the endpoint itself lets one expect at each setting of which it says anything."""
    searched = found.probes["found"]
    gallery = found.comparisons / searched if searched else 0.0
    return replace(
        found,
        settings=tuple(
            replace(one, expected=_expected(explained[one.similarity], searched, gallery))
            if one.similarity in explained
            else one
            for one in found.settings
        ),
    )


def _expected(one: Explained, probes: int, gallery: float) -> Expected:
    return at_rate(one.rate, one.low, one.high, one.extrapolated, probes=probes, gallery=gallery)


def scored(pairs: Scored, similarities: Sequence[float | None]) -> Scored:
    """Return pairs with what an endpoint said of each, in order; None, where it could not compare, is a rejection.

    A similarity of 0 to 100 becomes a score of -1 to 1: see `score`.
    """
    scores = [REJECTED if one is None else score(one) for one in similarities]
    return replace(pairs, scores=np.array(scores, np.float64))


def score(similarity: Percent) -> float:
    """Return a similarity as the protocols of pairs take it, where cosines stand else: from -1 to 1.

    >>> score(0), score(50), score(100)
    (-1.0, 0.0, 1.0)
    """
    return similarity / 50 - 1


def verification(
    pairs: Scored, compared: Sequence[float | None], source: str, expected: Mapping[Percent, Explained]
) -> dict[str, Any]:
    """Return what an endpoint's comparisons of pairs come to, as a document has it; `pairs` has their scores."""
    failed = sum(one is None for one in compared)
    return {
        "pairs": {
            "list": source,
            "mated": int(pairs.same.sum()),
            "nonmated": int((~pairs.same).sum()),
            "people": len(np.unique(np.concatenate([pairs.first, pairs.second]))),
            "pictures": len(np.unique(np.concatenate([pairs.one, pairs.other]))),
            "not_compared": audit.rate(Rate(failed, len(compared))),
        },
        "accuracy": accuracy_figures(pairs, _named),
        "at_similarity": [
            {
                "similarity": one,
                "false_matches": audit.rate(false_matches(pairs, score(one))),
                "misses": audit.rate(misses(pairs, score(one))),
                "expected": expected[one].rate if one in expected else None,
            }
            for one in SIMILARITIES
        ],
        "at_rates": rates_figures(at_rates(pairs), _named),
    }


def _named(score_: float) -> Mapping[str, float]:
    return {"similarity": _percent(score_)}


def _percent(score_: float) -> Percent:
    return min(100.0, max(0.0, 50 * (score_ + 1)))


def figures(told: Told) -> dict[str, Any]:
    """Return what is known of an endpoint as a document has it (docs/audit/live.schema.json)."""
    return {
        "address": told.address,
        "region": told.region,
        "amazon": told.amazon,
        "curve": None if told.curve is None else dict(told.curve),
        "face_model_version": told.version,
        "asked_from": told.asked_from,
        "raised": told.raised,
        "dropped": list(told.dropped),
        "searches": told.searches,
        "held": told.held,
        "enrolled": told.enrolled,
        "counted": told.counted,
        "notes": notes(told),
        "not_told": not_told(told),
    }


def notes(told: Told) -> list[str]:
    """Return what whoever reads the figures has to know of the endpoint, in sentences."""
    said: list[str] = []
    if told.held:
        said.append(
            f"Of {told.searches:,} searches, {told.held:,} were held: this endpoint's policy has people look at "
            "candidates before anybody is told of them, so they were not given out and count as no match here. What it "
            "would have matched is not known."
        )
    if told.raised is not None:
        said.append(
            f"This endpoint's policy lets no match below {told.raised:g} out, whatever is asked for; "
            + (f"the settings {', '.join(f'{one:g}' for one in told.dropped)} could not be counted." if told.dropped
               else "strangers below it are not seen.")
        )  # fmt: skip
    if told.counted < told.enrolled:
        said.append(
            f"Of {told.enrolled:,} faces that were enrolled the endpoint counted {told.counted:,} when searched."
        )
    return said


def not_told(told: Told) -> list[str]:
    """Return what an endpoint does not tell, so that it is missing here, in sentences."""
    said = ["An endpoint gives no vectors, so there are no cosines here."]
    if told.asked_from is not None:
        said += [
            "Pictures that are all but the same are not found by likeness; one file on both sides is, by its bytes.",
            "It does not say how many faces a probe's picture shows: the largest is searched with.",
            f"Matches below {told.asked_from:g} were not asked for.",
        ]
    if told.curve is None:
        said.append(
            "It publishes no curve that says how often two strangers reach a setting, so nothing could be predicted."
        )
    if not told.version:
        said.append("It does not say which face model it uses.")
    return said
