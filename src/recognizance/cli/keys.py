"""`recognizance keys`: who may ask, and until when. A secret goes to standard output once, and nowhere else."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.made import Answer, Asking

COLUMNS = ("access key", "name", "person", "roles", "state", "ends (UTC)")

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The access key's id.", show_default=False)]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.", show_default=False)]


def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.", show_default=False)],
    role: Annotated[
        list[str],
        typer.Option(
            metavar="ROLE",
            help="What it is for: admin, user, enroller, searcher, reader, reviewer, auditor or governor; "
            "may be given again.",
            show_default=False,
        ),
    ],
    person: Annotated[str | None, typer.Option(metavar="NAME", help="Who uses it, where one person does.")] = None,
    purpose: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The purpose of requests that state none.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, metavar="N", help="After how many days it ends.")] = None,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Make an access key, and show its secret this once."""
    request: dict[str, Any] = {"Name": name, "Roles": role}
    if person is not None:
        request["Person"] = person
    if purpose is not None:
        request["Purpose"] = purpose
    given = made.of(context)
    if days is not None:
        request["ExpiresAt"] = given.now() + timedelta(days=days)
    answer = asked(context, data, "CreateKey", request)
    _show(answer, as_json)


def list_keys(context: typer.Context, as_json: made.Json = False, data: made.Data = None) -> None:
    """List the access keys that were made, without their secrets. The root key is not among them."""
    found = listed(context, data, "ListKeys", "Keys")
    if as_json:
        output.as_json({"Keys": found})
    elif not found:
        output.line("No access keys but the root key.")
    else:
        output.table(COLUMNS, [_row(one) for one in found], left=len(COLUMNS))


def rotate(
    context: typer.Context,
    key: KeyId,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=168, metavar="N", help="For how many hours the old key stays good.")
    ] = 24,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Make a key that takes another's place, and show its secret this once."""
    request = {"AccessKeyId": key, "OverlapSeconds": overlap_hours * 3600}
    answer = asked(context, data, "RotateKey", request)
    _show(answer, as_json)
    if not as_json:
        ends = time_of(answer["Rotated"]["ExpiresAt"])
        typer.echo(f"{output.shown(key)} is good until {ends} UTC.", err=True)


def revoke(context: typer.Context, key: KeyId, why: Why, as_json: made.Json = False, data: made.Data = None) -> None:
    """End an access key, and the sessions made with it, now and for good."""
    answer = asked(context, data, "RevokeKey", {"AccessKeyId": key, "Why": why})
    if as_json:
        output.as_json(answer)
    else:
        output.line(f"{output.shown(key)} ({output.shown(answer['Key']['Name'])}) is revoked.")


def session(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    key: KeyId,
    minutes: Annotated[
        int, typer.Option(min=1, max=720, metavar="N", help="For how long; it ends with its key at the latest.")
    ] = 60,
    role: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE", help="Of the key's roles, one the session has; may be given again. Else: all."),
    ] = None,
    collection: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A collection it may name; may be given again. Else: any."),
    ] = None,
    purpose: Annotated[str | None, typer.Option(metavar="TEXT", help="The only purpose it may state.")] = None,
    case: Annotated[str | None, typer.Option(metavar="TEXT", help="The only case it may state.")] = None,
    authorisation: Annotated[str | None, typer.Option(metavar="ID", help="The only one it may state.")] = None,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Make short-lived credentials for a key, as lines that a shell sets them with.

    eval "$(recognizance keys session ID --minutes 60 --purpose TEXT --case TEXT)"
    """
    wished = {
        "Roles": role or None,
        "Collections": collection or None,
        "Purpose": purpose,
        "Case": case,
        "Authorisation": authorisation,
    }
    request = {"AccessKeyId": key, "DurationSeconds": minutes * 60}
    answer = asked(context, data, "CreateSession", request | {name: one for name, one in wished.items() if one})
    if as_json:
        output.as_json(answer)
        return
    for name, member in (
        ("AWS_ACCESS_KEY_ID", "AccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
        ("AWS_SESSION_TOKEN", "SessionToken"),
    ):
        typer.echo(f"export {name}={shlex.quote(answer[member])}")
    typer.echo(f"Good until {time_of(answer['Expiration'])} UTC.", err=True)


def asked(context: typer.Context, data: Any, operation: str, request: dict[str, Any]) -> Answer:
    """Return what an operation answers to the command line of the machine that holds the data."""
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with given.asking(settings, purpose=None, case=None, looks=False) as ask:
        return ask(operation, request)


def listed(context: typer.Context, data: Any, operation: str, member: str, **request: Any) -> list[dict[str, Any]]:
    """Return everything that an operation lists, of all its pages."""
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with given.asking(settings, purpose=None, case=None, looks=False) as ask:
        return _pages(ask, operation, member, request)


def time_of(at: datetime) -> str:
    """Return a time in UTC as people read it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _pages(ask: Asking, operation: str, member: str, request: dict[str, Any]) -> list[dict[str, Any]]:
    found = list[dict[str, Any]]()
    while True:
        answer = ask(operation, request)
        found += answer[member]
        if "NextToken" not in answer:
            return found
        request = request | {"NextToken": answer["NextToken"]}


def _show(answer: Answer, as_json: bool) -> None:
    if as_json:
        output.as_json(answer)
        return
    typer.echo(f"AWS_ACCESS_KEY_ID={answer['AccessKeyId']}")
    typer.echo(f"AWS_SECRET_ACCESS_KEY={answer['SecretAccessKey']}")
    typer.echo("The secret is shown this once.", err=True)


def _row(one: dict[str, Any]) -> list[str]:
    ends = time_of(one["ExpiresAt"]) if "ExpiresAt" in one else "-"
    texts = (one["AccessKeyId"], one["Name"], one.get("Person", "-"), " ".join(one["Roles"]), one["State"], ends)
    return [output.shown(text) for text in texts]
