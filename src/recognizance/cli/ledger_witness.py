"""`recognizance ledger witness`: a second party that keeps a ledger's checkpoints, and cosigns only what grew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recognizance.cli import made, output
from recognizance.cli.failures import Failed, Wrong
from recognizance.errors import LedgerBroken, NoteWrong

if TYPE_CHECKING:
    from recognizance.accountability.notes import Note, Signer, Verifier
    from recognizance.accountability.witnessing import State

LONGEST = 128 * 1024  # bytes of what a witness is asked


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The witness's name, such as example.net/witness.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to keep the secret key, for you only.", show_default=False)
    ],
) -> None:
    """Make a witness's key: the secret into a file, the public half onto the terminal, to be given to everybody."""
    from recognizance.accountability import exported, notes

    try:
        made_key = notes.Signer(name, os.urandom(32), notes.WITNESS)
        public = str(made_key.verifier)
    except NoteWrong as error:
        raise Wrong(str(error)) from error
    with exported.new_file(out) as file:
        file.write(f"{made_key.secret}\n".encode())
    typer.echo(public)


def sign(
    context: typer.Context,
    key: Annotated[Path, typer.Option(metavar="FILE", help="The witness's secret key.", show_default=False)],
    log: Annotated[
        list[str],
        typer.Option(
            metavar="KEY|FILE", help="The public key of a ledger to witness; may be repeated.", show_default=False
        ),
    ],
    state: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="What was cosigned before; made at first, never to be lost.", show_default=False
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="An exported ledger, or a checkpoint with its proof.", show_default=False
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Ask a server for its checkpoint, and send it the cosignature.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to write the cosigned checkpoint; else to the terminal.", show_default=False
        ),
    ] = None,
) -> None:
    """Cosign a ledger's checkpoint, if it has grown from the last one this witness cosigned; else say why not.

    What was cosigned is on disk before the cosignature leaves. A server is asked with the access key that AWS's tools
    would use, which has to be an auditor's.
    """
    from recognizance.accountability import exported, notes, verifying, witnessing

    if (file is None) == (endpoint is None):
        raise Wrong("give a file to cosign, or --endpoint URL, and not both")
    given = made.of(context)
    signer = _signer(key)
    try:
        logs = tuple(one for text in log for one in verifying.given_key(text, notes.LOG))
    except LedgerBroken as error:
        raise Wrong(str(error)) from error

    ask = given.asking_at(endpoint) if endpoint else None
    with witnessing.state_file(state) as kept:
        note = _asked(ask, logs, kept.state) if ask else _offered(file, logs, kept.state)
        kept.keep(kept.state.after(note))  # before anybody has the cosignature
        cosignature = notes.cosign(note.text, signer, given.now())
    cosigned = note.beside(cosignature)
    made_checkpoint = notes.checkpoint(note.text)
    if ask:
        ask("AddCosignature", {"Note": str(cosigned), "WitnessKey": str(signer.verifier)})
    if out:
        with exported.new_file(out) as written:
            written.write(str(cosigned).encode())
    elif file:
        typer.echo(str(cosigned), nl=False)
        return
    of = output.shown(made_checkpoint.origin)
    output.line(f"Cosigned: {of}, {made_checkpoint.size:,} entries, root {made_checkpoint.root.hex()}")


def add(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The checkpoint with its cosignature.", show_default=False)
    ],
    witness: Annotated[
        str, typer.Option(metavar="KEY|FILE", help="The public key of the witness.", show_default=False)
    ],
    data: made.Data = None,
) -> None:
    """Keep a witness's cosignature with this ledger's checkpoint: exports up to that one have it from then on."""
    from recognizance.accountability import notes, verifying

    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    try:
        (key, *_), note = verifying.given_key(witness, notes.WITNESS), verifying.given_note(file)
    except LedgerBroken as error:
        raise Wrong(str(error)) from error
    with given.asking(settings, purpose=None, case=None, looks=False) as ask:
        answer = ask("AddCosignature", {"Note": str(note), "WitnessKey": str(key)})["Checkpoint"]
    output.line(f"Kept: {answer['Size']:,} entries, cosigned by {output.shown(key.name)}.")


def ask(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(metavar="URL", help="The server that witnesses.", show_default=False)],
    witness: Annotated[
        str | None,
        typer.Option(
            metavar="KEY|FILE", help="The public key it should have; else the one it names.", show_default=False
        ),
    ] = None,
    data: made.Data = None,
) -> None:
    """Have another server cosign this ledger's checkpoint, and keep what it signs.

    That server must have been told this ledger's public key, by its setting `witnessed`. It is asked with the access
    key that AWS's tools would use, which has to be an auditor's there.
    """
    from recognizance.accountability import notes, verifying

    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    there = given.asking_at(endpoint)
    with given.asking(settings, purpose=None, case=None, looks=False) as here:
        ours, theirs = here("DescribeLedger", {})["VerifierKey"], there("DescribeWitness", {})
        if witness and theirs["VerifierKey"] not in map(str, verifying.given_key(witness, notes.WITNESS)):
            raise Failed(f"{endpoint} has another key than the one given: {theirs['VerifierKey']}")
        sizes = {log["VerifierKey"]: log["Size"] for log in theirs["Witnessed"]}
        if ours not in sizes:
            raise Failed(f"{endpoint} does not witness this ledger; set RECOGNIZANCE_WITNESSED there to {ours}")
        signed, old = here("GetCheckpoint", {})["Checkpoint"], sizes[ours]
        if old > signed["Size"]:
            raise LedgerBroken(
                f"{endpoint} cosigned {old} entries, and this ledger has {signed['Size']}: some are lost"
            )
        proof = here("ProveConsistency", {"From": old, "To": signed["Size"]})["Proof"] if old else []
        answer = there("WitnessCheckpoint", {"Checkpoint": signed["Note"], "OldSize": old, "Proof": proof})
        note = notes.parse(signed["Note"]).beside(*notes.signatures(answer["Cosignature"]))
        here("AddCosignature", {"Note": str(note), "WitnessKey": theirs["VerifierKey"]})
    output.line(f"Cosigned by {output.shown(theirs['VerifierKey'])}: {signed['Size']:,} entries.")


def _signer(path: Path) -> Signer:
    from recognizance.accountability import notes

    if path.stat().st_mode & 0o077:
        raise Failed(f"{path} can be read by others: chmod 600 it")
    try:
        found = notes.signer(path.read_text(errors="replace").strip())
    except NoteWrong as error:
        raise Wrong(f"{path} holds no witness's key: {error}") from error
    if found.kind != notes.WITNESS:
        raise Wrong(f"{path} holds a log's key, and a witness's was to be given: recognizance ledger witness new")
    return found


def _offered(path: Path | None, logs: tuple[Verifier, ...], state: State) -> Note:
    """Return the checkpoint in a file, once it may be cosigned."""
    from recognizance.accountability import exported, notes, verifying, witnessing

    assert path is not None, "there is a file where there is no server"
    with exported.opened(path) as file:
        start = exported.read(file, LONGEST + 1)
    if not start.startswith(b"{"):
        asked = exported.request(start)
        found = notes.parse(asked.note)
        witnessing.judged(asked, logs, state.last(found.text.partition("\n")[0]))
        return found
    origin = exported.header(start.partition(b"\n")[0]).origin
    report = verifying.verify(path, verifying.Trusted(logs, (), state.note(origin)))
    if not report.proved or report.note is None:
        raise LedgerBroken(report.wrong or "the file does not prove that the ledger grew")
    return notes.parse(report.note)


def _asked(ask: made.Asking, logs: tuple[Verifier, ...], state: State) -> Note:
    """Return the newest checkpoint of a server, once it may be cosigned."""
    from recognizance.accountability import exported, notes, witnessing

    answer = ask("GetCheckpoint", {})["Checkpoint"]
    found = notes.parse(answer["Note"])
    last = state.last(notes.checkpoint(found.text).origin)
    old = last.size if last else 0
    proof = ask("ProveConsistency", {"From": old, "To": answer["Size"]})["Proof"] if 0 < old <= answer["Size"] else ()
    witnessing.judged(exported.Request(old, tuple(proof), answer["Note"]), logs, last)
    return found
