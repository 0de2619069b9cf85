"""Writes `src/recognizance/shapes.py`: Rekognition's requests and responses, and ours, as TypedDicts.

`python tools/shapes.py` writes the file; with `--check` it only says, by its exit status, whether the file is what
it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import botocore

from recognizance.wire import model
from recognizance.wire.model import Operation, Shape

TARGET = Path(__file__).parent.parent / "src" / "recognizance" / "shapes.py"
WIDTH = 120
SIMPLE = {
    "string": "str",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "boolean": "bool",
    "blob": "bytes",
    "timestamp": "datetime",
}
HEAD = '''# GENERATED from botocore {version} by `make shapes`. Do not edit.
"""Requests and responses of Rekognition and of the house operations, as the wire's service models have them.

A request has been checked against its model: what a TypedDict requires is there, and bytes, times and floats are
Python's. In a response, None is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import {typing}
'''


def main(arguments: list[str]) -> int:
    """Write the file, or compare it when asked to `--check`."""
    text = generated(model.load().values())
    if arguments == ["--check"]:
        if TARGET.exists() and TARGET.read_text() == text:
            return 0
        print("src/recognizance/shapes.py is stale: run `make shapes`", file=sys.stderr)
        return 1
    TARGET.write_text(text)
    return 0


def generated(operations: Iterable[Operation]) -> str:
    """Return the whole module."""
    found = named(operations)
    parts = [alias(shape) if shape.enum else typed_dict(shape, where) for shape, where in found.values()]
    body = "\n\n".join(parts)
    typing = ", ".join(name for name in ("Any", "Literal", "NotRequired", "TypeAlias", "TypedDict") if name in body)
    return HEAD.format(version=botocore.__version__, typing=typing) + "\n\n" + body


def named(operations: Iterable[Operation]) -> dict[str, tuple[Shape, str]]:
    """Return every structure and enumeration in use by name, sorted, each with the sentence that says where.

    Raises `ValueError` when the two services mean different things by one name.
    """
    seen: dict[str, tuple[Shape, dict[str, None]]] = {}
    said: dict[str, str] = {}
    for one in operations:
        said[one.request.name] = f"What {one.name} is asked."
        said[one.response.name] = f"What {one.name} answers."
        for shape in (*within(one.request), *within(one.response)):
            before, users = seen.setdefault(shape.name, (shape, {}))
            if text_of(before) != text_of(shape):
                raise ValueError(f"{shape.name} is two different shapes")
            users[one.name] = None
    return {name: (shape, said.get(name) or used(list(users))) for name, (shape, users) in sorted(seen.items())}


def used(users: list[str]) -> str:
    """Return the sentence for a shape that is part of others."""
    first = ", ".join(users[:2])
    more = len(users) - 2
    return f"Part of {first}." if more <= 0 else f"Part of {first} and {more} more."


def text_of(shape: Shape) -> str:
    """Return the definition of a shape, to compare two of one name."""
    return alias(shape) if shape.enum else typed_dict(shape, "")


def within(shape: Shape) -> Iterator[Shape]:
    """Yield the structures and enumerations that `shape` is made of, itself included."""
    if shape.kind == "structure" or shape.enum:
        yield shape
    for part in (*shape.members.values(), shape.key, shape.element):
        if part is not None:
            yield from within(part)


def typed_dict(shape: Shape, sentence: str) -> str:
    """Return a structure as a TypedDict, required members first as the model has them."""
    lines = [f"class {shape.name}(TypedDict):", f'    """{sentence}"""', ""]
    for name, member in shape.members.items():
        kind = type_of(member)
        lines.append(f"    {name}: {kind if name in shape.required else f'NotRequired[{kind}]'}")
    return "\n".join(lines).rstrip() + "\n"


def alias(shape: Shape) -> str:
    """Return an enumeration as a Literal."""
    values = [f'"{value}"' for value in shape.enum]
    line = f"{shape.name}: TypeAlias = Literal[{', '.join(values)}]"
    if len(line) <= WIDTH:
        return line + "\n"
    inner = f"    {', '.join(values)}"
    listed = [inner] if len(inner) <= WIDTH else [f"    {value}," for value in values]
    return "\n".join([f"{shape.name}: TypeAlias = Literal[", *listed, "]"]) + "\n"


def type_of(shape: Shape) -> str:
    """Return the type that a member of this shape has."""
    if shape.json_text:
        return "Any"
    if shape.kind == "structure" or shape.enum:
        return shape.name
    if shape.kind in SIMPLE:
        return SIMPLE[shape.kind]
    assert shape.element is not None
    if shape.kind == "list":
        return f"list[{type_of(shape.element)}]"
    assert shape.key is not None
    return f"dict[{type_of(shape.key)}, {type_of(shape.element)}]"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
