"""Two opinions of one thing, as one judgement."""

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
    odds = (_log_odds(one.probability) + _log_odds(other.probability)) / 2
    return Judgement.of(1 / (1 + math.exp(-odds)))


def _log_odds(probability: float) -> float:
    within = min(1 - NARROWEST, max(NARROWEST, probability))
    return math.log(within / (1 - within))
