"""Write the rules of the packs that ship into `docs/policy.md`, or compare them with `--check`."""

from __future__ import annotations

import re
import sys

from page import ROOT, keep
from recognizance.accountability import cedar, policy
from recognizance.operations import OPERATIONS
from recognizance.values import Rule

BETWEEN = re.compile(r"(<!-- PACKS -->\n).*(<!-- /PACKS -->)", re.DOTALL)
ORDER = ("open", "workplace", "law-enforcement")
WHAT = {
    "open": "Whatever a key's roles cover is allowed; all of it is recorded, nothing is held.",
    "workplace": "Staff, members, visitors: a purpose for everything done with faces, a written release and a term for "
    "enrolment, searches only in collections made for them.",
    "law-enforcement": "Searches by named people, for a listed purpose, in a case, with an authorisation, by a "
    "declared still picture, at 99 or more; what is found is seen by two reviewers before anybody else.",
}


def packs() -> str:
    """Return a section for each pack, with a table of its rules."""
    assert sorted(ORDER) == policy.shipped()
    return "\n".join(_section(policy.load(name, OPERATIONS)) for name in ORDER)


def _section(pack: policy.Pack) -> str:
    rows = "".join(_row(rule) for rule in sorted(pack.rules, key=lambda rule: rule.effect != cedar.FORBID))
    return (
        f"### `{pack.name}`\n\n{WHAT[pack.name]}\n\n| rule | | why | written for |\n| --- | --- | --- | --- |\n{rows}"
    )


def _row(rule: Rule) -> str:
    does = "permits" if rule.effect == cedar.PERMIT else "refuses"
    if rule.cure is not None:
        does = "holds" if rule.to is None else f"raises to {rule.to:g}"
    return f"| `{rule.id}` | {does} | {rule.reason} | {rule.source} |\n"


if __name__ == "__main__":
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    keep("policy.md", BETWEEN.sub(lambda found: f"{found[1]}\n{packs()}\n{found[2]}", page), sys.argv[1:])
