"""`recognizance backup`: everything this server keeps, into a folder that a server can start from."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recognizance import __version__, private
from recognizance.cli import made, output
from recognizance.cli.failures import Failed
from recognizance.cli.going import count

if TYPE_CHECKING:
    from recognizance.settings import Settings

DATABASE, KEYS, NOTE = "recognizance.db", "keys", "backup.json"
READ_AT_ONCE = 1 << 20  # bytes


def backup(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where backups go; each gets a folder there.", show_default=False)
    ],
    as_json: made.Json = False,
    purpose: made.Purpose = None,
    case: made.Case = None,
    data: made.Data = None,
) -> None:
    """Copy the database and the keys, as of one moment and while the server serves.

    The copy of the database is checked before it counts. What comes out is a data folder: name it with
    `recognizance serve --data`, and a server starts from it. It holds the secret of the root key and the
    vectors of everybody enrolled; keep it as you keep the data folder itself. Models, further cards and
    settings are not in it. A database in PostgreSQL is backed up with pg_dump, and this says so.
    """
    given = made.of(context)
    settings = given.settings(data=data)
    made.need_ledger(settings)
    with given.asking(settings, purpose=purpose, case=case, looks=False) as ask, output.working("Copying"):
        said = ask("CreateBackup", {})
    found = settings.data / "backups" / str(said["Name"])
    place = folder / found.stem
    kept = _placed(found, place, said, settings)
    found.unlink(missing_ok=True)  # another backup may have removed it, as it does with every older one

    told = {"Folder": str(place), **said, "Keys": kept, "Recognizance": __version__}
    if as_json:
        output.as_json(told)
        return
    parts = (
        count(said["Entries"], "ledger entry").replace("entrys", "entries"),
        count(said["Collections"], "collection"),
        count(said["Faces"], "face"),
    )
    output.line(f"Backed up and checked: {', '.join(parts)}; {said['Bytes'] / 1e6:,.1f} MB.")
    output.line(f"{output.shown(place)} holds the database and the keys {', '.join(kept) or '(none)'}.")
    output.line(f"A server starts from it: recognizance serve --data {output.shown(shlex.quote(str(place)))}")
    output.line("Not in it: models, further cards, settings. In it: secrets and biometric data, so keep it closed.")


def _placed(found: Path, place: Path, said: Mapping[str, Any], settings: Settings) -> list[str]:
    """Put the copy, the keys and a note into a new folder of that name, whole or not at all; return the keys' names."""
    draft = place.with_name(f".{place.name}")
    try:
        folder_of = draft.parent
        folder_of.mkdir(parents=True, exist_ok=True)
        private.folder(draft)
        private.folder(draft / KEYS)
        _copied(found, draft / DATABASE, str(said["Sha256"]))
        kept = sorted(one.name for one in (settings.data / KEYS).iterdir() if one.is_file() and one.name[0] != ".")
        for name in kept:
            _copied(settings.data / KEYS / name, draft / KEYS / name, None)
        note = json.dumps({**said, "Keys": kept, "Recognizance": __version__}, indent=2)
        private.keep(draft / NOTE, lambda: note.encode())
        for path in (draft / KEYS, draft):
            private.make_durable(path)
        os.rename(draft, place)
        private.make_durable(folder_of)
        return kept
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        found.unlink(missing_ok=True)
        raise


def _copied(source: Path, target: Path, sha256: str | None) -> None:
    """Copy a file for its owner only, and wait until the disk has it. Raises `Failed` when the copy is another."""
    digest = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as to, source.open("rb") as file:
        while part := file.read(READ_AT_ONCE):
            digest.update(part)
            to.write(part)
        to.flush()
        os.fsync(to.fileno())
    if sha256 is not None and digest.hexdigest() != sha256:
        raise Failed(f"{output.shown(source)} was read otherwise than it was written; the disk may be failing")
