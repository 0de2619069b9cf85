"""Hypothesis strategies that make valid values from shapes of the model."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from recognizance.wire.model import Shape


def values_of(shape: Shape) -> st.SearchStrategy[Any]:
    """Return values that keep every constraint of `shape`, of Python's types, as the codec gives and takes them."""
    least = int(shape.least or 0)
    match shape.kind:
        case "structure":
            must = {name: values_of(member) for name, member in shape.members.items() if name in shape.required}
            may = {name: values_of(member) for name, member in shape.members.items() if name not in shape.required}
            return st.fixed_dictionaries(must, optional=may)
        case "list":
            return st.lists(values_of(shape.element), min_size=least, max_size=max(least, min(int(shape.most or 3), 3)))
        case "map":
            return st.dictionaries(
                values_of(shape.key),
                values_of(shape.element),
                min_size=least,
                max_size=max(least, min(int(shape.most or 3), 3)),
            )
        case "string" if shape.json_text:
            return st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=2)
        case "string" if shape.enum:
            return st.sampled_from(shape.enum)
        case "string" if shape.expression:
            return matching(shape)
        case "string":
            most = int(shape.most or 40)
            return st.text(min_size=least, max_size=max(least, min(most, 40)))
        case "blob":
            return st.binary(min_size=least, max_size=max(least, min(int(shape.most or 50), 50)))
        case "boolean":
            return st.booleans()
        case "timestamp":
            return st.datetimes(datetime(1971, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)).map(
                lambda at: at.replace(microsecond=0)
            )
        case "integer" | "long":
            top = 2**31 - 1 if shape.kind == "integer" else 2**63 - 1
            return st.integers(least if shape.least is not None else -top - 1, int(shape.most or top))
        case "float" | "double":
            return st.floats(
                shape.least if shape.least is not None else -1e6,
                shape.most if shape.most is not None else 1e6,
                width=32,
            )
    raise AssertionError(shape.kind)


def matching(shape: Shape) -> st.SearchStrategy[str]:
    """Return strings of the shape's pattern and length."""
    least, most = int(shape.least or 0), int(shape.most or 200)
    if "\\p{" in shape.pattern:  # its translation lists all of Unicode, which takes hypothesis seconds
        return st.text("abc012_.:/=+-@ éжあ", min_size=max(least, 1), max_size=20)
    return st.from_regex(shape.expression, fullmatch=True, alphabet=st.characters(codec="utf-8")).filter(
        lambda text: least <= len(text) <= most
    )


def as_float32(value: float) -> float:
    """Return the float of 32 bits nearest to `value`."""
    return struct.unpack("<f", struct.pack("<f", value))[0]
