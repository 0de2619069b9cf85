"""Whether the intervals of `recognizance.evaluation.statistics.intervals` hold: made-up scores whose truth is known.

    python -m benchmarks.coverage [--simulations 1000] [--only WORD] [--json benchmarks/results/coverage.json]

Each world draws people, lets them match, asks for the interval of 95 % and looks whether the true rate is in it; beside
it, what others do: the bootstrap of people, and Wilson's bounds with all pairs taken as independent. A method holds
where 93 to 97 in 100 intervals cover, and errs to the safe side where it is above. In a world of persons some people
match more often than others (a lognormal factor each; among "wolves" one in twenty, ten times as often), and a pair of
people that is alike matches in some of its pictures and not in others.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from recognizance.evaluation.statistics.expected import predicted_count
from recognizance.evaluation.statistics.intervals import (
    Estimate,
    Matches,
    Ratio,
    by_pair,
    by_person,
    by_probe_and_gallery,
    exact,
    matches,
)
from recognizance.evaluation.statistics.rates import Rate, wilson

Reals = NDArray[np.float64]
Random = np.random.Generator
Bounds = tuple[float, float]
Outcome = tuple[float, float, Mapping[str, Bounds]]
"""The truth, what was counted, and each method's bounds."""

ALIKE = 0.4
"""The share of its pictures in which a pair of people that is alike matches, where each has several."""
SEED = 20_261_123


@dataclass(frozen=True, slots=True)
class People:
    """How people are drawn: how much they differ (standard deviation of the logarithm) and how many are wolves."""

    differ: float = 0.0
    wolves: float = 0.0
    times: float = 10.0

    def draw(self, many: int, random: Random) -> Reals:
        """Return each person's factor; its mean over all people there could be is 1."""
        factor = np.exp(random.normal(0, self.differ, many) - self.differ**2 / 2) if self.differ else np.ones(many)
        wolf = random.random(many) < self.wolves
        return np.asarray(np.where(wolf, self.times, 1.0) * factor / (1 + self.wolves * (self.times - 1)))


ALL_ALIKE, DIFFER, WOLVES = People(), People(0.5), People(0.5, 0.05)


@dataclass(frozen=True, slots=True)
class World:
    """One made-up truth and how one sample of it is drawn.

    `must` says what its first method has to do: "holds" is 93 to 97 in 100, "safe" 95 and more, "told" is what it is.
    """

    name: str
    once: Callable[[Random], Outcome]
    must: str = "holds"


def one_set(
    people: People, many: int, rate: float, pictures: int = 1, *, resampled: bool = True
) -> Callable[[Random], Outcome]:
    """Return a draw of FMR over all pairs of people, each with up to so many pictures; `resampled`: bootstrap, too."""

    def once(random: Random) -> Outcome:
        found = strangers(people.draw(many, random), rate, random, pictures)
        measured = by_pair([found], np.zeros(many, np.int64)).estimate(0)
        pairs = many * (many - 1) // 2
        return (
            rate,
            measured.count,
            {
                "by pair": bounds(measured),
                **({"bootstrap of people": bootstrap(found, many, random)} if resampled else {}),
                "pairs as independent": wilson(min(round(found.weights.sum()), pairs), pairs),
            },
        )

    return once


def strangers(factor: Reals, rate: float, random: Random, pictures: int = 1) -> Matches:
    """Return which pairs of people match, when all people together match at `rate`."""
    many = len(factor)
    share = rate if pictures == 1 else rate / ALIKE
    hit = np.nonzero(np.triu(random.random((many, many), np.float32) < share * np.multiply.outer(factor, factor), k=1))
    if pictures == 1:
        return matches(hit[0], hit[1])
    each = random.integers(1, pictures + 1, many)
    of = each[hit[0]] * each[hit[1]]
    seen = random.binomial(of, ALIKE)
    some = seen > 0
    return matches(hit[0][some], hit[1][some], (seen / np.maximum(of, 1))[some])


def two_sets(
    people: People, probes: int, gallery: int, rate: float, *, fixed: bool, asked: bool
) -> Callable[[Random], Outcome]:
    """Return a draw of FMR of probes against a gallery, drawn anew each time or `fixed`.

    `asked` says whether the interval is told that the gallery is fixed.
    """
    kept = people.draw(gallery, np.random.default_rng(1))

    def once(random: Random) -> Outcome:
        others = kept if fixed else people.draw(gallery, random)
        chance = rate * np.multiply.outer(people.draw(probes, random), others)
        hit = np.nonzero(random.random(chance.shape, np.float32) < chance)
        found = matches(hit[0], hit[1], sets=2)
        zeros = np.zeros(probes, np.int64), np.zeros(gallery, np.int64)
        measured = by_probe_and_gallery([found], *zeros, fixed_gallery=asked).estimate(0)
        truth = rate * float(kept.mean()) if fixed else rate
        return (
            truth,
            measured.count,
            {
                "by pair": bounds(measured),
                "pairs as independent": wilson(measured.count, measured.of),
            },
        )

    return once


def any_match(people: People, probes: int, gallery: int, rate: float, *, fixed: bool) -> Callable[[Random], Outcome]:
    """Return a draw of FPIR: probes with any false match, against one gallery or one drawn anew each time."""
    far = np.random.default_rng(2)
    kept = people.draw(gallery, far)
    if fixed:
        truth = float(np.mean(_hit_share(people.draw(100_000, far), kept, rate)))
    else:
        sums = [people.draw(gallery, far) for _ in range(400)]
        truth = float(np.mean([np.mean(_hit_share(people.draw(2_000, far), one, rate)) for one in sums]))

    def once(random: Random) -> Outcome:
        others = kept if fixed else people.draw(gallery, random)
        hit = random.random(probes) < _hit_share(people.draw(probes, random), others, rate)
        counted = Rate(int(hit.sum()), probes)
        return (
            truth,
            counted.count,
            {"Rate (Wilson)": (counted.low, counted.high), "exact": exact(counted.count, probes)},
        )

    return once


def _hit_share(factor: Reals, gallery: Reals, rate: float) -> Reals:
    return np.asarray(-np.expm1(-rate * factor * float(gallery.sum())))


def missed(
    people: int, rate: float, together: float, most: int, *, resampled: bool = True
) -> Callable[[Random], Outcome]:
    """Return a draw of FNMR: each person's own share of misses is a beta law's, of mean `rate`.

    `together` is the correlation of two comparisons of one person; each has 2 to `most` pictures.
    """
    strength = 1 / together - 1

    def once(random: Random) -> Outcome:
        each = random.integers(2, most + 1, people)
        of = each * (each - 1) // 2
        wrong = random.binomial(of, random.beta(rate * strength, (1 - rate) * strength, people))
        measured = by_person([wrong], of, np.zeros(people, np.int64)).estimate(0)
        return (
            rate,
            int((wrong > 0).sum()),
            {
                "by person": bounds(measured),
                **({"bootstrap of people": _drawn_again(wrong / of, random)} if resampled else {}),
                "pairs as independent": wilson(int(wrong.sum()), int(of.sum())),
            },
        )

    return once


def groups(
    people: People, sizes: tuple[int, int], rates: tuple[float, float, float], ask: str
) -> Callable[[Random], Outcome]:
    """Return a draw of a ratio of FMRs: within the one group to within the other, or to all pairs together.

    `rates` are those within the first group, between the two, and within the second.
    """
    label = np.repeat([0, 1], sizes)
    within = np.array([[rates[0], rates[1]], [rates[1], rates[2]]])[label][:, label]
    pairs = np.array([math.comb(sizes[0], 2), sizes[0] * sizes[1], math.comb(sizes[1], 2)])
    overall = float(pairs @ np.array(rates) / pairs.sum())

    def once(random: Random) -> Outcome:
        factor = people.draw(len(label), random)
        chance = within * np.multiply.outer(factor, factor)
        hit = np.nonzero(np.triu(random.random(chance.shape, np.float32) < chance, k=1))
        measured = by_pair([matches(hit[0], hit[1])], label)
        if ask == "groups":
            return rates[0] / rates[2], len(hit[0]), {"ratio": span(measured.ratio(0, 2))}
        if ask == "all":
            joined = measured.joined([[0], [0, 1, 2]])
            return rates[0] / overall, len(hit[0]), {"ratio": span(joined.ratio(0, 1))}
        if min(measured.counts) == 0:
            return 1.0, len(hit[0]), {"ratio": (0.0, math.inf)}
        truth = rates[0] / float(np.prod(rates)) ** (1 / 3)
        return truth, len(hit[0]), {"ratio": span(measured.to_geometric_mean(0, [0, 1, 2]))}

    return once


def changed(people: People, many: int, old: float, both: float, new: float) -> Callable[[Random], Outcome]:
    """Return a draw of the ratio of two systems' FMR on the same people.

    `old` and `new` are the rates of what only that one matches, `both` of what both do.
    """

    def once(random: Random) -> Outcome:
        factor = people.draw(many, random)
        parts = [strangers(factor, rate, random) for rate in (old, both, new)]
        systems = [_united(parts[0], parts[1]), _united(parts[2], parts[1])]
        measured = by_pair(systems, np.zeros(many, np.int64))
        return (
            (new + both) / (old + both),
            int(measured.counts[0]),
            {
                "change": span(measured.change(1, 0)),
                "as if unpaired": _unpaired(measured.estimate(1), measured.estimate(0)),
            },
        )

    return once


def _united(one: Matches, other: Matches) -> Matches:
    return matches(np.concatenate([one.first, other.first]), np.concatenate([one.second, other.second]))


def _unpaired(one: Estimate, other: Estimate) -> Bounds:
    if not one.count or not other.count:
        return 0.0, math.inf
    arm = 1.96 * math.sqrt(1 / one.count + 1 / other.count)
    return one.value / other.value * math.exp(-arm), one.value / other.value * math.exp(arm)


def rise(people: int, old: float, new: float) -> Callable[[Random], Outcome]:
    """Return a draw of the difference of two systems' FNMR on the same people, of whom most fare alike in both."""
    strength = 1 / 0.3 - 1

    def once(random: Random) -> Outcome:
        each = random.integers(2, 6, people)
        of = each * (each - 1) // 2
        ease = random.random(people)
        hard = [stats.beta.ppf(ease, rate * strength, (1 - rate) * strength) for rate in (old, new)]
        luck = np.where(np.arange(10) < of[:, None], random.random((people, 10)), 1.0)
        wrong = [(luck < one[:, None]).sum(axis=1) for one in hard]
        more = np.maximum(wrong[1] - wrong[0], 0), np.maximum(wrong[0] - wrong[1], 0)
        found = by_person(more, of, np.zeros(people, np.int64)).difference(0, 1)
        return new - old, int((wrong[1] > 0).sum()), {"difference": (found.low, found.high)}

    return once


def predicted(people: People, many: int, rate: float) -> Callable[[Random], Outcome]:
    """Return a draw of a count foretold from another sample's rate; the "truth" is the second sample's count."""

    def once(random: Random) -> Outcome:
        first = by_pair([strangers(people.draw(many, random), rate, random)], np.zeros(many, np.int64)).estimate(0)
        second = strangers(people.draw(many, random), rate, random)
        said = predicted_count(first.value, first.low, first.high, first.of)
        return float(len(second.first)), first.count, {"predicted": (said.low, said.high)}

    return once


WORLDS = (
    World("FPIR 5 %, 459 probes, this gallery", any_match(WOLVES, 459, 1000, 5e-5, fixed=True)),
    World("FPIR 5 %, 459 probes, galleries like it", any_match(WOLVES, 459, 1000, 5e-5, fixed=False), "told"),
    World("FPIR 0.5 %, 459 probes, this gallery", any_match(DIFFER, 459, 1000, 5e-6, fixed=True), "safe"),
    World("FMR 1e-4, 1000 alike", one_set(ALL_ALIKE, 1000, 1e-4)),
    World("FMR 1e-4, 1000 who differ", one_set(DIFFER, 1000, 1e-4)),
    World("FMR 1e-4, 1000 with wolves", one_set(WOLVES, 1000, 1e-4)),
    World("FMR 1e-3, 1000 who differ", one_set(DIFFER, 1000, 1e-3)),
    World("FMR 1e-4, 1000 who differ, 1 to 5 pictures", one_set(DIFFER, 1000, 1e-4, 5)),
    World("FMR 2e-5, 1000 who differ (10 expected)", one_set(DIFFER, 1000, 2e-5), "safe"),
    World("FMR 8e-6, 1000 who differ (4 expected)", one_set(DIFFER, 1000, 8e-6), "safe"),
    World("FMR 5e-5, 400 with wolves (4 expected)", one_set(WOLVES, 400, 5e-5), "told"),
    World("FMR 2e-6, 1000 who differ (1 expected)", one_set(DIFFER, 1000, 2e-6), "safe"),
    World("FMR 1e-4, probes and gallery drawn", two_sets(WOLVES, 500, 1000, 1e-4, fixed=False, asked=False)),
    World("FMR 1e-4, this gallery", two_sets(WOLVES, 500, 1000, 1e-4, fixed=True, asked=True)),
    World("FMR 1e-4, gallery drawn but taken as fixed",
          two_sets(WOLVES, 500, 1000, 1e-4, fixed=False, asked=True), "told"),
    World("FNMR 3 %, 600 people, 2 to 5 pictures", missed(600, 0.03, 0.3, 5)),
    World("FNMR 10 %, 200 people, 2 to 8 pictures", missed(200, 0.1, 0.3, 8)),
    World("FNMR 3 %, 200 people, 2 to 5 pictures", missed(200, 0.03, 0.5, 5)),
    World("FNMR 0.5 %, 600 people, 2 to 5 pictures", missed(600, 0.005, 0.3, 5), "safe"),
    World("ratio of groups 3, who differ", groups(DIFFER, (300, 700), (6e-4, 1e-4, 2e-4), "groups")),
    World("ratio of groups 3, wolves", groups(WOLVES, (300, 700), (6e-4, 1e-4, 2e-4), "groups")),
    World("ratio of groups 3, few matches", groups(DIFFER, (200, 300), (3e-4, 1e-4, 1e-4), "groups"), "safe"),
    World("ratio of a group to all", groups(DIFFER, (300, 700), (6e-4, 1e-4, 2e-4), "all")),
    World("ratio to the geometric mean", groups(DIFFER, (300, 700), (6e-4, 1e-4, 2e-4), "geometric")),
    World("change of 1.0, much in common", changed(DIFFER, 1000, 2e-5, 1e-4, 2e-5)),
    World("change of 1.3", changed(WOLVES, 1000, 2e-5, 1e-4, 5.6e-5), "safe"),
    World("change of 1.0, few matches", changed(DIFFER, 500, 2e-5, 1e-4, 2e-5), "safe"),
    World("rise of FNMR by 1 in 100", rise(600, 0.03, 0.04)),
    World("rise of FNMR by nothing", rise(600, 0.01, 0.01), "safe"),
    World("rise of FNMR by 1 in 100, 150 people", rise(150, 0.02, 0.03), "safe"),
    World("count foretold, 50 expected", predicted(ALL_ALIKE, 1000, 1e-4)),
    World("count foretold, 50 expected, who differ", predicted(DIFFER, 1000, 1e-4), "told"),
)  # fmt: skip

DRAWS = 200


def bounds(estimate: Estimate) -> Bounds:
    """Return an estimate's bounds."""
    return estimate.low, estimate.high


def span(ratio: Ratio) -> Bounds:
    """Return a ratio's bounds, infinity where it has none above."""
    return ratio.low, math.inf if ratio.high is None else ratio.high


def bootstrap(found: Matches, many: int, random: Random, draws: int = DRAWS) -> Bounds:
    """Return the percentiles of the rate when people are drawn with replacement, each pair as often as both are."""
    times = random.multinomial(many, np.full(many, 1 / many), size=draws).astype(np.float64)
    pairs = (many**2 - (times**2).sum(axis=1)) / 2
    return _quantiles((times[:, found.first] * times[:, found.second]) @ found.weights / pairs)


def _drawn_again(shares: Reals, random: Random) -> Bounds:
    many = len(shares)
    return _quantiles(np.array([np.mean(shares[random.integers(0, many, many)]) for _ in range(DRAWS)]))


def _quantiles(values: Reals) -> Bounds:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def covered(world: World, simulations: int, seed: int) -> dict[str, Any]:
    """Return, of one world, how often each method's interval held the truth, and on which side it did not."""
    random = np.random.default_rng([seed, *world.name.encode()])
    held: dict[str, list[tuple[bool, bool, float]]] = {}
    counts: list[float] = []
    for _ in range(simulations):
        truth, count, said = world.once(random)
        counts.append(count)
        for name, (low, high) in said.items():
            held.setdefault(name, []).append((high < truth, low > truth, low <= truth <= high))
    return {
        "world": world.name,
        "must": world.must,
        "seen": float(np.mean(counts)),
        "methods": {
            name: {
                "covers": float(np.mean([one[2] for one in rows])),
                "too_low": float(np.mean([one[0] for one in rows])),
                "too_high": float(np.mean([one[1] for one in rows])),
            }
            for name, rows in held.items()
        },
    }


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """Yield a world's result as lines of a table."""
    for at, (name, one) in enumerate(result["methods"].items()):
        head = f"{result['world']:<46} {result['seen']:>7.1f}" if at == 0 else " " * 54
        yield (
            f"{head} {name:<22} {100 * one['covers']:5.1f} %   {100 * one['too_low']:4.1f} % all too low,"
            f" {100 * one['too_high']:4.1f} % all too high"
        )


def main() -> None:
    """Run every world, print the table and keep the figures."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--simulations", type=int, default=1000)
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--only", default="")
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    began = time.perf_counter()
    results: list[dict[str, Any]] = []
    for world in WORLDS:
        if given.only in world.name:
            results.append(covered(world, given.simulations, given.seed))
            print("\n".join(lines(results[-1])), flush=True)
    if given.json:
        said = {
            "command": "python -m benchmarks.coverage " + " ".join(sys.argv[1:]),
            "simulations": given.simulations,
            "seed": given.seed,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "worlds": results,
        }
        given.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
