"""`recognizance policy`: whether a policy can be used, whether it answers as it should, and why it says what it says.

None of it needs a server or a model, and only `adopt` needs a database: it puts it under another policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import FAILED, Wrong
from recognizance.cli.going import count
from recognizance.cli.keys import Why

HOLD = "hold"
VERDICTS = {"allow": "allowed", "hold": "held for review", "deny": "denied"}

Named = Annotated[
    str | None, typer.Argument(metavar="[NAME|FOLDER]", help="A pack of ours, or a folder; none: the one in use.")
]


def check(context: typer.Context, named: Named = None, as_json: made.Json = False) -> None:
    """Parse a policy and hold it against the schema, as the server does when it starts."""
    told = _loaded(context, named).described()
    if as_json:
        output.as_json(told)
        return
    rules = told["Rules"]
    effects = Counter(_effect(rule) for rule in rules)
    output.line(f"{told['Name']}: {count(len(rules), 'rule')} in {count(len({r['File'] for r in rules}), 'file')}")
    output.line("  " + ", ".join(f"{number} {effect}" for effect, number in sorted(effects.items())))
    output.line(f"  roles: {', '.join(told['Roles'])}")
    output.line(f"  SHA-256 {told['Digest']}")
    output.line(f"  in {output.shown(told['Folder'])}")


def run_cases(
    context: typer.Context,
    named: Named = None,
    cases: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ask the cases of this table.  [default: the policy's own]")
    ] = None,
    each_rule: Annotated[
        bool, typer.Option("--each-rule", help="Also take out each rule in turn, and see that a case fails.")
    ] = False,
    as_json: made.Json = False,
) -> None:
    """Ask a policy every case of its table, and say which are answered otherwise than expected."""
    told = _loaded(context, named).tested(cases, each_rule=each_rule)
    if as_json:
        output.as_json(told)
    else:
        _show_tested(told)
    if told["Failed"] or told.get("Unnoticed"):
        raise typer.Exit(FAILED)


def explain(  # noqa: PLR0913 - a question has that many facts
    context: typer.Context,
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="What is asked for, as SearchFacesByImage.")],
    policy: Annotated[str | None, typer.Option(metavar="NAME|FOLDER", help="The policy.  [default: in use]")] = None,
    role: Annotated[list[str] | None, typer.Option(metavar="ROLE", help="A role of the key; repeatable.")] = None,
    person: Annotated[str | None, typer.Option(metavar="NAME", help="Who is behind the key.")] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="root, key, session, local or server.  [default: key]")
    ] = None,
    purpose: Annotated[str | None, typer.Option(metavar="TEXT", help="The purpose stated.")] = None,
    case: Annotated[str | None, typer.Option(metavar="TEXT", help="The case stated.")] = None,
    consent: Annotated[str | None, typer.Option(metavar="TEXT", help="The consent stated.")] = None,
    authorisation: Annotated[
        str | None,
        typer.Option(metavar="STATE[:HOURS]", help="An authorisation for that case, as granted or pending:12."),
    ] = None,
    probe: Annotated[
        str | None, typer.Option(metavar="KIND", help="What the picture is declared to be, as photo.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="TEXT", help="Where it is declared to come from.")] = None,
    edit: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="A declared edit; repeatable.")] = None,
    collection: Annotated[str | None, typer.Option(metavar="ID", help="The collection named.")] = None,
    faces: Annotated[int | None, typer.Option(min=0, metavar="N", help="How many faces it holds.")] = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A tag of it; repeatable.")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=100, metavar="T", help="The threshold.  [default: the operation's]")
    ] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An attribute asked for, as GENDER; repeatable.")
    ] = None,
    media: Annotated[str | None, typer.Option(metavar="KIND", help="still, video or live.  [default: still]")] = None,
    address: Annotated[str | None, typer.Option(metavar="IP", help="The client's address.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When, in ISO 8601.  [default: now]")] = None,
    as_json: made.Json = False,
) -> None:
    """Say what would be decided of a request, by which rule and why, and every other rule that speaks."""
    given = made.of(context)
    facts = {
        "operation": operation,
        "roles": role,
        "person": person,
        "kind": kind,
        "purpose": purpose,
        "case": case,
        "consent": consent,
        "authorisation": None if authorisation is None else _authorisation(authorisation),
        "probe": _probe(probe, source, edit),
        "collection": collection,
        "faces": faces,
        "tags": _tags(tag),
        "threshold": threshold,
        "attributes": attribute,
        "media": media,
        "address": address,
        "at": given.now() if at is None else _time(at),
    }
    told = _loaded(context, policy).explained({name: value for name, value in facts.items() if value is not None})
    if as_json:
        output.as_json(told)
    else:
        _show_explained(told)


def schema(context: typer.Context) -> None:
    """Print what a policy may speak of, as a Cedar schema: save it as .cedarschema for an editor that knows Cedar."""
    typer.echo(_loaded(context, None).schema, nl=False)


def adopt(
    context: typer.Context,
    named: Annotated[str, typer.Argument(metavar="NAME|FOLDER", help="A pack of ours, or a folder.")],
    why: Why,
    as_json: made.Json = False,
    data: made.Data = None,
) -> None:
    """Put the database under another policy, as the one in force allows; servers have to be started again."""
    given = made.of(context)
    told = given.load_policy(named=named).described()
    settings = given.settings(data=data, policy="")  # what is in force decides, whatever the shell says
    made.need_ledger(settings)
    name = named if named == told["Name"] else str(told["Folder"])
    with given.asking(settings, purpose=None, case=None, looks=False) as ask:
        answer = ask("AdoptPolicy", {"Policy": name, "Why": why})
    if as_json:
        output.as_json(answer)
        return
    output.line(f"The policy is {output.shown(answer['To'])} now, and was {output.shown(answer['From'])}.")
    output.line("Servers that are running answer nothing until they are started again.")


def _loaded(context: typer.Context, named: str | None) -> made.Told:
    given = made.of(context)
    return given.load_policy(named=named or given.policy_in_force(given.settings()))


def _show_tested(told: Mapping[str, Any]) -> None:
    for one in told["Failed"]:
        output.line(f"case {one['Case']}: {output.shown(one['Says'])}", indent=2)
        output.line(f"  expected {_outcome(one['Expected'])}", indent=4)
        output.line(f"  {one['Operation']} got {_outcome(one['Got'])}: {one['Got']['Reason']}", indent=4)
    for rule in told.get("Unnoticed", ()):
        output.line(f"no case misses {rule}")
    number = count(told["Cases"], "case")
    failed = len(told["Failed"])
    output.line(f"{told['Policy']}: {number}, {f'{failed} answered otherwise' if failed else 'all as expected'}")
    if "Unnoticed" in told and not failed and not told["Unnoticed"]:
        output.line("without any single rule, at least one case fails")


def _outcome(said: Mapping[str, Any]) -> str:
    by = "" if said["Rule"] is None else f" by {said['Rule']}"
    floor = "" if said["Floor"] is None else f", floor {said['Floor']:g}"
    return f"{said['Verdict']}{by}{floor}"


def _show_explained(told: Mapping[str, Any]) -> None:
    floor = "" if told["Floor"] is None else f", at {told['Floor']:g} or more"
    output.line(f"{told['Operation']} ({told['Act']}): {VERDICTS[told['Verdict']]}{floor}")
    output.line(f"  by {told['Rule']} of {told['Policy']}")
    output.line(f"  {output.shown(told['Reason'])}", indent=2)
    if told["RolesThatCould"]:
        output.line(f"  roles that could: {', '.join(told['RolesThatCould'])}", indent=2)
    for rule in told["Spoke"]:
        output.line()
        output.line(f"{rule['Id']} {_says(rule)}, {rule['File']}:{rule['Line']}")
        facts = {"why": rule["Reason"], "source": rule["Source"], "looks at": ", ".join(rule["LooksAt"])}
        for name, text in facts.items():
            if text:
                output.line(f"  {name:<8} {output.shown(text)}", indent=11)


def _says(rule: Mapping[str, Any]) -> str:
    if rule["Cure"] == HOLD:
        return "holds: people look before anything leaves"
    if rule["Cure"] is not None:
        return f"raises: the server applies {rule['To']:g}"
    return "refuses" if rule["Effect"] == "forbid" else "permits"


def _effect(rule: Mapping[str, Any]) -> str:
    return {"permit": "permit", "forbid": "refuse"}[rule["Effect"]] if rule["Cure"] is None else str(rule["Cure"])


def _authorisation(text: str) -> dict[str, Any]:
    state, _, hours = text.partition(":")
    try:
        return {"state": state, "hours": float(hours or 0)}
    except ValueError:
        raise Wrong(f"--authorisation {text} should be a state, and may have hours, as in pending:12") from None


def _probe(kind: str | None, source: str | None, edits: Sequence[str] | None) -> dict[str, Any] | None:
    if kind is None:
        if source is not None or edits:
            raise Wrong("--source and --edit should stand beside --probe")
        return None
    return {"kind": kind, "source": source or "", "edits": list(edits or ())}


def _tags(given: Sequence[str] | None) -> dict[str, str] | None:
    if given is None:
        return None
    pairs = [text.partition("=") for text in given]
    if wrong := [text for text, (name, sign, _) in zip(given, pairs, strict=True) if not name or not sign]:
        raise Wrong(f"--tag {wrong[0]} should be NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"--at {text} should be a time in ISO 8601, as 2026-11-23T12:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
