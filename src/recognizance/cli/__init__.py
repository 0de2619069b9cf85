"""The command line: it asks the one door and shows the answer; it decides nothing.

What a person reads goes to stdout, with colour and rules on a terminal and as plain lines elsewhere;
complaints, notes and progress go to stderr. `--json` puts one JSON object on stdout and nothing else.
Exit status: 0 done, 1 something failed, 2 the command or what it was given makes no sense, 130 stopped
with Ctrl-C.
"""

from __future__ import annotations

from typing import Annotated

import typer

from recognizance import __version__
from recognizance.cli import (
    audit,
    audit_attributes,
    audit_calibrate,
    audit_demographics,
    audit_detection,
    audit_findings,
    audit_gate,
    audit_identification,
    audit_labels,
    audit_live,
    audit_page,
    audit_quality,
    audit_replay,
    audit_verification,
    authorise,
    backup,
    bench,
    compare,
    detect,
    duplicates,
    export,
    import_,
    keys,
    ledger,
    ledger_check,
    ledger_export,
    ledger_verify,
    ledger_witness,
    models,
    policy,
    reembed,
    report,
    restore,
    review,
    serve,
    suspend,
)
from recognizance.cli.failures import plainly
from recognizance.cli.made import Made

__all__ = ["Made", "command_line"]


def command_line(made: Made) -> typer.Typer:
    """Return the whole command line, every command of which gets `made` handed in."""
    top = _group("A self-hosted Amazon Rekognition that answers for itself.")

    @top.callback()
    @plainly
    def begin(
        context: typer.Context,
        version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
    ) -> None:
        context.obj = context.obj or made  # who runs the same commands with other parts hands those in
        if version or context.invoked_subcommand is None:
            typer.echo(f"recognizance {__version__}" if version else context.get_help())
            raise typer.Exit

    top.command("serve")(plainly(serve.serve))
    top.command("detect")(plainly(detect.detect))
    top.command("compare")(plainly(compare.compare))
    top.command("import")(plainly(import_.import_))
    top.command("export")(plainly(export.export))
    top.command("restore")(plainly(restore.restore))
    top.command("backup")(plainly(backup.backup))
    top.command("reembed")(plainly(reembed.reembed))
    top.command("duplicates")(plainly(duplicates.duplicates))
    top.add_typer(_bench(), name="bench")
    top.add_typer(_models(), name="models")
    top.add_typer(_ledger(), name="ledger")
    top.add_typer(_audit(), name="audit")
    top.add_typer(_policy(), name="policy")
    top.add_typer(_keys(), name="keys")
    top.add_typer(_suspend(), name="suspend")
    top.command("resume")(plainly(suspend.resume))
    top.add_typer(_authorisation(), name="authorisation")
    top.add_typer(_review(), name="review")
    top.command("report")(plainly(report.report))
    top.command("disclose")(plainly(report.disclose))
    top.command("version")(plainly(_version))
    return top


def _bench() -> typer.Typer:
    group = _group("How fast this machine is at what the server does.", no_args_is_help=True)
    group.command("search")(plainly(bench.search))
    return group


def _models() -> typer.Typer:
    group = _group("The models this machine knows, has and trusts.", no_args_is_help=True)
    group.command("list")(plainly(models.list_models))
    group.command("install")(plainly(models.install))
    group.command("verify")(plainly(models.verify))
    return group


def _ledger() -> typer.Typer:
    group = _group("What was asked of this server, by whom, and what became of it.", no_args_is_help=True)
    group.command("list")(plainly(ledger.list_entries))
    group.command("key")(plainly(ledger_export.key))
    group.command("checkpoint")(plainly(ledger_export.checkpoint))
    group.command("export")(plainly(ledger_export.export))
    group.command("prove")(plainly(ledger_export.prove))
    group.command("verify")(plainly(ledger_verify.verify))
    group.command("check")(plainly(ledger_check.check))
    group.add_typer(_witness(), name="witness")
    return group


def _audit() -> typer.Typer:
    group = _group("How often this system is wrong, for whom, and what was done about it.", no_args_is_help=True)
    group.command("demographics")(plainly(audit_demographics.demographics))
    group.command("detection")(plainly(audit_detection.detection))
    group.command("quality")(plainly(audit_quality.quality))
    group.command("calibrate")(plainly(audit_calibrate.calibrate))
    group.command("gate")(plainly(audit_gate.gate))
    group.command("replay")(plainly(audit_replay.replay))
    group.command("identification")(plainly(audit_identification.identification))
    group.command("live")(plainly(audit_live.live))
    group.command("findings")(plainly(audit_findings.findings))
    group.command("close")(plainly(audit_findings.close))
    group.command("labels")(plainly(audit_labels.labels))
    group.command("attributes")(plainly(audit_attributes.attributes))
    group.command("verification")(plainly(audit_verification.verification))
    group.command("page")(plainly(audit_page.page))
    group.command("forget")(plainly(audit.forget))
    return group


def _review() -> typer.Typer:
    group = _group("Candidates that a search found and people have to look at first.", no_args_is_help=True)
    group.command("list")(plainly(review.list_reviews))
    group.command("show")(plainly(review.show))
    group.command("judge")(plainly(review.judge))
    group.command("reviewers")(plainly(review.reviewers))
    group.command("qualify")(plainly(review.qualify))
    group.command("seed")(plainly(review.seed))
    return group


def _keys() -> typer.Typer:
    group = _group("Who may ask this server, and until when.", no_args_is_help=True)
    group.command("create")(plainly(keys.create))
    group.command("list")(plainly(keys.list_keys))
    group.command("rotate")(plainly(keys.rotate))
    group.command("revoke")(plainly(keys.revoke))
    group.command("session")(plainly(keys.session))
    return group


def _suspend() -> typer.Typer:
    group = _group("Stop, in every process within a second, until `recognizance resume`.", no_args_is_help=True)
    group.command("all")(plainly(suspend.everything))
    group.command("act")(plainly(suspend.act))
    group.command("operation")(plainly(suspend.operation))
    group.command("collection")(plainly(suspend.collection))
    group.command("list")(plainly(suspend.list_suspensions))
    return group


def _authorisation() -> typer.Typer:
    group = _group("Leave to identify people in a case.", no_args_is_help=True)
    group.command("open")(plainly(authorise.open_request))
    group.command("decide")(plainly(authorise.decide))
    group.command("list")(plainly(authorise.list_authorisations))
    group.command("seal")(plainly(authorise.seal))
    return group


def _policy() -> typer.Typer:
    group = _group("What may be asked of this server: the rules, checked, tested and explained.", no_args_is_help=True)
    group.command("check")(plainly(policy.check))
    group.command("test")(plainly(policy.run_cases))
    group.command("explain")(plainly(policy.explain))
    group.command("schema")(plainly(policy.schema))
    group.command("adopt")(plainly(policy.adopt))
    return group


def _witness() -> typer.Typer:
    group = _group("Cosign another ledger's checkpoints, so that it cannot be rewritten unseen.", no_args_is_help=True)
    group.command("new")(plainly(ledger_witness.new))
    group.command("sign")(plainly(ledger_witness.sign))
    group.command("add")(plainly(ledger_witness.add))
    group.command("ask")(plainly(ledger_witness.ask))
    return group


def _group(text: str, *, no_args_is_help: bool = False) -> typer.Typer:
    # Plain help needs no rich, which keeps `--help` quick; Typer's own tracebacks print local variables,
    # and with them pictures and secrets.
    return typer.Typer(
        help=text,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=no_args_is_help,
        invoke_without_command=not no_args_is_help,
    )


def _version() -> None:
    """Print the version."""
    typer.echo(f"recognizance {__version__}")
