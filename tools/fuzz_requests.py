"""Asks an endpoint what nobody should ask: real signed requests, damaged in every way, thousands of them.

`python tools/fuzz_requests.py --count 10000` damages the JSON, the bytes, the headers or the signature of valid
requests for every operation. What is damaged before it is signed reaches the codec; what is damaged after is
refused at the door. Prints statuses, codes, the slowest requests and how memory grew. Fails when anything is answered
with a 500, not in AWS's shape, or takes longer than `--limit` seconds.
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.client import Response, ask, signed
from tests.wire.echo import Echo, app_for

from recognizance.wire import Endpoint, model
from recognizance.wire.model import Shape

TOKENS = [
    b"null", b"true", b"-1", b"0", b"1e999", b"-0.0", b"NaN", b"Infinity", b"9" * 5000, b"1." + b"1" * 5000, b'""',
    b"[]", b"{}", b'"\\ud800"', b'"\\udc800"', b'"\xed\xb2\x800"', b'"\\u0000"', b"\xff", b"\x00", b"\xef\xbb\xbf",
    b"[" * 3000, b'{"a":' * 3000, b"[" + b"0," * 150_000 + b"0]", b'"' + b"A" * 40_000 + b'"',
    b'"' + b"\\" * 40_001 + b'"', b'"' + "é".encode() * 20_000 + b'"', b'"', b"\\", b",", b":", b"}", b"]",
]  # fmt: skip
STRINGS = [
    "",
    "a",
    "a b",
    "\n",
    "a" * 300,
    "é" * 300,
    "-" * 9000,
    "arn:aws:sns:" + ":aaaaaaaaaaaa" * 600 + "\n",
    "\x00",
    "/../",
    "日本",
    "aws:x",
    "A" * 70_000,
]
VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    2**64,
    1.5,
    1e308,
    "",
    [],
    {},
    [[]],
    [None],
    {"a": None},
    "x",
    101,
    *STRINGS,
]


@dataclass
class Report:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    grown: int = 0


def main() -> int:
    """Read the command line, ask, print, and say by the exit status whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=2.0)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    report = fuzz(given.count, given.seed, given.limit)
    print("statuses", dict(report.statuses))
    print("codes", dict(report.codes.most_common()))
    for seconds, what in report.slowest:
        print(f"slowest {1000 * seconds:.0f} ms {what}")
    print(f"memory grew by {report.grown} kB after the first tenth")
    for failure in report.failures[:20]:
        print("FAILED", failure)
    return 1 if report.failures else 0


def fuzz(count: int, seed: int, limit: float) -> Report:
    """Ask `count` damaged requests and return what came of it."""
    chance = random.Random(seed)
    app = app_for(Echo())
    report = Report()
    start = 0
    for number in range(count):
        if number == count // 10:
            start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        what, asked = damaged(chance)
        began = time.perf_counter()
        response = ask(app, **asked)
        seconds = time.perf_counter() - began
        judge(report, f"{number}: {what}", response, seconds, limit)
        forget(app)
    app.close()
    report.grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start
    return report


def forget(app: Endpoint) -> None:
    """Drop what the service remembers, so that memory measured is the wire's."""
    assert isinstance(app.service, Echo)
    app.service.asked.clear()


def judge(report: Report, what: str, response: Response, seconds: float, limit: float) -> None:
    """Note one answer, and whether it is one that may be given."""
    report.statuses[response.status] += 1
    report.slowest = sorted([*report.slowest, (seconds, what)], reverse=True)[:5]
    if response.status == 200:
        return
    try:
        body = json.loads(response.body)
        report.codes[body["__type"]] += 1
        shaped = response.headers["x-amzn-errortype"] == body["__type"] and len(response.body) < 20_000
    except (ValueError, KeyError):
        shaped = False
    if response.status >= 500 or not shaped or seconds > limit:
        report.failures.append(f"{what}: {response.status} in {seconds:.2f} s {response.body[:200]!r}")


def damaged(chance: random.Random) -> tuple[str, dict[str, Any]]:
    """Return one request and a word on how it was damaged."""
    target, operation = chance.choice(list(model.load().items()))
    value = valid(operation.request, chance)
    how = chance.choice([twist, twist, twist, splice, splice, overwrite, cut, after])
    name = f"{operation.name} {how.__name__}"
    if how is after:
        return name, after(chance, signed(target, json.dumps(value).encode()))
    return name, signed(target, how(chance, value))


def valid(shape: Shape, chance: random.Random) -> Any:
    """Return a value that has the types of `shape` and mostly keeps its constraints."""
    match shape.kind:
        case "structure":
            return {
                name: valid(member, chance)
                for name, member in shape.members.items()
                if name in shape.required or chance.random() < 0.5
            }
        case "list":
            assert shape.element is not None
            return [valid(shape.element, chance) for _ in range(chance.randint(1, 3))]
        case "map":
            assert shape.key is not None
            assert shape.element is not None
            return {valid(shape.key, chance): valid(shape.element, chance)}
        case "string":
            return chance.choice(shape.enum) if shape.enum else "abc"
        case "blob":
            return base64.b64encode(chance.randbytes(chance.choice([1, 100, 20_000]))).decode()
        case "boolean":
            return True
        case "integer" | "long" | "timestamp":
            return int(shape.least or 1)
        case "float" | "double":
            return float(shape.least or 1)


def twist(chance: random.Random, value: Any) -> bytes:
    """Replace some values by others, of the right type or not."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        if isinstance(value[name], dict | list) and value[name] and chance.random() < 0.7:
            value[name] = json.loads(twist(chance, value[name]))
        else:
            value[name] = other(chance, value[name])
    elif isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        value[place] = other(chance, value[place])
    else:
        value = chance.choice(VALUES)
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def other(chance: random.Random, value: Any) -> Any:
    """Return another value, half the time of the same type, so that constraints are reached too."""
    alike = [one for one in VALUES if type(one) is type(value)]
    return chance.choice(alike if alike and chance.random() < 0.5 else VALUES)


def splice(chance: random.Random, value: Any) -> bytes:
    """Put a token where one may or may not stand."""
    body = json.dumps(value).encode()
    at = chance.choice([place for place, one in enumerate(body) if one in b'{}[]":,'] or [0])
    return body[:at] + chance.choice(TOKENS) + body[at + chance.randint(0, 2) :]


def overwrite(chance: random.Random, value: Any) -> bytes:
    """Change some bytes."""
    body = bytearray(json.dumps(value).encode())
    for _ in range(chance.randint(1, 4)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def cut(chance: random.Random, value: Any) -> bytes:
    """Leave out a part."""
    body = json.dumps(value).encode()
    first, last = sorted(chance.randrange(len(body) + 1) for _ in range(2))
    return body[:first] + body[last:]


def after(chance: random.Random, request: dict[str, Any]) -> dict[str, Any]:
    """Damage the request when it has been signed."""
    headers = list(request["headers"])
    which = chance.randrange(len(headers))
    name, text = headers[which]
    at = chance.randrange(len(text) + 1)
    damage: Callable[[], tuple[str, str]] = chance.choice(
        [
            lambda: (name, text[:at] + chr(chance.randrange(256)) + text[at + 1 :]),
            lambda: (name, text[:at]),
            lambda: (name, text * 200),
            lambda: (name, ""),
            lambda: ("x-amz-" + chr(chance.randrange(97, 123)), text),
        ]
    )
    headers[which] = damage()
    if chance.random() < 0.2:
        headers.append(chance.choice(headers))
    return {**request, "headers": headers}


if __name__ == "__main__":
    sys.exit(main())
