"""Lists of pairs whose truth is known: how often two pictures are taken for one person, and how often missed.

Scores are cosines; a pair of which one face was not found has none and counts as a rejection, at `REJECTED`. People
take part in several pairs, so pairs are not independent: the variance of a rate adds up what each person's pairs, and
not each pair, differ from it by (Aronow, Samii and Assenova 2015; by person alone for pairs of one person), and is
never taken to be less than that of independent pairs. Whose a picture is, the pairs say too: two that are said to be
of one person are, whatever the set calls them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from scipy import stats

from recognizance.evaluation import audit
from recognizance.evaluation.protocols.verification import REJECTED, Flags, Reals, Verification, Whole, verify
from recognizance.evaluation.sets import regular
from recognizance.evaluation.sets.subjects import Problem, SetWrong, Subject, Trouble, read_rows
from recognizance.evaluation.sets.templates import Templates
from recognizance.evaluation.statistics.comparisons import Faces, Keep, Pairs, Progress, all_pairs
from recognizance.evaluation.statistics.intervals import Estimate, by_pair, by_person, matches, none_seen, wilson_of

TARGETS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
SIMILARITIES = (80.0, 90.0, 95.0, 99.0)

MEASURED, FEW, WITHHELD = "measured", "few", "withheld"
"""How much a list's pairs of strangers can say of a false-match rate: ten matches or more there, one or more, none."""

SURE = 10
FOLDS = 10

COLUMNS = (("file1", "file2"), ("file_x", "file_y"), ("first", "second"), ("image1", "image2"), ("path1", "path2"))
TRUTHS = ("same", "match", "decision", "label")
WORDS: Mapping[str, bool] = {
    **dict.fromkeys(("1", "true", "yes", "same"), True),
    **dict.fromkeys(("0", "false", "no", "different"), False),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures by name, whether they show one person, and in which fold; None where the list has no folds."""

    first: str
    second: str
    same: bool
    fold: int | None
    line: int


@dataclass(frozen=True, slots=True)
class PairList:
    """A list of pairs as it was read, what could not be used of it, and in words what it is."""

    pairs: tuple[Pair, ...]
    problems: tuple[Problem, ...]
    source: str


def read_pairs(path: Path) -> PairList:
    """Read a list of pairs: a table with `file1`, `file2`, `same` and, if it has folds, `fold`; or LFW's `pairs.txt`.

    Raises `SetWrong` where it is neither, or has no pairs of one kind.
    """
    try:
        start = regular.read(path, regular.TABLE)[:200].decode("utf-8", "replace").partition("\n")[0].split()
    except OSError as error:
        raise SetWrong(f"{path} cannot be read: {error.strerror}") from error
    found = _lfw(path) if start and all(word.isdigit() for word in start) else _table(path)
    for same, kind in ((True, "of one person"), (False, "of two people")):
        if not any(one.same is same for one in found.pairs):
            raise SetWrong(f"{path} has no pairs {kind}; error rates need both kinds")
    return found


def _lfw(path: Path) -> PairList:
    """Read the form of LFW: how many folds and how many pairs of each kind in one, then a line for each pair."""
    try:
        head, *lines = [
            line for line in regular.read(path, regular.TABLE).decode("utf-8-sig").splitlines() if line.strip()
        ]
    except UnicodeDecodeError as error:
        raise SetWrong(f"{path} is not UTF-8") from error
    numbers = [int(word) for word in head.split()]
    folds, each = numbers if len(numbers) == 2 else (1, numbers[0])
    if len(numbers) > 2 or each < 1 or len(lines) != folds * each * 2:
        raise SetWrong(f"{path} should have {folds * each * 2:,} pairs, as its first line says; it has {len(lines):,}")
    pairs: list[Pair] = []
    problems: list[Problem] = []
    for place, line in enumerate(lines):
        parts, fold = line.split("\t") if "\t" in line else line.split(), place // (2 * each)
        numbered = [part.isdigit() for part in parts]
        if numbered == [False, True, True]:
            pairs.append(Pair(_named(parts[0], parts[1]), _named(parts[0], parts[2]), True, fold, place + 2))
        elif len(parts) == 4 and numbered[1] and numbered[3]:
            pairs.append(Pair(_named(parts[0], parts[1]), _named(parts[2], parts[3]), False, fold, place + 2))
        else:
            said = "a pair is a name and two numbers, or name, number, name, number"
            problems.append(Problem(Trouble.MISLABELLED, f"{path.name}, line {place + 2}", said))
    if folds == 1:
        pairs = [Pair(one.first, one.second, one.same, None, one.line) for one in pairs]
    return PairList(tuple(pairs), tuple(problems), f"{path}, in the form of LFW's View 2")


def _named(name: str, number: str) -> str:
    return f"{name}/{name}_{int(number):04d}.jpg"


def _table(path: Path) -> PairList:
    read = read_rows(path)
    by_name = {name.lower(): name for name in reversed(read.columns)}
    files = next((two for two in COLUMNS if two[0] in by_name and two[1] in by_name), None)
    truth = next((by_name[name] for name in TRUTHS if name in by_name), None)
    if files is None or truth is None:
        raise SetWrong(
            f"{path} should have the columns file1, file2 and same, and fold where there are folds, or be in the form "
            f"of LFW's pairs.txt; it begins with {', '.join(read.columns)[:80]}"
        )
    first, second, fold = by_name[files[0]], by_name[files[1]], by_name.get("fold")
    pairs: list[Pair] = []
    problems = list(read.problems)
    numbers: dict[str, int] = {}
    for line, row in read.rows:
        same = WORDS.get(row[truth].lower())
        if same is None or not row[first] or not row[second] or (fold is not None and not row[fold]):
            lacking = f"`{truth}` should be 1 or 0" if same is None else "a file or the fold is missing"
            problems.append(Problem(Trouble.MISLABELLED, f"{path.name}, line {line}", lacking))
            continue
        at = None if fold is None else numbers.setdefault(row[fold], len(numbers))
        pairs.append(Pair(_plain(row[first]), _plain(row[second]), same, at, line))
    if len(numbers) == 1:
        pairs = [Pair(one.first, one.second, one.same, None, one.line) for one in pairs]
    return PairList(tuple(pairs), tuple(problems), f"the table {path}")


def _plain(name: str) -> str:
    return PurePosixPath(name).as_posix()


def names(listed: PairList) -> frozenset[str]:
    """Return the pictures that a list names."""
    return frozenset(name for pair in listed.pairs for name in (pair.first, pair.second))


def known_as(subject: Subject) -> tuple[str, ...]:
    """Return what a list may call a picture: its name, and its name with the ending that LFW's pictures have."""
    return (subject.name, PurePosixPath(subject.name).with_suffix(".jpg").as_posix())


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Pairs and what comparing them gave, an entry a pair.

    `first` and `second` number the people from 0, equal for a pair of one person; `one` and `other` are the pictures'
    places in the set. `folds` is from 0; `by_list` says whether the list has them.
    """

    scores: Reals
    same: Flags
    folds: Whole
    by_list: bool
    first: Whole
    second: Whole
    one: Whole
    other: Whole

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.scores)

    def part(self, keep: Flags) -> Scored:
        """Return those pairs that `keep` is true of."""
        return Scored(
            self.scores[keep], self.same[keep], self.folds[keep], self.by_list,
            self.first[keep], self.second[keep], self.one[keep], self.other[keep],
        )  # fmt: skip


def score(listed: PairList, templates: Templates, random: np.random.Generator) -> tuple[Scored, tuple[Problem, ...]]:
    """Compare the pairs of a list. A pair that cannot be compared as meant is a problem and left out.

    Folds that the list has not are drawn by person of the first picture. Raises `SetWrong` where no pair of one kind
    is left.
    """
    place: dict[str, int] = {}
    for at, subject in enumerate(templates.subjects):
        for name in known_as(subject):
            place.setdefault(name, at)
    excluded = {one.where for one in templates.problems if one.trouble is Trouble.EXCLUDED}
    kept: list[Pair] = []
    problems = list(listed.problems)
    before: set[tuple[str, str]] = set()
    for pair in listed.pairs:
        where, key = f"{listed.source.split(',')[0]}, line {pair.line}", tuple(sorted((pair.first, pair.second)))
        missing = [name for name in key if name not in place]
        if missing and set(missing) <= excluded:
            problems.append(Problem(Trouble.EXCLUDED, where, f"{missing[0]} is on the list of exclusions"))
        elif missing:
            problems.append(Problem(Trouble.MISSING, where, f"there is no picture {missing[0]}"))
        elif pair.first == pair.second:
            problems.append(Problem(Trouble.MISLABELLED, where, "a picture is paired with itself"))
        elif (key[0], key[1]) in before:
            problems.append(Problem(Trouble.REPEATED, where, "this pair came before"))
        else:
            before.add((key[0], key[1]))
            kept.append(pair)
    if {one.same for one in kept} != {True, False}:
        raise SetWrong(f"no pairs of both kinds are left of {listed.source}: see what its files are called")
    one, other = (np.array([place[name] for name in column]) for column in zip(*((p.first, p.second) for p in kept),
                                                                              strict=True))  # fmt: skip
    same = np.array([pair.same for pair in kept])
    scores = np.einsum("ij,ij->i", templates.vectors[one].astype(np.float64), templates.vectors[other])
    scores = np.where(templates.found[one] & templates.found[other], np.clip(scores, -1, 1), REJECTED)
    people = _people(templates, one, other, same)
    by_list = all(pair.fold is not None for pair in kept)
    drawn = random.integers(0, FOLDS, int(people.max()) + 1)
    folds = np.array([pair.fold for pair in kept]) if by_list else drawn[people[one]]
    both = np.nonzero(~same & (people[one] == people[other]))[0]
    problems += [
        Problem(Trouble.MISLABELLED, listed.source, f"{name} and {more} are said to be two people and to be one")
        for name, more in ((kept[at].first, kept[at].second) for at in both)
    ]  # fmt: skip
    return Scored(scores, same, folds, by_list, people[one], people[other], one, other), tuple(problems)


def _people(templates: Templates, one: Whole, other: Whole, same: Flags) -> Whole:
    """Return a number for whoever each picture shows: by its name in the set, joined where a pair says so."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    people = templates.people
    for first, second in zip(one[same].tolist(), other[same].tolist(), strict=True):
        above[top(people[first])] = top(people[second])
    roots = [top(name) for name in people]
    numbers = {name: at for at, name in enumerate(dict.fromkeys(roots))}
    return np.array([numbers[name] for name in roots], dtype=np.int64)


def accuracy(scored: Scored) -> Verification | None:
    """Return the accuracy of each fold at the threshold that does best on the others; None where there is but one."""
    if len(np.unique(scored.folds)) < 2:
        return None
    return verify(scored.scores, scored.same, scored.folds)


def false_matches(scored: Scored, cosine: float) -> Estimate | None:
    """Return how many pairs of two people reach `cosine`; None where there are no such pairs."""
    strangers = scored.part(~scored.same)
    return estimate(strangers.scores >= cosine, strangers.first, strangers.second)


def misses(scored: Scored, cosine: float) -> Estimate | None:
    """Return how many pairs of one person do not reach `cosine`; None where there are no such pairs."""
    mated = scored.part(scored.same)
    return estimate(mated.scores < cosine, mated.first, mated.second)


def estimate(seen: Flags, first: Whole, second: Whole) -> Estimate | None:
    """Return the share of pairs of which something is seen, each of people `first` and `second`, with its interval."""
    of, count = len(seen), int(seen.sum())
    if of == 0:
        return None
    people, numbers = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, other = numbers[:of], numbers[of:]
    if count == 0:
        trials = float(min(of, len(people)))  # pairs that share their people are no more trials than those are
        return Estimate(0, of, 0.0, 0.0, none_seen(trials), trials, len(people))
    value = count / of
    off = seen - value
    apart = one != other
    sums = np.bincount(one, weights=off, minlength=len(people))
    sums += np.bincount(other[apart], weights=off[apart], minlength=len(people))
    pairs, place = np.unique(np.minimum(one, other) * len(people) + np.maximum(one, other), return_inverse=True)
    twice = np.bincount(place[apart], weights=off[apart], minlength=len(pairs))
    # a pair of two people is in the sums of both
    variance = (float(sums @ sums) - float(twice @ twice)) / (of * of) * len(people) / max(len(people) - 1, 1)
    least = value * (1 - value) / of
    spread = max(variance, least)
    if spread <= 0:  # all were seen
        low, _ = wilson_of(value, float(of), 1.96)
        return Estimate(count, of, value, low, 1.0, float(of), len(people))
    trials = value * (1 - value) / spread
    fourth = float((sums**4).sum())
    freedom = float((sums**2).sum()) ** 2 / fourth if fourth > 0 else math.inf
    low, high = wilson_of(value, trials, float(stats.t.ppf(0.975, max(freedom, 2.0))))
    return Estimate(count, of, value, low, high, trials, len(people))


@dataclass(frozen=True, slots=True)
class AtRate:
    """What is missed where at most a share `asked` of strangers match: all None where there are too few to say."""

    asked: float
    standing: str
    cosine: float | None
    false_matches: Estimate | None
    misses: Estimate | None


def at_rates(scored: Scored, targets: Sequence[float] = TARGETS) -> list[AtRate]:
    """Return, for each false-match rate, the lowest cosine that keeps it, and what is missed there."""
    strangers = np.sort(scored.scores[~scored.same])[::-1]
    return [_at_rate(scored, strangers, target) for target in targets]


def _at_rate(scored: Scored, strangers: Reals, target: float) -> AtRate:
    allowed = math.floor(target * len(strangers) * (1 + 1e-12))
    if allowed < 1:
        return AtRate(target, WITHHELD, None, None, None)
    cosine = cosine_that_keeps(strangers, allowed)
    standing = MEASURED if allowed >= SURE else FEW
    return AtRate(target, standing, cosine, false_matches(scored, cosine), misses(scored, cosine))


def cosine_that_keeps(strangers: Reals, allowed: int) -> float:
    """Return the lowest cosine that at most `allowed` of the scores, given best first, reach.

    >>> cosine_that_keeps(np.array([0.9, 0.5, 0.5, 0.1]), 2) > 0.5
    True
    """
    return -1.0 if allowed >= len(strangers) else float(np.nextafter(strangers[allowed], 2.0))


Named = Callable[[float], Mapping[str, float]]
"""Says of a score what a document calls it: its cosine and Similarity, or what an endpoint has of the two."""


def accuracy_figures(scored: Scored, named: Named) -> dict[str, Any] | None:
    """Return the accuracy of a list's folds as documents have it; None where there are too few to divide."""
    found = accuracy(scored)
    if found is None:
        return None
    _, sizes = np.unique(scored.folds, return_counts=True)
    return {
        "mean": found.mean,
        "standard_error": found.deviation,
        "folds_of_the_list": scored.by_list,
        "folds": [
            {"pairs": int(size), "accuracy": right, **named(threshold)}
            for size, right, threshold in zip(sizes, found.accuracies, found.thresholds, strict=True)
        ],
    }


def rates_figures(found: Sequence[AtRate], named: Named) -> list[dict[str, Any]]:
    """Return what is missed at each false-match rate as documents have it; a rate that is withheld has no score."""
    nameless = dict.fromkeys(named(0.0))
    return [
        {
            "asked": one.asked,
            "standing": one.standing,
            **(nameless if one.cosine is None else named(one.cosine)),
            "false_matches": audit.rate(one.false_matches),
            "misses": audit.rate(one.misses),
        }
        for one in found
    ]


def curve(scored: Scored, points: int = 24) -> list[tuple[float, Estimate, Estimate]]:
    """Return cosine, false matches and misses along the ROC, from the fewest false matches to a tenth of all pairs."""
    strangers = np.sort(scored.scores[~scored.same])[::-1]
    steps = np.unique(np.concatenate([[0], np.geomspace(1, max(len(strangers) // 10, 1), points).astype(np.int64)]))
    found: list[tuple[float, Estimate, Estimate]] = []
    for allowed in steps.tolist():
        cosine = cosine_that_keeps(strangers, allowed)
        wrong, missed = false_matches(scored, cosine), misses(scored, cosine)
        if wrong is not None and missed is not None and (not found or wrong.count > found[-1][1].count):
            found.append((cosine, wrong, missed))
    return found


@dataclass(frozen=True, slots=True)
class Everybody:
    """Every picture of a set compared with every other: how much that is, and what is missed at false-match rates.

    A pair of people weighs the same however many pictures there are of each, and so does each person in what is
    missed: the rates are those of people who come with one picture each.
    """

    people: int
    pairs_of_people: int
    mated: int
    nonmated: int
    at: tuple[AtRate, ...]


LOOKED_AT = 1500
"""Pictures from which it is guessed which cosine the most alike pairs reach."""


def everybody(
    templates: Templates, targets: Sequence[float] = TARGETS, *, progress: Progress = lambda done, of: None
) -> Everybody:
    """Compare every picture with every other; a face that was not found matches nobody."""
    whose, people = np.unique(np.array(templates.people), return_inverse=True)
    pictures = np.bincount(people).astype(np.float64)
    floor = _floor(templates, people, max(targets))
    compared = all_pairs(Faces(templates.vectors, people), keep=Keep(strangers=floor), progress=progress)
    alike = compared.alike
    weights = 1 / (pictures[people[alike.first]] * pictures[people[alike.second]])
    reached = np.cumsum(weights) / max(len(whose) * (len(whose) - 1) // 2, 1)
    at = [_everybody_at(target, templates, people, alike, weights, reached) for target in targets]
    return Everybody(
        people=len(whose),
        pairs_of_people=len(whose) * (len(whose) - 1) // 2,
        mated=int(compared.genuine.sum()) + compared.lost_genuine,
        nonmated=int(compared.strangers.sum()) + compared.lost_strangers,
        at=tuple(at),
    )


def _floor(templates: Templates, people: Whole, rate: float) -> float:
    """Return a cosine that twice a share `rate` of pairs of two people reaches, from some of the pictures."""
    step = max(1, len(people) // LOOKED_AT)
    some, whose = templates.vectors[::step], people[::step]
    cosines = (some @ some.T)[whose[:, None] < whose[None]]
    return float(np.quantile(cosines, 1 - min(2 * rate, 1))) if len(cosines) else -1.0


def _everybody_at(
    target: float, templates: Templates, people: Whole, alike: Pairs, weights: Reals, reached: Reals
) -> AtRate:  # fmt: skip
    place = int(np.searchsorted(reached, target * (1 + 1e-12), side="right"))
    if place < 1 or place >= len(reached):
        return AtRate(target, WITHHELD, None, None, None)
    cosine = float(np.nextafter(alike.cosines[place], 2.0))
    place = int(np.searchsorted(-alike.cosines, -cosine, side="right"))
    first, second = people[alike.first[:place]], people[alike.second[:place]]
    wrong = by_pair([matches(first, second, weights[:place])], np.zeros(int(people.max()) + 1, np.int64)).estimate(0)
    if wrong.count == 0:
        return AtRate(target, WITHHELD, None, None, None)
    of, missed = _missed(templates, people, cosine)
    misses = by_person([missed], of, np.zeros(len(of), np.int64)).estimate(0) if len(of) else None
    return AtRate(target, MEASURED if wrong.count >= SURE else FEW, cosine, wrong, misses)


def _missed(templates: Templates, people: Whole, cosine: float) -> tuple[Whole, Whole]:
    """Return how many pairs there are of each person with several pictures, and how many do not reach `cosine`."""
    order = np.argsort(people, kind="stable")
    of: list[int] = []
    missed: list[int] = []
    for places in np.split(order, np.nonzero(np.diff(people[order]))[0] + 1):
        if len(places) < 2:
            continue
        found = places[templates.found[places]]
        cosines = templates.vectors[found] @ templates.vectors[found].T
        of.append(len(places) * (len(places) - 1) // 2)
        missed.append(of[-1] - int(np.count_nonzero(np.triu(cosines >= cosine, k=1))))
    return np.array(of, np.int64), np.array(missed, np.int64)
