import numpy as np
import pytest

from recognizance.gallery.indexes import ladder
from recognizance.values import Vectors


def rows() -> Vectors:
    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((3000, 24)) * 10.0 ** rng.integers(-40, 38, (3000, 1))
    corners = [np.zeros(24), np.eye(24)[3], -np.eye(24)[0], np.full(24, 2.0**-7), np.full(24, np.finfo(np.float32).max)]
    with np.errstate(over="ignore"):
        made = np.concatenate([drawn, np.stack(corners)]).astype(np.float32)
    return made[np.isfinite(made).all(axis=1)]


def test_no_component_is_cut_off() -> None:
    made = ladder.quantise(rows())
    whole = made.codes.astype(np.int64) - ladder.NOTHING
    assert whole.min() >= -127
    assert whole.max() <= 127


def test_residual_and_reach_are_the_lengths_they_say() -> None:
    given = rows()
    made = ladder.quantise(given)
    for row, rung, codes, residual, reach in zip(
        given, made.rungs, made.codes, made.residuals, made.reaches, strict=True
    ):
        stands_for = (codes.astype(np.float64) - 128) * ladder.step(int(rung))
        assert np.linalg.norm(row.astype(np.float64) - stands_for) == pytest.approx(residual, rel=1e-9)
        assert np.linalg.norm(stands_for) == pytest.approx(reach, rel=1e-9)


def test_a_row_stands_on_the_lowest_rung_that_bears_it() -> None:
    given = rows()
    largest = np.abs(given.astype(np.float64)).max(axis=1)
    rungs = ladder.quantise(given).rungs
    assert (ladder.BOUNDS[rungs] >= largest).all()
    above = rungs > 0
    assert (ladder.BOUNDS[rungs[above] - 1] < largest[above]).all()


def test_each_row_of_length_1_loses_little() -> None:
    rng = np.random.default_rng(1)
    for dim in (64, 128, 512):
        drawn = rng.standard_normal((500, dim))
        made = ladder.quantise((drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32))
        assert made.residuals.max() < 0.02
        assert len(np.unique(made.rungs)) < 10


def test_one_row_gives_the_codes_it_gives_among_others() -> None:
    given = rows()
    together = ladder.quantise(given)
    for place in range(0, len(given), 97):
        alone = ladder.quantise(given[place : place + 1])
        assert np.array_equal(alone.codes[0], together.codes[place])
        assert alone.rungs[0] == together.rungs[place]
