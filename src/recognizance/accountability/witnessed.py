"""The server as a witness of other logs: its key, the logs it knows, and what it last cosigned of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, update

from recognizance import private
from recognizance.accountability import notes, witnessing
from recognizance.accountability.exported import Request
from recognizance.accountability.notes import Checkpoint, Signature, Signer, Verifier
from recognizance.database import Reader, Tx
from recognizance.database.tables import WITNESSED
from recognizance.errors import NoteWrong, SettingsWrong


@dataclass(frozen=True, slots=True)
class Witness:
    """Who cosigns, and the public keys of the logs whose checkpoints it cosigns."""

    signer: Signer
    keys: tuple[Verifier, ...]

    def cosign(self, tx: Tx, asked: Request, now: datetime) -> tuple[Checkpoint, Signature]:
        """Return the checkpoint and its cosignature, good once the transaction commits, which remembers it.

        Raises `LedgerBroken` saying why it may not be cosigned.
        """
        tx.alone()
        origin = witnessing.signed(asked.note, self.keys).origin
        before = tx.rows(select(WITNESSED.c.text).where(WITNESSED.c.origin == origin))
        last = notes.checkpoint(before[0]["text"]) if before else None
        made = witnessing.judged(asked, self.keys, last)
        row = {"size": made.size, "text": made.text, "at": now}
        if before:
            tx.run(update(WITNESSED).where(WITNESSED.c.origin == origin).values(**row))
        else:
            tx.run(insert(WITNESSED), [{"origin": origin, **row}])
        return made, notes.cosign(made.text, self.signer, now)


def sizes(reader: Reader) -> dict[str, int]:
    """Return of each log, by origin, how many entries the checkpoint had that was last cosigned."""
    return {row["origin"]: row["size"] for row in reader.rows(select(WITNESSED.c.origin, WITNESSED.c.size))}


def witness(folder: Path, origin: str, logs: Iterable[str], random: Callable[[int], bytes]) -> Witness:
    """Return this server's witness, named after its own log; its key is kept in `folder`, and made on the first call.

    `logs` are public keys as text. Raises `SettingsWrong` for what is none.
    """
    seed = private.key(folder / "witness.key", random)
    try:
        keys = tuple(notes.verifier(text) for text in logs)
    except NoteWrong as error:
        raise SettingsWrong(f"witnessed should be public keys of logs, separated by commas: {error}") from None
    if any(key.kind != notes.LOG for key in keys):
        raise SettingsWrong("witnessed should be public keys of logs, and one is a witness's")
    return Witness(Signer(f"{origin}/witness", seed, notes.WITNESS), keys)
