"""Which groups' figures are withheld, so that none of a small group follows from those that are shown.

A group of fewer than `SMALLEST` people is withheld. A total less the groups that are shown is what the withheld ones
have together, so these have to be two at least and of `SMALLEST` people together: else the next smallest is withheld
too. What is left to reckon is then of as many people as a group that may be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from recognizance.evaluation.statistics.intervals import SMALLEST

FOLLOWS = "withheld too, for what a smaller group has would follow from the total and the groups that are shown"
"""Why a group is withheld that is not small."""


def hidden(sizes: Sequence[int], lines: Sequence[Sequence[int]] = (), also: Sequence[int] = ()) -> list[bool]:
    """Return of each group whether it is withheld, beside a total of all of them.

    `sizes` is how many people each has; `lines` the places of groups of which a total is shown too; `also` those that
    are withheld for another reason. Groups of nobody have nothing to withhold.

    >>> hidden([40, 30, 12, 4]), hidden([40, 30, 6, 4]), hidden([40, 30])
    ([False, False, True, True], [False, False, True, True], [False, False])
    """
    out = [0 < size < SMALLEST or at in also for at, size in enumerate(sizes)]
    totals = [list(range(len(sizes))), *lines]
    while (line := next(_telling(sizes, out, totals), None)) is not None:
        out[min((size, at) for at, size in enumerate(sizes) if at in line and size and not out[at])[1]] = True
    return out


def crossed(names: Sequence[Sequence[str]], sizes: Sequence[Mapping[str, int]]) -> tuple[list[list[int]], list[int]]:
    """Return, of groups that several columns tell apart together, which make up each group of one column.

    And which to withhold with those of one column that are withheld, beside whose total they stand. `names` has a
    group's value in each column, `sizes` how many people each group of each column alone has. Of one column there is
    nothing to cross.
    """
    lines, also = list[list[int]](), list[int]()
    for at, alone in enumerate(sizes if len(sizes) > 1 else ()):
        for value, withheld in zip(alone, hidden(list(alone.values())), strict=True):
            part = [place for place, name in enumerate(names) if name[at] == value]
            lines.append(part)
            also += part if withheld else []
    return lines, also


def _telling(sizes: Sequence[int], out: Sequence[bool], lines: Sequence[Sequence[int]]) -> Iterator[Sequence[int]]:
    """Yield the lines by whose totals something withheld can be told, and that still show a group."""
    there = [at for at, size in enumerate(sizes) if out[at] and size]
    if not there:
        return
    open_ = [line for line in lines if any(sizes[at] and not out[at] for at in line)]
    for line in open_:
        people = [sizes[at] for at in line if at in there]
        if people and (len(people) < 2 or sum(people) < SMALLEST):
            yield line
    # what no line tells alone, several may: a group is told where the totals solve for it
    rows = np.array([[float(at in line) for at in there] for line in lines])
    solved = np.diag(np.linalg.pinv(rows) @ rows) > 1 - 1e-6
    told = {at for at, one in zip(there, solved, strict=True) if one}
    yield from (line for line in open_ if told & set(line))
