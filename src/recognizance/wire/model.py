"""What may be asked and answered: botocore's description of Rekognition, and ours of the house operations.

Both are read once, checked, and compiled into frozen shapes; nothing outside this module sees
botocore. A shape that the codec would not know how to read is refused here, at start, not when
the first request arrives. The service models are the specification: no operation is named in
this package.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast, get_args

from botocore.loaders import Loader

Kind: TypeAlias = Literal[
    "structure", "list", "map", "string", "integer", "long", "float", "double", "boolean", "blob", "timestamp"
]
KINDS = frozenset(get_args(Kind))

HOUSE = "recognizance"
SERVICES = ("rekognition", HOUSE)
MODELS = Path(__file__).parent / "models"
"""A folder in botocore's own layout: given as AWS_DATA_PATH, any client can load our service."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One type of the service model.

    Structures have `members` and `required`, lists `element`, maps `key` and `element`. `least` and
    `most` bound a number's value, or the length of anything else: characters of a string, bytes
    of a blob, elements of a list, pairs of a map. `pattern` is the model's text, `expression`
    what Python matches with, `enum` the values in the model's order. `json_text` marks a string that holds JSON.
    """

    name: str
    kind: Kind
    members: Mapping[str, Shape] = field(default_factory=lambda: MappingProxyType({}))
    required: tuple[str, ...] = ()
    key: Shape | None = None
    element: Shape | None = None
    least: int | float | None = None
    most: int | float | None = None
    pattern: str | None = None
    expression: re.Pattern[str] | None = None
    enum: tuple[str, ...] = ()
    json_text: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation: the service it belongs to, its name, and the shapes it takes and gives."""

    service: str
    name: str
    target: str
    request: Shape
    response: Shape


@cache
def load() -> Mapping[str, Operation]:
    """Return every operation of both services by its `X-Amz-Target` header.

    Raises `ValueError` when a model says something the codec could not keep, or when two
    operations share a name.
    """
    loader = Loader(extra_search_paths=[str(MODELS)])
    found = [one for service in SERVICES for one in operations(loader.load_service_model(service, "service-2"))]
    if len({one.name for one in found}) != len(found):
        raise ValueError("two operations share a name; the service tells them apart by name alone")
    return MappingProxyType({one.target: one for one in found})


def operations(description: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of one service model, as `service-2.json` describes it."""
    metadata = description["metadata"]
    if metadata["protocol"] != "json" or metadata["jsonVersion"] != "1.1":
        raise ValueError(f"{metadata['serviceId']} should speak AWS JSON 1.1, not {metadata['protocol']}")
    shapes = description["shapes"]
    return [
        Operation(
            service=str(metadata["serviceId"]).lower(),
            name=name,
            target=f"{metadata['targetPrefix']}.{name}",
            request=_shape_of(shapes, one.get("input")),
            response=_shape_of(shapes, one.get("output")),
        )
        for name, one in description["operations"].items()
    ]


def _shape_of(shapes: Mapping[str, Any], reference: Mapping[str, Any] | None) -> Shape:
    if reference is None:
        return Shape("Nothing", "structure")
    return compile_shape(shapes, reference, ())


def compile_shape(shapes: Mapping[str, Any], reference: Mapping[str, Any], within: Iterable[str]) -> Shape:
    """Return the shape that `reference` points to; `within` are the shapes it was reached through.

    Raises `ValueError` for a shape that contains itself, a type that AWS JSON does not have, a
    timestamp not in epoch seconds, or a member renamed on the wire.
    """
    name = str(reference["shape"])
    path = (*within, name)
    said = {**shapes[name], **{trait: value for trait, value in reference.items() if trait != "shape"}}
    if name in within:
        raise ValueError(f"{' > '.join(path)}: a shape that contains itself cannot be read here")
    if said["type"] not in KINDS:
        raise ValueError(f"{name} is of type {said['type']!r}, which cannot be read here")
    if said.get("timestampFormat", "unixTimestamp") != "unixTimestamp" or "locationName" in said:
        raise ValueError(f"{name} should be in epoch seconds and under its own name")

    members = {one: compile_shape(shapes, part, path) for one, part in said.get("members", {}).items()}
    element = said.get("member") or said.get("value")
    return Shape(
        name=name,
        kind=cast(Kind, said["type"]),
        members=MappingProxyType(members),
        required=tuple(said.get("required", ())),
        key=compile_shape(shapes, said["key"], path) if "key" in said else None,
        element=compile_shape(shapes, element, path) if element else None,
        least=said.get("min"),
        most=said.get("max"),
        pattern=said.get("pattern"),
        expression=translate(said["pattern"]) if "pattern" in said else None,
        enum=tuple(said.get("enum", ())),
        json_text=bool(said.get("jsonvalue", False)),
    )


def translate(pattern: str) -> re.Pattern[str]:
    r"""Return the model's (Java's) pattern as Python reads it, to be used with `fullmatch`.

    ASCII decides what \d, \w and \s mean, as in Java; the Unicode categories \p{L}, \p{N} and
    \p{Z}, which Python lacks, become explicit ranges.
    """
    for category in "LNZ":
        mark = f"\\p{{{category}}}"
        if mark in pattern:
            pattern = pattern.replace(mark, _ranges()[category])
    return re.compile(pattern, re.ASCII)


@cache
def _ranges() -> Mapping[str, str]:
    """Return the characters of each Unicode category as ranges for within a character class."""
    spans: dict[str, list[list[int]]] = {}
    for code, category in enumerate(map(unicodedata.category, map(chr, range(sys.maxunicode + 1)))):
        found = spans.setdefault(category[0], [])
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return {
        category: "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in found) for category, found in spans.items()
    }
