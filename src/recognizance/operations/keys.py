"""Ours, not Rekognition's: access keys made, listed, rotated, changed and ended, and the sessions of a key.

Nobody makes, changes or takes over a key that may do more, or longer, than theirs, and a key stays one person's;
ending one is open to whoever governs. A session does none of this: what it leaves behind would outlive it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from recognizance import shapes
from recognizance.accountability import keys, sessions
from recognizance.accountability.keys import AccessKey, Draft
from recognizance.accountability.sessions import Session
from recognizance.database import Tx
from recognizance.errors import AccessDenied, InvalidParameter, NotFound
from recognizance.operations import pages
from recognizance.operations.call import Call, operation
from recognizance.operations.wording import person_or_none, said, said_or_none
from recognizance.values import Act, Caller, Key, Kind, Stated

LISTED = 100  # keys on a page
NAME, STATED, WHY = 128, 256, 1000  # characters at most


@operation("CreateKey", Act.GOVERN)
def create_key(call: Call, request: shapes.CreateKeyRequest) -> shapes.CreateKeyResponse:
    """Make an access key; its secret is in the answer and can never be read again."""
    caller = _no_session(call)
    draft = Draft(
        name=said(request["Name"], "Name", NAME),
        roles=_roles(caller, request["Roles"]),
        person=person_or_none(request.get("Person"), "Person", NAME),
        purpose=said_or_none(request.get("Purpose"), "Purpose", STATED),
        expires_at=_end(call, request.get("ExpiresAt")),
    )
    made_id, secret = call.tools.keyring.new_id(), call.tools.keyring.new_secret()
    wrapped = call.tools.keyring.wrapped(made_id, secret)

    _note(call, made_id, draft)
    with call.write() as tx:
        made = keys.create(
            tx, caller.account, made_id, wrapped, draft, made_by=caller.access_key, line=made_id, now=_now(call)
        )
    call.tools.controls.changed()
    return {"AccessKeyId": made.id, "SecretAccessKey": secret, "Key": _described(call, made)}


@operation("ListKeys", Act.GOVERN)
def list_keys(call: Call, request: shapes.ListKeysRequest) -> shapes.ListKeysResponse:
    """List the keys that operations made, in that order; the root key is not among them."""
    limit = request.get("MaxResults", LISTED)
    after = int(pages.start(call, request) or 0)

    found = keys.listed(call.tools.database, call.ask.caller.account, after=after, limit=limit)

    call.note(listed=len(found))
    answer: shapes.ListKeysResponse = {"Keys": [_described(call, one) for one in found]}
    if len(found) == limit:
        answer["NextToken"] = pages.after(call, request, str(found[-1].number))
    return answer


@operation("RotateKey", Act.GOVERN)
def rotate_key(call: Call, request: shapes.RotateKeyRequest) -> shapes.RotateKeyResponse:
    """Make a key that takes another's place; neither is good for longer than the old one was, or than the caller's."""
    caller = _no_session(call)
    made_id, secret = call.tools.keyring.new_id(), call.tools.keyring.new_secret()
    wrapped = call.tools.keyring.wrapped(made_id, secret)

    call.note(asked=call.tools.seal.digest(request["AccessKeyId"]), overlap=request["OverlapSeconds"])
    with call.write() as tx:
        old, now = _own_to_change(call, tx, request["AccessKeyId"]), _now(call)
        if old.state(now) == "expired":
            raise InvalidParameter(f"The access key {old.id} has expired; make another, or give it another end first.")
        draft = Draft(old.name, old.roles, old.person, old.purpose, _no_later(call, old.expires_at))
        made = keys.create(
            tx, caller.account, made_id, wrapped, draft, made_by=caller.access_key, line=old.line, now=now
        )
        ending = keys.let_end(tx, old, timedelta(seconds=request["OverlapSeconds"]), now)
        call.note(key=old.id, made=made.id)
    call.tools.controls.changed()
    return {
        "AccessKeyId": made.id,
        "SecretAccessKey": secret,
        "Key": _described(call, made),
        "Rotated": _described(call, ending),
    }


@operation("RevokeKey", Act.GOVERN)
def revoke_key(call: Call, request: shapes.RevokeKeyRequest) -> shapes.RevokeKeyResponse:
    """End a key, and with it its sessions, now and for good."""
    caller, why = _no_session(call), said(request["Why"], "Why", WHY)
    _not_root(call, request["AccessKeyId"])

    call.note(asked=call.tools.seal.digest(request["AccessKeyId"]), why=call.tools.seal.digest(why))
    with call.write() as tx:
        found = keys.locked(tx, caller.account, request["AccessKeyId"])
        keys.check_there(found)
        ended = keys.revoke(tx, found, why, _now(call))
        call.note(key=ended.id)
    call.tools.controls.changed()
    return {"Key": _described(call, ended)}


@operation("UpdateKey", Act.GOVERN)
def update_key(call: Call, request: shapes.UpdateKeyRequest) -> shapes.UpdateKeyResponse:
    """Change what a key is called, what it is for and when it ends; nobody changes their own, and no key its person."""
    caller = _no_session(call)
    if request["AccessKeyId"] == caller.access_key:
        raise AccessDenied("A key does not change itself. Use another key.")
    if "ExpiresAt" in request and request.get("NeverExpires"):
        raise InvalidParameter("Give either ExpiresAt or NeverExpires, and not both.")

    call.note(asked=call.tools.seal.digest(request["AccessKeyId"]))
    with call.write() as tx:
        old = _own_to_change(call, tx, request["AccessKeyId"])
        draft = Draft(old.name, old.roles, old.person, old.purpose, old.expires_at)
        if "Name" in request:
            draft = replace(draft, name=said(request["Name"], "Name", NAME))
        if "Person" in request:
            _check_same(old.person, person_or_none(request["Person"], "Person", NAME))
        if "Roles" in request:
            draft = replace(draft, roles=_roles(caller, request["Roles"]))
        if "Purpose" in request:
            draft = replace(draft, purpose=said_or_none(request["Purpose"], "Purpose", STATED))
        if "ExpiresAt" in request or request.get("NeverExpires"):
            draft = replace(draft, expires_at=_end(call, request.get("ExpiresAt")))
        _note(call, old.id, draft)
        changed = keys.change(tx, old, draft)
    call.tools.controls.changed()
    return {"Key": _described(call, changed)}


@operation("CreateSession", Act.GOVERN)
def create_session(call: Call, request: shapes.CreateSessionRequest) -> shapes.CreateSessionResponse:
    """Make short-lived credentials for a key, narrowed as asked; nothing is kept of them but this call's entry."""
    issuer, now, keyring = _issuer(call, request.get("AccessKeyId")), _now(call), call.tools.keyring
    roles = frozenset(request["Roles"]) if "Roles" in request else None
    if roles is not None:
        keys.check_roles(replace(call.ask.caller, roles=issuer.roles), roles)
    stated = Stated(
        purpose=said_or_none(request.get("Purpose"), "Purpose", STATED) or issuer.stated.purpose,
        case=said_or_none(request.get("Case"), "Case", STATED),
        authorisation=request.get("Authorisation"),
    )
    if len(request.get("Collections", ())) > sessions.MOST_COLLECTIONS:
        raise InvalidParameter(f"A session is for {sessions.MOST_COLLECTIONS} collections at most.")
    if stated.authorisation and call.tools.controls.authorisation(issuer.account, stated.authorisation) is None:
        raise NotFound(f"The authorisation {stated.authorisation} does not exist.")
    wanted = now + timedelta(seconds=request["DurationSeconds"])
    session = Session(
        id=keyring.new_id(sessions.PREFIX),
        secret=keyring.new_secret(),
        issuer=issuer.access_key_id,
        account=issuer.account,
        expires_at=(wanted if issuer.expires_at is None else min(wanted, issuer.expires_at)).replace(microsecond=0),
        stated=stated,
        roles=roles,
        collections=frozenset(request["Collections"]) if "Collections" in request else None,
    )

    call.note(
        session=session.id,
        of=session.issuer,
        until=session.expires_at.isoformat(),
        roles=None if roles is None else sorted(roles),
        collections=None if session.collections is None else call.digests(sorted(session.collections)),
        meant=call.tools.seal.digest("\n".join(value or "" for value in (stated.purpose, stated.case))),
    )
    return {
        "AccessKeyId": session.id,
        "SecretAccessKey": session.secret,
        "SessionToken": keyring.sealing().token(session),
        "Expiration": session.expires_at,
    }


def _now(call: Call) -> datetime:
    return call.tools.controls.now()


def _no_session(call: Call) -> Caller:
    caller = call.ask.caller
    if caller.kind is Kind.SESSION:
        raise AccessDenied("A session makes and changes no keys and no sessions. Use the key it was made with.")
    return caller


def _not_root(call: Call, access_key_id: str) -> None:
    if call.ask.caller.kind is Kind.ROOT and call.ask.caller.access_key == access_key_id:
        raise InvalidParameter(
            "The root key is not one that operations change or end. Give the server another in its settings, or remove "
            "its file from the data folder and start it again."
        )


def _own_to_change(call: Call, tx: Tx, access_key_id: str) -> AccessKey:
    """Return a key that the caller may change, because theirs may do all that it may."""
    _not_root(call, access_key_id)
    found = keys.locked(tx, call.ask.caller.account, access_key_id)
    keys.check_usable(found)
    if not keys.covers(call.ask.caller.roles, found.roles):
        raise AccessDenied(f"The access key {found.id} has roles that yours has not, so it is not yours to change.")
    return found


def _roles(caller: Caller, asked: list[str]) -> frozenset[str]:
    roles = frozenset(asked)
    keys.check_roles(caller, roles)
    return roles


def _end(call: Call, asked: datetime | None) -> datetime | None:
    """Return when a key is to end: not before it begins, and not after the key that says so."""
    end = None if asked is None else asked.astimezone(UTC)
    now = _now(call)
    if end is not None and end <= now:
        raise InvalidParameter(f"ExpiresAt should be in the future: here it is {now:%Y-%m-%d %H:%M} UTC.")
    within = _no_later(call, end)
    if end is not None and within != end:
        raise AccessDenied(f"A key that ends on {within:%Y-%m-%d %H:%M} UTC gives no key a later end.")
    return within


def _no_later(call: Call, end: datetime | None) -> datetime | None:
    """Return an end, or that of the key that asks where it comes sooner; None for never."""
    maker = call.tools.keyring.key(call.ask.caller.access_key)
    ends = [at for at in (end, None if maker is None else maker.expires_at) if at is not None]
    return min(ends, default=None)


def _check_same(person: str | None, asked: str | None) -> None:
    """Raise `InvalidParameter` where a key would be another person's: what it did would then seem to be theirs."""
    if asked == person or (asked is not None and person is not None and keys.folded(asked) == keys.folded(person)):
        return
    raise InvalidParameter("The person of a key is not changed: make a new key for the other person.")


def _issuer(call: Call, named: str | None) -> Key:
    """Return the key that a session is made for: the caller's own, and another only where the data lies."""
    caller = _no_session(call)
    if named is not None and caller.kind is not Kind.LOCAL and named != caller.access_key:
        raise AccessDenied("A session is made with the key it is for, or at the command line of the server's machine.")
    if named is None and caller.kind is Kind.LOCAL:
        raise InvalidParameter("AccessKeyId should name the key that the session is for.")
    if caller.kind is Kind.ROOT:
        return Key(caller.access_key, "", caller.account, Kind.ROOT, roles=caller.roles, stated=caller.stated)
    found = call.tools.keyring.key(named or caller.access_key)
    if found is None or found.account != caller.account:
        raise NotFound(f"There is no access key {named} that is good now; the root key makes sessions for itself only.")
    return found


def _note(call: Call, access_key_id: str, draft: Draft) -> None:
    seal = call.tools.seal
    call.note(
        key=access_key_id,
        roles=sorted(draft.roles),
        name=seal.digest(draft.name),
        person=None if draft.person is None else seal.digest(draft.person),
        default_purpose=None if draft.purpose is None else seal.digest(draft.purpose),
        until=None if draft.expires_at is None else draft.expires_at.isoformat(),
    )


def _described(call: Call, key: AccessKey) -> shapes.AccessKeyDescription:
    described: shapes.AccessKeyDescription = {
        "AccessKeyId": key.id,
        "Name": key.name,
        "Roles": sorted(key.roles),
        "State": key.state(_now(call)),
        "MadeBy": key.made_by,
        "CreatedAt": key.created_at,
    }
    if key.person is not None:
        described["Person"] = key.person
    if key.purpose is not None:
        described["Purpose"] = key.purpose
    if key.expires_at is not None:
        described["ExpiresAt"] = key.expires_at
    if key.rotated_at is not None:
        described["RotatedAt"] = key.rotated_at
    if key.revoked_at is not None:
        described |= {"RevokedAt": key.revoked_at, "RevokedWhy": key.revoked_why or ""}
    return described
