"""Judgements joined, and made fainter: two opinions of one thing, and an opinion of what shows only in part."""

from __future__ import annotations

import math
from typing import Final

from recognizance.values import Judgement

NARROWEST: Final = 1e-6
"""A probability closer to 0 or 1 than this counts as this close."""


def together(one: Judgement, other: Judgement) -> Judgement:
    """Return what two judges say together: the mean of their log odds.

    So the surer one decides, and one who cannot tell leaves half of what the other says.
    """
    return _of((_log_odds(one.probability) + _log_odds(other.probability)) / 2)


def fainter(said: Judgement, share: float) -> Judgement:
    """Return a judgement of what shows only by this share: its log odds times that, from 0, which tells nothing, to 1.

    >>> fainter(Judgement(value=True, confidence=99.0), 0.0)
    Judgement(value=False, confidence=50.0)
    """
    return _of(_log_odds(said.probability) * share)


def _of(log_odds: float) -> Judgement:
    return Judgement.of(1 / (1 + math.exp(-log_odds)))


def _log_odds(probability: float) -> float:
    within = min(1 - NARROWEST, max(NARROWEST, probability))
    return math.log(within / (1 - within))
