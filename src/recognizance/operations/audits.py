"""Ours, not Rekognition's: audits on record, and what they found, until somebody has answered for it.

A report is known here by its SHA-256; the report itself, and the pictures it is of, stay with whoever made it.
"""

from __future__ import annotations

from recognizance import shapes
from recognizance.accountability import findings, ledger
from recognizance.accountability.findings import Audit, Finding, Said
from recognizance.database import Reader
from recognizance.operations import pages
from recognizance.operations.call import Call, operation
from recognizance.operations.wording import said, said_or_none
from recognizance.values import Act

LISTED = 100  # on a page
KIND, GROUP, TEXT = 128, 256, 1000  # characters at most


@operation("RecordAudit", Act.AUDIT)
def record_audit(call: Call, request: shapes.RecordAuditRequest) -> shapes.RecordAuditResponse:
    """Put an audit on record by its report's digest; each of its findings opens with a clock of 90 days.

    The same report recorded again opens none.
    """
    found = [_said(one) for one in request.get("Findings", [])]
    summary, tools = said(request["Summary"], "Summary", TEXT), call.tools
    caller, now = call.ask.caller, tools.controls.now()

    call.note(protocol=request["Protocol"], report=request["Digest"], summary=tools.seal.digest(summary))
    with call.write() as tx:
        tx.alone()
        draft = Audit(
            number=0,
            id=tools.new_id(),
            account=caller.account,
            protocol=request["Protocol"],
            digest=request["Digest"],
            summary=summary,
            entry=ledger.standing(tx).tree.size + 1,  # this call's: no other is added before the transaction ends
            at=now,
            by=caller.access_key,
            findings=len(found),
        )
        kept, opened = findings.record(tx, draft, found, tools.new_id, now)
        again = kept.id != draft.id
        call.note(audit=kept.id, again=again, findings=[one.id for one in opened])
        _note_standing(call, tx)

    return {
        "AuditId": kept.id,
        "LedgerEntry": kept.entry,
        "Again": again,
        "Findings": [{"FindingId": one.id, "DueAt": one.due_at} for one in opened],
    }


@operation("ListAudits", Act.AUDIT)
def list_audits(call: Call, request: shapes.ListAuditsRequest) -> shapes.ListAuditsResponse:
    """List the audits on record, in the order they were recorded."""
    limit, after = request.get("MaxResults", LISTED), int(pages.start(call, request) or 0)

    found = findings.audits(
        call.tools.database, call.ask.caller.account, after=after, limit=limit, protocol=request.get("Protocol")
    )

    call.note(listed=len(found))
    answer: shapes.ListAuditsResponse = {"Audits": [_audit(one) for one in found]}
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, str(found[-1].number))
    return answer


@operation("ListFindings", Act.AUDIT)
def list_findings(call: Call, request: shapes.ListFindingsRequest) -> shapes.ListFindingsResponse:
    """List findings in the order they were opened, each in the state it has by now, and count those not closed."""
    limit, after = request.get("MaxResults", LISTED), int(pages.start(call, request) or 0)
    reader, account, now = call.tools.database, call.ask.caller.account, call.tools.controls.now()

    found = findings.listed(
        reader,
        account,
        now=now,
        after=after,
        limit=limit,
        state=request.get("State"),
        audit=request.get("AuditId"),
    )
    still, overdue = findings.standing(reader, now, account)

    call.note(listed=len(found), findings_open=still, findings_overdue=overdue)
    answer: shapes.ListFindingsResponse = {
        "Findings": [_finding(one) for one in found],
        "Open": still,
        "Overdue": overdue,
    }
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, str(found[-1].number))
    return answer


@operation("CloseFinding", Act.GOVERN)
def close_finding(call: Call, request: shapes.CloseFindingRequest) -> shapes.CloseFindingResponse:
    """Put down how a finding was answered, once and for all, and which later audit shows it, where one does."""
    note, name, caller = said(request["Note"], "Note", TEXT), request["FindingId"], call.ask.caller
    now, shown_by = call.tools.controls.now(), request.get("Digest")

    call.note(asked=call.tools.seal.digest(name), note=call.tools.seal.digest(note), shown_by=shown_by)
    with call.write() as tx:
        closed = findings.close(tx, caller.account, name, note=note, shown_by=shown_by, by=caller.access_key, now=now)
        call.note(finding=closed.id, audit=closed.audit, late=closed.due_at <= now, days=(now - closed.opened_at).days)
        _note_standing(call, tx)
    return {"Finding": _finding(closed)}


def _said(one: shapes.AuditFinding) -> Said:
    """Return a finding as it is kept. Raises `InvalidParameter` where it says nothing, or hides signs."""
    return Said(
        said(one["Kind"], "Kind", KIND),
        said_or_none(one.get("Group"), "Group", GROUP) or "",
        said(one["Said"], "Said", TEXT),
    )


def _note_standing(call: Call, reader: Reader) -> None:
    """Have the entry say how many findings are open and overdue after it: reports have it from there."""
    still, overdue = findings.standing(reader, call.tools.controls.now(), call.ask.caller.account)
    call.note(findings_open=still, findings_overdue=overdue)


def _audit(one: Audit) -> shapes.AuditDescription:
    return {
        "AuditId": one.id,
        "Protocol": one.protocol,
        "Digest": one.digest,
        "Summary": one.summary,
        "LedgerEntry": one.entry,
        "RecordedAt": one.at,
        "RecordedBy": one.by,
        "Findings": one.findings,
    }


def _finding(one: Finding) -> shapes.FindingDescription:
    described: shapes.FindingDescription = {
        "FindingId": one.id,
        "AuditId": one.audit,
        "Protocol": one.protocol,
        "AuditDigest": one.digest,
        "Kind": one.what.kind,
        "Group": one.what.group,
        "Said": one.what.said,
        "State": one.state,
        "OpenedAt": one.opened_at,
        "DueAt": one.due_at,
    }
    if one.closed_at is not None:
        described |= {"ClosedAt": one.closed_at, "ClosedBy": one.closed_by or "", "Note": one.note or ""}
    if one.shown_by is not None:
        described["ShownBy"] = one.shown_by
    return described
