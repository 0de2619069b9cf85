"""The invariants that types carry fail when they are broken."""

import ast
import subprocess
import sys
from pathlib import Path

WRONG = Path(__file__).parent / "wrong.py"


def test_every_wrong_call_is_a_type_error():
    functions = [node for node in ast.parse(WRONG.read_text()).body if isinstance(node, ast.FunctionDef)]
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(WRONG)],
        capture_output=True,
        text=True,
        cwd=WRONG.parents[2],
    )
    lines = {int(line.split(":")[1]) for line in run.stdout.splitlines() if ": error:" in line and "wrong.py" in line}

    unnoticed = [one.name for one in functions if not any(one.lineno <= line <= one.end_lineno for line in lines)]
    assert functions
    assert unnoticed == []
