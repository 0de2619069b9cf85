"""The scale's anchors, what it refuses, and what it says in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recognizance.errors import ModelUnusable
from recognizance.values import Card, Curve, ModelName
from recognizance.vision.similarity import ANCHORS, Similarity, scale_of

CURVE = Curve(
    cosines=(-1.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0),
    log10_rates=(0.0, -0.3, -1.0, -2.0, -3.0, -4.5, -6.0, -7.0, -11.0),
    log10_low=(-0.1, -0.4, -1.1, -2.1, -3.1, -4.7, -6.4, -7.8, -14.0),
    log10_high=(0.0, -0.2, -0.9, -1.9, -2.9, -4.3, -5.7, -6.4, -9.0),
    measured_to=-6.0,
    people=100,
    comparisons=4950,
    fitted_on="made-up numbers",
    fitted_at="2026-01-01",
    command="none",
)
CARD = Card(
    name=ModelName("tiny"),
    version="1.0",
    task="embed",
    adapter="arcface",
    title="A tiny model",
    origin="here",
    licence="Apache-2.0",
    commercial_use=True,
    sha256="0" * 64,
    preparation="none",
    tried="nothing",
)


@pytest.fixture
def scale():
    return Similarity(CURVE)


@pytest.mark.parametrize(("log10_rate", "percent"), ANCHORS)
def test_each_anchor_is_met_exactly(scale, log10_rate, percent):
    assert scale.rate(percent) == pytest.approx(10**log10_rate, rel=1e-12)
    assert scale.at(scale.cosine(percent)) == pytest.approx(percent, abs=1e-9)


@pytest.mark.parametrize(
    ("cosine", "percent"),
    [(-1.0, 0.0), (0.1, 20.0), (0.2, 40.0), (0.3, 50.0), (0.35, 57.5), (0.5, 80.0), (0.6, 90.0), (1.0, 100.0)],
)
def test_a_cosine_has_the_percentage_of_its_rate(scale, cosine, percent):
    assert scale.at(cosine) == pytest.approx(percent, abs=1e-9)


def test_a_cosine_that_rounding_took_past_its_end_counts_as_the_end(scale):
    assert scale.at(1.0000001) == 100.0
    assert scale.at(-1.0000001) == 0.0


def test_many_cosines_at_once_give_what_each_gives_alone(scale):
    cosines = np.linspace(-1, 1, 24, dtype=np.float32).reshape(4, 6)
    assert scale.of(cosines).tolist() == [[scale.at(float(one)) for one in row] for row in cosines]


def test_a_vector_without_direction_is_refused(scale):
    with pytest.raises(ValueError, match="not a number"):
        scale.at(float("nan"))


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan")])
def test_a_percentage_outside_0_to_100_is_refused(scale, percent):
    with pytest.raises(ValueError, match="between 0 and 100"):
        scale.cosine(percent)


def test_the_interval_holds_the_rate(scale):
    for percent in range(101):
        low, high = scale.interval(percent)
        assert low <= scale.rate(percent) <= high


def test_rates_below_the_smallest_seen_are_called_extrapolated(scale):
    assert not scale.extrapolated(80)
    assert scale.extrapolated(80.1)


@pytest.mark.parametrize(
    ("percent", "sentence"),
    [
        (0, "most pairs of strangers score this high"),
        (50, "about one in 1,000 pairs of strangers scores this high"),
        (78, "about one in 630,000 pairs of strangers scores this high"),
        (80, "about one in 1,000,000 pairs of strangers scores this high"),
        (
            90,
            "about one in 10,000,000 pairs of strangers scores this high (extrapolated, because too few such pairs "
            "have been seen: between one in 3,000,000 and one in 60,000,000)",
        ),
        (
            99.5,
            "fewer than one in a billion pairs of strangers score this high, which is beyond what can be measured",
        ),
        (
            100,
            "fewer than one in a billion pairs of strangers score this high, which is beyond what can be measured",
        ),
    ],
)
def test_a_percentage_is_said_in_words(scale, percent, sentence):
    assert scale.sentence(percent) == sentence


def test_a_model_without_a_curve_cannot_compare():
    with pytest.raises(ModelUnusable, match="tiny has no curve"):
        scale_of(CARD)


def test_a_model_with_a_curve_can():
    assert scale_of(replace(CARD, curve=CURVE)).at(0.5) == pytest.approx(80)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cosines": (*CURVE.cosines[:-1], 0.9)}, "to cosine 1"),
        ({"cosines": (-0.9, *CURVE.cosines[1:])}, "from cosine -1"),
        ({"log10_rates": (-0.1, *CURVE.log10_rates[1:])}, "where the rate is 1"),
        ({"log10_rates": (*CURVE.log10_rates[:-1], -9.0)}, "below 1e-9"),
    ],
)
def test_a_curve_that_does_not_reach_both_ends_is_refused(change, words):
    with pytest.raises(ModelUnusable, match=words):
        Similarity(replace(CURVE, **change))
