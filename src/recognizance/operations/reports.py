"""Ours, not Rekognition's: what the record says, for people: a period's transparency report, a case's disclosure.

Each is one text, canonical JSON, that whoever has the exported record computes again to the last byte. Its SHA-256
stands in the entry of the call, so that it can be shown later which text was given out.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from recognizance import shapes
from recognizance.accountability import disclosures, ledger, reports
from recognizance.accountability.disclosures import Asked
from recognizance.accountability.reports import Extent, Line, Period
from recognizance.database import Reader
from recognizance.errors import InvalidParameter
from recognizance.operations.call import Call, operation
from recognizance.values import Act

PAGE = 4000  # entries read at once


@operation("ReportUse", Act.AUDIT)
def report_use(call: Call, request: shapes.ReportUseRequest) -> shapes.ReportUseResponse:
    """Count what was asked of this server in a period, from its record alone."""
    when = reports.period(request["From"], request["To"])
    reader = call.tools.database
    size = _size(reader, request.get("TreeSize"))

    of = extent(reader, call.tools.ledger.signer.name, when, size)
    told = reports.report(lines(reader, of.reads_after, of.last), when, of)
    if request.get("Public", False):
        told = reports.published(told)

    text, digest = _text(told)
    call.note(after=of.after, size=of.last, public=bool(told["Public"]), report=digest)
    return {"Report": text, "Sha256": digest, "TreeSize": size}


@operation("DiscloseCase", Act.AUDIT)
def disclose_case(call: Call, request: shapes.DiscloseCaseRequest) -> shapes.DiscloseCaseResponse:
    """List every use for a case, in order, with what it takes to prove each."""
    seal, reader = call.tools.seal, call.tools.database
    asked = Asked(request["Case"], call.ask.caller.account, seal.digest(request["Case"]), after=request.get("After", 0))
    call.note(case=asked.digest)
    size = _size(reader, request.get("TreeSize"))

    told = disclosures.disclosure(lines(reader, 0, size), call.tools.ledger.signer.name, asked)

    text, digest = _text(told)
    call.note(size=size, uses=len(told["Uses"]), disclosure=digest)
    answer: shapes.DiscloseCaseResponse = {"Disclosure": text, "Sha256": digest, "TreeSize": size}
    if told["Next"] is not None:
        answer["Next"] = told["Next"]
    return answer


def _size(reader: Reader, asked: int | None) -> int:
    size = ledger.standing(reader).tree.size
    if asked is not None and asked > size:
        raise InvalidParameter(f"The ledger has {size} entries, fewer than TreeSize: {asked}.")
    return size if asked is None else asked


def extent(reader: Reader, origin: str, when: Period, size: int) -> Extent:
    """Return which entries a report is of, of the first `size`: their times only rise, so few have to be read."""
    after = _first(reader, when.begins, size) - 1
    last = _first(reader, when.ends, size, past=True) - 1
    tree = ledger.tree(reader)
    return Extent(
        origin=origin,
        reads_after=_first(reader, when.looked_back, size) - 1,
        after=after,
        last=last,
        root_before=tree.frontier(after).root.hex(),
        root=tree.frontier(last).root.hex(),
        ended=last < size,
    )


def _first(reader: Reader, at: str, size: int, *, past: bool = False) -> int:
    """Return the number of the first of `size` entries of a time or later (past it, where asked); else one more."""
    low, high = 1, size + 1
    while low < high:
        middle = (low + high) // 2
        (leaf,) = ledger.leaves(reader, after=middle - 1, upto=middle, limit=1)
        found = reports.at_of(leaf.text)
        if found > at or (found == at and not past):
            high = middle
        else:
            low = middle + 1
    return low


def lines(reader: Reader, after: int, upto: int) -> Iterator[Line]:
    """Give the entries past number `after`, up to `upto`, in order, some thousands read at once."""
    while page := ledger.leaves(reader, after=after, upto=upto, limit=PAGE):
        for one in page:
            yield one.text, one.statement
        after += len(page)


def _text(told: dict[str, object]) -> tuple[str, str]:
    text = reports.text_of(told)
    return text, sha256(text.encode()).hexdigest()
