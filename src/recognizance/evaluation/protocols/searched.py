"""An identification test as its document, and what of it somebody has to answer for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recognizance.evaluation import audit
from recognizance.evaluation.audit import Finding
from recognizance.evaluation.protocols.identification import Identification, Operating, Seen
from recognizance.evaluation.protocols.replayed import beyond
from recognizance.evaluation.statistics.expected import chance
from recognizance.evaluation.statistics.expected import figures as expectation
from recognizance.evaluation.statistics.rates import Rate
from recognizance.vision.similarity import Similarity

GALLERIES = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
"""Sizes of gallery for which FPIR is predicted, whatever was tried."""


def figures(found: Identification, *, curve: Mapping[str, Any], similarity: Similarity) -> dict[str, Any]:
    """Return the test as its document has it (docs/audit/identification.schema.json)."""
    return {
        "probes": dict(found.probes),
        "gallery": dict(found.gallery),
        "failure_to_enrol": {"probes": audit.rate(_lost(found.probes)), "gallery": audit.rate(_lost(found.gallery))},
        "curve": dict(curve),
        "investigation": {
            "misses": [{"rank": rank, "misses": audit.rate(misses)} for rank, misses in found.misses],
            "cmc": [{"rank": rank, "hits": audit.rate(hits)} for rank, hits in found.cmc],
        },
        "identification": [
            {
                "asked": one.asked,
                "needed": one.needed,
                "withheld": one.point is None,
                "point": None if one.point is None else _point(one.point),
            }
            for one in found.targets
        ],
        "settings": [_point(one) for one in found.settings],
        "trade_off": [_point(one) for one in found.trade_off],
        "growth": [
            {"gallery": one.people, "first": audit.rate(one.first), "settings": [_seen(seen) for seen in one.settings]}
            for one in found.growth
        ],
        "too_large": list(found.too_large),
        "predicted": [
            {"similarity": one.similarity, "points": _predicted_rates(similarity, one.similarity)}
            for one in found.settings
        ],
    }


def findings(found: Identification) -> tuple[Finding, ...]:
    """Return what somebody has to answer for: at the largest gallery, more false positives than the curve allows."""
    if not found.growth:
        return ()
    largest = found.growth[-1]
    return tuple(
        Finding(
            "false matches above the curve",
            "",
            f"at the setting {one.similarity:g}, among {largest.people:,} people, of the searches for people who are "
            f"not there {audit.in_words(one.fpir)} gave somebody; the curve lets one expect "
            f"{one.expected.probes.mean:.3g}, and at most {one.expected.probes.high:,}{beyond(one.expected)}. Fit the "
            "curve on people like these, or set a higher threshold.",
        )
        for one in largest.settings
        if one.fpir.count > one.expected.probes.high
    )


def _lost(side: Mapping[str, int]) -> Rate:
    return Rate(side["pictures"] - side["found"], side["pictures"])


def _point(one: Operating) -> dict[str, Any]:
    return {
        "similarity": one.similarity,
        "cosine": min(1.0, one.cosine),
        "fpir": audit.rate(one.fpir),
        "fnir": audit.rate(one.fnir),
    }


def _seen(one: Seen) -> dict[str, Any]:
    return {
        "similarity": one.similarity,
        "fpir": audit.rate(one.fpir),
        "pairs": audit.rate(one.pairs),
        "expected": expectation(one.expected, agrees=one.agrees, within=one.within),
    }


def _predicted_rates(similarity: Similarity, percent: float) -> list[dict[str, Any]]:
    rate, (low, high) = similarity.rate(percent), similarity.interval(percent)
    return [
        {"gallery": size, "rate": chance(rate, size), "low": chance(low, size), "high": chance(high, size)}
        for size in GALLERIES
    ]
