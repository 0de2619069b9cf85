"""AWS JSON 1.1 by shape: parse, check, serialise; no operation is known here by name.

A request becomes a plain dictionary: blobs are bytes, timestamps aware UTC datetimes, numbers of
float shapes floats, members that the shape lacks are dropped, null is the same as absent. What
cannot be read is a `SerializationException`; what can be read but breaks the model's constraints
is one `ValidationException` that lists every break. A response that does not fit its shape is our
own mistake, hence a `ValueError`.

A request with a picture is a few hundred bytes of JSON around megabytes of base64. The megabytes
are cut out first and decoded straight from the body, so they are copied once, and the JSON
parser, which lets no other thread run, sees only what is left. A decoder of base64 lets none run
either, so it is pybase64: as strict as Python's own, in a sixth of its time.
"""

from __future__ import annotations

import binascii
import json
import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeAlias, cast

import pybase64

from recognizance.wire.model import Kind, Shape
from recognizance.wire.refused import WireError, shortened, unreadable

LONG = 16_384
"""Strings of so many bytes or more are cut out before the JSON is parsed."""

MOST_VALUES = 100_000
"""No request of the model needs more values; without a limit, 15 MB of `{}` become 400 MB of dictionaries."""

MOST_MATCHED = 8_192
"""Where the model gives no length, no longer text is matched: some of its patterns take quadratic time."""

MOST_LISTED = 20
"""Broken constraints that are spelled out; the number before them counts them all."""

SURPLUS = ("===", b"===")
"""More padding than any base64 has; strict decoders let some of it pass."""

INTEGERS = {"integer": 31, "long": 63}
CUT = "\udc80"
"""Begins what stands for a cut string. UTF-8 cannot contain it, and what JSON escapes can make of it
names a string of the same request or is refused."""

CONTROL = re.compile(r"[\x00-\x1f]")
Cut: TypeAlias = dict[str, memoryview]
"""The cut strings by what stands for them. Each is handed out once: named again and again by escapes, one string
of the body could be copied as often as it has values."""


def parse(body: bytes, shape: Shape) -> dict[str, Any]:
    """Return the request in `body`, checked against `shape`.

    Raises `WireError`: SerializationException or ValidationException.
    """
    request = cast(dict[str, Any], read(body, shape))
    broken = list(violations(request, shape))
    if broken:
        raise invalid(broken)
    return request


def read(body: bytes, shape: Shape) -> Any:
    """Return the value in `body`, of the types of `shape`; its constraints are not looked at."""
    skeleton, cut = cut_out(body)
    value = _load(skeleton, len(cut))
    if not isinstance(value, dict):
        raise unreadable("The request should be one JSON object.")
    return _read(value, shape, "", cut)


def cut_out(body: bytes) -> tuple[bytes, Cut]:
    """Return the JSON of `body` without its long strings, and those strings.

    A string with a backslash stays where it is: it would need unescaping, and base64 has none.
    """
    if len(body) < LONG:
        return body, {}
    pieces: list[bytes] = []
    cut: Cut = {}
    view = memoryview(body)
    kept = start = 0
    strings = 0
    while (start := body.find(b'"', start)) >= 0:
        end = _closing_quote(body, start + 1)
        if end < 0:
            break
        if end - start > LONG and body.find(b"\\", start, end) < 0:
            mark = f"{CUT}{len(cut)}"
            pieces.append(body[kept : start + 1])
            pieces.append(mark.encode("utf-8", "surrogatepass"))
            cut[mark] = view[start + 1 : end]
            kept = end
        start = end + 1
        strings += 1
        if strings > MOST_VALUES:
            raise unreadable("The request has more values than any operation needs.")
    return b"".join([*pieces, body[kept:]]), cut


def _closing_quote(body: bytes, start: int) -> int:
    end = start
    while (end := body.find(b'"', end)) >= 0:
        before = end
        while before > start and body[before - 1] == 0x5C:
            before -= 1
        if (end - before) % 2 == 0:
            return end
        end += 1
    return -1


def _load(skeleton: bytes, marks: int = 0) -> Any:
    """Return the JSON value, more strictly than Python would: no NaN, no name twice, no bombs."""
    if skeleton.count(b",") + skeleton.count(b"[") + skeleton.count(b"{") > MOST_VALUES:
        raise unreadable("The request has more values than any operation needs.")
    try:
        return json.loads(_text(skeleton, marks), parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise unreadable(f"The request is not JSON: {error.msg} at character {error.pos}.") from None
    except (ValueError, RecursionError):  # not UTF-8; an integer of more digits than Python reads; nested too deeply
        raise unreadable("The request is not JSON that can be read here.") from None


def _text(skeleton: bytes, marks: int) -> str:
    """Return the text, in which only our own marks of what was cut may be outside UTF-8."""
    if not marks:
        return skeleton.decode()
    mark = CUT.encode("utf-8", "surrogatepass")
    if skeleton.count(mark) != marks:
        raise unreadable("The request is not UTF-8.")
    skeleton.replace(mark, b"").decode()
    return skeleton.decode("utf-8", "surrogatepass")


def _no_constant(name: str) -> NoReturn:
    raise unreadable(f"{name} is not a number of JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise unreadable("A name is given twice in one JSON object.")
    return found


def _read(value: Any, shape: Shape, path: str, cut: Cut) -> Any:
    match shape.kind:
        case "structure":
            if not isinstance(value, dict):
                raise mistyped(path, "a JSON object")
            given = cast(dict[str, Any], value)
            return {
                name: _read(given[name], member, _below(path, name), cut)
                for name, member in shape.members.items()
                if given.get(name) is not None
            }
        case "list":
            if not isinstance(value, list):
                raise mistyped(path, "a JSON array")
            assert shape.element is not None
            return [
                None if one is None else _read(one, shape.element, f"{path}.{place}.member", cut)
                for place, one in enumerate(value, 1)
            ]
        case "map":
            if not isinstance(value, dict):
                raise mistyped(path, "a JSON object")
            assert shape.key is not None
            assert shape.element is not None
            return {
                _read(name, shape.key, f"{path}.key", cut): _read(one, shape.element, f"{path}.value", cut)
                for name, one in cast(dict[str, Any], value).items()
                if one is not None
            }
        case _:
            return _READERS[shape.kind](value, shape, path, cut)


def _below(path: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def mistyped(path: str, wanted: str) -> WireError:
    """Return the error for a member of the wrong JSON type."""
    return unreadable(f"{path or 'The request'} should be {wanted}.")


def _uncut(value: Any, path: str, cut: Cut, wanted: str) -> str | memoryview:
    if not isinstance(value, str):
        raise mistyped(path, wanted)
    if not value.startswith(CUT):
        return value
    if value not in cut:
        raise mistyped(path, "Unicode text; half a surrogate pair is none")
    return cut.pop(value)


def _read_string(value: Any, shape: Shape, path: str, cut: Cut) -> Any:
    found = _uncut(value, path, cut, "a JSON string")
    try:
        if isinstance(found, memoryview):
            text = str(found, "utf-8")
            if CONTROL.search(text):
                raise mistyped(path, "a JSON string, in which control characters are escaped")
        else:
            text = found
            if not text.isascii():
                text.encode()
    except UnicodeError:
        raise mistyped(path, "Unicode text; half a surrogate pair is none") from None
    return _read_json_text(text, path) if shape.json_text else text


def _read_json_text(text: str, path: str) -> Any:
    found = _load(text.encode())
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeError:
        raise mistyped(path, "Unicode text; half a surrogate pair is none") from None
    return found


def _read_blob(value: Any, shape: Shape, path: str, cut: Cut) -> bytes:
    found = _uncut(value, path, cut, "a JSON string of base64")
    try:
        if len(found) % 4 == 0 and found[-3:] not in SURPLUS:
            return pybase64.b64decode(found, validate=True)
    except ValueError:  # binascii.Error is one; so is text beyond ASCII
        pass
    raise mistyped(path, "base64 of the standard alphabet, padded, without line breaks")


def _read_integer(value: Any, shape: Shape, path: str, cut: Cut) -> int:
    bits = INTEGERS[shape.kind]
    if isinstance(value, float) and value.is_integer():  # some languages print 1.0 for 1
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
        raise mistyped(path, f"a whole number of {bits + 1} bits")
    return value


def _read_float(value: Any, shape: Shape, path: str, cut: Cut) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(number := float(value)):
            raise mistyped(path, "a finite number")
    except OverflowError:
        raise mistyped(path, "a finite number") from None
    return number


def _read_boolean(value: Any, shape: Shape, path: str, cut: Cut) -> bool:
    if not isinstance(value, bool):
        raise mistyped(path, "true or false")
    return value


def _read_timestamp(value: Any, shape: Shape, path: str, cut: Cut) -> datetime:
    try:
        return datetime.fromtimestamp(_read_float(value, shape, path, cut), UTC)
    except (ValueError, OverflowError, OSError):
        raise mistyped(path, "a time in seconds since 1970, before the year 10000") from None


_READERS: Mapping[Kind, Callable[[Any, Shape, str, Cut], Any]] = {
    "string": _read_string,
    "blob": _read_blob,
    "integer": _read_integer,
    "long": _read_integer,
    "float": _read_float,
    "double": _read_float,
    "boolean": _read_boolean,
    "timestamp": _read_timestamp,
}


def violations(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """Yield AWS's sentence for every constraint of `shape` that the (already typed) value breaks."""
    if value is None:
        yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        return
    for broken, rule in _rules(value, shape):
        if broken:
            yield f"Value {shown(value)} at '{path}' failed to satisfy constraint: {rule()}"
    if shape.kind == "structure":
        for name, member in shape.members.items():
            if name in value or name in shape.required:
                yield from violations(value.get(name), member, _below(path, name))
    elif shape.kind == "list":
        assert shape.element is not None
        if shape.element.kind in ("structure", "list", "map") or None in value:
            for place, one in enumerate(value, 1):
                yield from violations(one, shape.element, f"{path}.{place}.member")
        else:
            yield from _violations_within(value, value, shape.element, path, "Member")
    elif shape.kind == "map":
        assert shape.key is not None
        assert shape.element is not None
        yield from _violations_within(value, value.keys(), shape.key, path, "Map keys")
        if shape.element.kind in ("structure", "list", "map"):
            for name, one in value.items():
                yield from violations(one, shape.element, f"{path}.{shortened(name)}.member")
        else:
            yield from _violations_within(value, value.values(), shape.element, path, "Map value")


def _violations_within(whole: Any, parts: Any, shape: Shape, path: str, which: str) -> Iterator[str]:
    """Yield the one sentence AWS has for simple elements: it names all rules, not the element at fault."""
    if any(broken for one in parts for broken, _ in _rules(one, shape)):
        rules = f"[{', '.join(rule() for _, rule in _rules(next(iter(parts)), shape))}]"
        yield f"Value {shown(whole)} at '{path}' failed to satisfy constraint: {which} must satisfy constraint: {rules}"


def _rules(value: Any, shape: Shape) -> Iterator[tuple[bool, Callable[[], str]]]:
    """Yield every rule of the shape itself: whether the value breaks it, and its text, not made until it is asked for.

    Formatting before there is an error once doubled the time it took to read a picture.
    """
    if shape.kind not in ("structure", "boolean", "timestamp"):
        measured = "length" if hasattr(value, "__len__") else "value"
        size = len(value) if measured == "length" else value
        most, least = shape.most, shape.least
        if most is not None:
            yield size > most, lambda: f"Member must have {measured} less than or equal to {most}"
        if least is not None:
            yield size < least, lambda: f"Member must have {measured} greater than or equal to {least}"
    if shape.expression is not None:
        yield (
            _unmatched(value, shape, shape.expression),
            lambda: f"Member must satisfy regular expression pattern: {shape.pattern}",
        )
    if shape.enum:
        yield value not in shape.enum, lambda: f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _unmatched(text: str, shape: Shape, expression: re.Pattern[str]) -> bool:
    """Whether a text of acceptable length does not match; a longer one is refused for its length alone."""
    if shape.most is None:
        return len(text) > MOST_MATCHED or not expression.fullmatch(text)
    return len(text) <= shape.most and not expression.fullmatch(text)


def shown(value: Any) -> str:
    """Return a value as AWS shows it in a sentence: in quotes, bytes as Java's buffer, nothing long."""
    return f"'{shortened(_shown(value))}'"


def _shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case bytes():
            return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
        case list():
            return f"[{', '.join(_shown(one) for one in value[:10])}]"
        case dict():
            pairs = list(cast(dict[str, Any], value).items())[:10]
            return f"{{{', '.join(f'{name}={_shown(one)}' for name, one in pairs)}}}"
        case str():
            return value[:1000] if len(value) > 1000 else value
        case _:
            return str(value)


def invalid(broken: Sequence[str]) -> WireError:
    """Return the ValidationException for these sentences, in their order."""
    errors = "error" if len(broken) == 1 else "errors"
    listed = "; ".join(broken[:MOST_LISTED])
    return WireError("ValidationException", f"{len(broken)} validation {errors} detected: {listed}")


def serialise(response: Mapping[str, Any], shape: Shape) -> bytes:
    """Return the response as JSON in UTF-8, without the members that are None.

    Raises `ValueError` for a member that the shape lacks, and for a value of the wrong type: floats that are
    not finite, datetimes without a zone, None in a list. Constraints are not looked at; tests do, with `violations`.
    """
    return json.dumps(
        _written(response, shape, shape.name), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()


def _written(value: Any, shape: Shape, path: str) -> Any:
    match shape.kind:
        case "structure":
            given = _of_type(value, Mapping, path)
            if unknown := given.keys() - shape.members.keys():
                raise ValueError(f"{path} has no member {', '.join(sorted(map(str, unknown)))}")
            return {
                name: _written(one, shape.members[name], f"{path}.{name}")
                for name, one in given.items()
                if one is not None
            }
        case "list":
            assert shape.element is not None
            if isinstance(value, str | bytes):
                raise ValueError(f"{path} should be a sequence, not {type(value).__name__}")
            return [
                _written(one, shape.element, f"{path}[{place}]")
                for place, one in enumerate(_of_type(value, Sequence, path))
            ]
        case "map":
            assert shape.element is not None
            return {
                _of_type(name, str, f"{path} name"): _written(one, shape.element, f"{path}[{name}]")
                for name, one in _of_type(value, Mapping, path).items()
                if one is not None
            }
        case _:
            return _WRITERS[shape.kind](value, shape, path)


def _of_type(value: Any, kind: Any, path: str) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{path} should be {kind.__name__}, not {type(value).__name__}")
    return value


def _write_string(value: Any, shape: Shape, path: str) -> str:
    if shape.json_text:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    return cast(str, _of_type(value, str, path))


def _write_blob(value: Any, shape: Shape, path: str) -> str:
    return binascii.b2a_base64(_of_type(value, bytes, path), newline=False).decode("ascii")


def _write_integer(value: Any, shape: Shape, path: str) -> int:
    bits = INTEGERS[shape.kind]
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
        raise ValueError(f"{path} should be a whole number of {bits + 1} bits, not {type(value).__name__}")
    return int(value)


def _write_float(value: Any, shape: Shape, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{path} should be a finite number")
    if shape.kind == "double":
        return float(value)
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        raise ValueError(f"{path} is too large for a float of 32 bits") from None


def _write_boolean(value: Any, shape: Shape, path: str) -> bool:
    return cast(bool, _of_type(value, bool, path))


def _write_timestamp(value: Any, shape: Shape, path: str) -> float:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{path} should be a datetime that knows its zone")
    return round(value.timestamp(), 3)


_WRITERS: Mapping[Kind, Callable[[Any, Shape, str], Any]] = {
    "string": _write_string,
    "blob": _write_blob,
    "integer": _write_integer,
    "long": _write_integer,
    "float": _write_float,
    "double": _write_float,
    "boolean": _write_boolean,
    "timestamp": _write_timestamp,
}
