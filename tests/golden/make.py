"""Writes the ledger of a release into this folder, where it has to verify for ever.

`python -m tests.golden.make 2026-11-23` has a server on the tiny models enrol and search, fail, erase statements and be
witnessed, and keeps its whole ledger, a later part of it and the proof of one entry. Once released, never made again.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.cli.test_ledger_proofs import CALLER, SAID, Machine, environment, searched
from tests.conftest import tiny_models
from tests.forgeries.ledgers import WITNESS

from recognizance import app
from recognizance.errors import Refusal
from recognizance.settings import read

HERE = Path(__file__).parent


def main(version: str) -> None:
    """Write the files."""
    folder = Path(tempfile.mkdtemp())
    machine = Machine(environment(tiny_models(folder), folder / "data"))
    os.chdir(folder)
    searched(machine, 120)
    _run(machine, "checkpoint", "--out", f"{version}.checkpoint")
    with app.build(read(machine.environment)) as parts:
        for name, request in (
            ("DetectFaces", {"Image": {"Bytes": b"no picture"}}),
            ("DescribeCollection", {"CollectionId": "été"}),
            ("EraseStatements", {"Sequences": [5, 7]}),
        ):
            with suppress(Refusal):  # which is an entry too
                parts.service.call(name, request, CALLER, "r", stated=SAID, address="192.0.2.7")
    searched(machine, 200)

    key = _run(machine, "key").strip()
    (folder / "witness.key").touch(mode=0o600)
    (folder / "witness.key").write_text(WITNESS.secret)
    _run(machine, "checkpoint", "--since", "0", "--out", "asked")
    size = int((folder / "asked").read_text().splitlines()[3])
    signing = ("--key", "witness.key", "--log", key, "--state", "state", "--out", "cosigned")
    _run(machine, "witness", "sign", "asked", *signing)
    _run(machine, "witness", "add", "cosigned", "--witness", str(WITNESS.verifier))
    kept = f"{version}.checkpoint"
    _run(machine, "export", "--out", f"{version}.ledger.gz", "--statements", "--upto", size)
    _run(machine, "export", "--out", f"{version}-later.ledger", "--after", size - 40, "--since", kept, "--upto", size)
    _run(machine, "prove", size - 3, "--statements", "--out", f"{version}.ledger-proof", "--upto", size)
    for path in folder.glob(f"{version}*"):
        shutil.copyfile(path, HERE / path.name)
    with (HERE / "log.key").open("a") as keys:
        keys.write(f"{key}\n")
    (HERE / "witness.key").write_text(f"{WITNESS.verifier}\n")


def _run(machine: Machine, *words: object) -> str:
    ran = machine("ledger", *words)
    if ran.code:
        raise SystemExit(ran.err)
    return ran.out


if __name__ == "__main__":
    main(sys.argv[1])
