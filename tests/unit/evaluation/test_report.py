"""The page says what the figures say, and marks what is no measurement."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from recognizance.evaluation import audit
from recognizance.evaluation.pages.report import QUALITY_CHART, page, quality_chart
from recognizance.evaluation.statistics.rates import Rate

ROOT = Path(__file__).parents[3]


def rate(count, of):
    return {"count": count, "of": of, "value": count / of, "low": 0.9 * count / of, "high": 1.1 * count / of}


POINTS = [
    {"asked": asked, "cosine": 0.4, "false_matches": rate(1, 1000), "true_accepts": rate(count, 200)}
    for asked, count in ((1e-3, 199), (1e-4, 198), (1e-5, 190))
]
VERIFICATION = {
    "at": "2026-01-02",
    "version": "1.2.3",
    "times": {"pictures": 77, "load": 0.3, "ms": {"default": [40.0, 41.5, 43.0]}},
    "variants": [
        {
            "variant": "default",
            "not_found": 3,
            "pictures": 1234,
            "view2": {"accuracy": 0.9912, "standard_error": 0.0021, "folds": [0.99] * 10, "pairs": 6000},
            "all_pairs": POINTS,
            "all_pairs_without_excluded": POINTS,
            "groups": [
                {
                    "percent": 60.0,
                    "groups": ["F", "M"],
                    "rate": 1e-4,
                    "low": 4e-5,
                    "high": 2e-4,
                    "matches": 7,
                    "comparisons": 70_000,
                },
                *(
                    {"overall": overall, "groups": [one, one], "rate": overall * times}
                    for overall in (1e-3, 1e-4, 1e-5)
                    for one, times in (("F", 3.0), ("M", 1.2))
                ),
            ],
        }
    ],
}
CALIBRATION = {
    "curve": {
        "cosines": [-1.0, 0.1, 0.3, 0.5, 1.0],
        "log10_rates": [0.0, -1.0, -4.0, -6.5, -12.0],
        "log10_low": [0.0, -1.1, -4.2, -7.0, -15.0],
        "log10_high": [0.0, -0.9, -3.8, -6.0, -12.0],
        "measured_to": -6.2,
        "people": 321,
        "comparisons": 51360,
        "fitted_on": "drawn faces",
        "fitted_at": "2026-01-01",
        "command": "recognizance audit calibrate --made-up",
    },
    "tail": {"shape": 0.0123, "share": 3e-4},
    "picture_pairs": 99_999,
    "excluded": {"people": 12, "sha256": "ab" * 32},
    "checks": [
        {"split": split, "percent": 80.0, "rate": 1e-6 * (1 + split), "low": 0.0, "high": 3e-6, "matches": 5,
         "people": 9, "comparisons": 4_000_000}
        for split in (0, 1)
        for _ in (0, 1)
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "0.9912 ± 0.0021",
        "| default | 41.5 | 40.0 to 43.0 |",
        "3 of 1,234",
        "0.9500 [0.8550, 1.0450]",
        "| 80 | 0.4600 | 1e-06 |",
        "measured |\n| 90 |",
        "321 people, 51,360 pairs of people",
        "drawn faces",
        "    recognizance audit calibrate --made-up",
        "at 80, mean 1.5e-06, from 1e-06 to 2e-06",
        "| 60 | women and men | 1.0e-04 |",
        "abababababababab",
        "| default | 2.5 | 2.5 | 2.5 |",
    ],
)
def test_the_page_says_what_the_figures_say(said):
    assert said in page(VERIFICATION, CALIBRATION, {})


def test_rates_beyond_what_was_seen_are_marked():
    rows = [
        row
        for row in page(VERIFICATION, CALIBRATION, {}).splitlines()
        if row.startswith(("| 70 |", "| 80 |", "| 90 |"))
    ]
    assert [row.split("|")[-2].strip() for row in rows[:3]] == ["measured", "measured", "extrapolated"]


def test_without_a_curve_there_is_no_table_by_group():
    variant = {**VERIFICATION["variants"][0], "groups": []}
    assert "## By group" not in page({**VERIFICATION, "variants": [variant]}, CALIBRATION, {})


def test_the_committed_page_is_made_from_the_committed_figures():
    results = ROOT / "benchmarks" / "results"
    names = ("verification", "calibration", "replay_peer", "quality_bars", "growth")
    verification, calibration, peer, bars, growth = (
        json.loads((results / f"{name}.json").read_text()) for name in names
    )
    audits = {path.stem: json.loads(path.read_text()) for path in (results / "audit").glob("*.json")}
    assert (ROOT / "docs" / "accuracy.md").read_text() == page(verification, calibration, audits, peer, growth, bars)
    assert (ROOT / "docs" / QUALITY_CHART).read_text() == quality_chart(bars)


def test_the_bars_that_ship_are_those_the_page_reports():
    from recognizance.vision.quality import BARS, USUAL

    said = json.loads((ROOT / "benchmarks" / "results" / "quality_bars.json").read_text())
    for name, limits in said["bars"].items():
        assert {limit: getattr(BARS[name], limit) for limit in limits} == limits
    assert [pytest.approx(one, abs=6e-4) for one in said["usual"]] == [list(one) for one in USUAL]


def missed(count, of=100):
    return [{"similarity": at, "missed": audit.rate(Rate(count + more, of))} for at, more in ((60.0, 0), (80.0, 5))]


def barred(bar, count):
    reason = {"reason": "LOW_SHARPNESS", "faces": 30, "alone": 7, "missed": missed(count + 20)}
    small = {"reason": "LOW_BRIGHTNESS", "faces": 2, "alone": 2,
             "missed": [{"similarity": at, "missed": None} for at in (60.0, 80.0)]}  # fmt: skip
    return {"bar": bar, "rejected": audit.rate(Rate(count, 100)), "passing": missed(40 - count // 2),
            "left_out": missed(count + 10), "reasons": [reason, small]}  # fmt: skip


CURVE = [{"discarded": at / 10, "missed": [audit.rate(Rate(40 - 3 * at, 100))] * 2} for at in range(10)]
FILTERED = {
    "command": "python -m benchmarks.quality_bars --made-up",
    "bars": {name: {"confidence": 85, "sure": 0.05} for name in ("LOW", "MEDIUM", "HIGH")},
    "as_they_are": {
        "people_with_pairs": 1601, "pairs": 9043, "all": missed(2),
        "turned": [
            {"angle": "yaw", "low": 0, "high": 10, "pairs": 77, "people": 55, "missed": missed(3)},
            {"angle": "pitch", "low": 0, "high": 10, "pairs": 78, "people": 56, "missed": missed(4)},
            {"angle": "yaw", "low": 60, "high": 90, "pairs": 4, "people": 3,
             "missed": [{"similarity": at, "missed": None} for at in (60.0, 80.0)]},
        ],
        "bars": [barred(name, count) for name, count in (("LOW", 1), ("MEDIUM", 2), ("HIGH", 3))],
    },
    "portraits": {"bars": [barred(name, 1) for name in ("LOW", "MEDIUM", "HIGH")]},
    "worse": {
        "made": 3202, "found": 2797, "all": missed(38),
        "bars": [barred(name, count) for name, count in (("LOW", 13), ("MEDIUM", 32), ("HIGH", 62))],
        "curve": CURVE, "curve_without_mesh": CURVE, "alone": [{"measure": "sure", "curve": CURVE}],
    },
}  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        "3,202 pictures of 1,601 people",
        "| HIGH | 1.0 % | 3.0 % | 62.0 % |",
        "| LOW | `LOW_SHARPNESS`: not sharp | 30 | 33.0 % (between",
        "| LOW | `LOW_BRIGHTNESS`: too dark | 2 | – |",
        "| HIGH | 85 | 0.05 |",
        "    python -m benchmarks.quality_bars --made-up",
        "| 60 to 90 | 4, 3 | – | – | – |",
    ],
)
def test_the_page_says_what_the_quality_filter_does(said):
    assert said in page(VERIFICATION, CALIBRATION, {}, bars=FILTERED)


def test_the_chart_of_the_filter_is_a_file_of_its_own():
    drawn = quality_chart(FILTERED)
    assert drawn.startswith("<svg xmlns=")
    assert "var(--" not in drawn
    assert ElementTree.fromstring(drawn) is not None
    for name in ("LOW", "MEDIUM", "HIGH"):
        assert f">{name}<" in drawn


def test_no_committed_audit_names_anybody():
    for path in (ROOT / "benchmarks" / "results").rglob("*.json"):
        assert re.findall(r"[A-Z][a-z]+_[A-Z][A-Za-z_.]+_?\d*", path.read_text()) == [], path.name


def test_the_curve_that_ships_is_the_one_the_page_reports():
    from recognizance.vision import cards

    said = json.loads((ROOT / "benchmarks" / "results" / "calibration.json").read_text())["curve"]
    curve = cards.load()["sface-2021dec"].curve
    assert list(curve.cosines) == said["cosines"]
    assert list(curve.log10_rates) == said["log10_rates"]
    assert list(curve.log10_high) == said["log10_high"]
