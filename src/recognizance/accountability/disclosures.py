"""The disclosure of one case: every use of this server for it, in order, each with what it takes to prove it.

Searches that found nobody, that were refused or failed, and those that asked the same again stand in it like the
others. Nothing in it says that anybody was identified: a review ends with "lead confirmed" or "no match". Like a
report, a disclosure is a pure function of the entries and of what was stated beside them, and holds no other time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recognizance.accountability.entries import canonical
from recognizance.accountability.merkle import leaf_hash
from recognizance.accountability.reports import FOUND, IDENTIFY, Leave, Line, at_of, found, opened_leave, time_of
from recognizance.accountability.review import LEAD, NO_MATCH

FORMAT = "recognizance-disclosure/1"
MOST_USES = 2000
"""Uses in one disclosure; the next begins past the last of them."""
PROBES = ("image_digest", "face", "user")
"""Facts of which one is the digest of what was searched with."""
COUNTED = ("Uses", "Searches", *FOUND, "Repeated")

_COMMITTED = '"stated":"'
_OF_ANY_CASE = re.compile(r'"operation":"(?:OpenAuthorisation|DecideAuthorisation|SubmitVerdict|EraseStatements)"')


@dataclass(frozen=True, slots=True)
class Asked:
    """Which case is disclosed: an account's, with the keyed digest that entries have of it, where that is known.

    `after` is the number of the entry past which uses are listed.
    """

    case: str
    account: str
    digest: str | None = None
    after: int = 0
    most: int = MOST_USES


def disclosure(lines: Iterable[Line], origin: str, asked: Asked) -> dict[str, Any]:
    """Return the disclosure of a case; `lines` are all entries of the record `origin`, from the first on."""
    case, size, last = _Case(asked), 0, None
    needle = canonical({"case": asked.case}).decode()[1:-1]
    theirs = f'{{"account":"{asked.account}"'
    for leaf, statement in lines:
        size, last = size + 1, leaf
        if statement is None and _COMMITTED in leaf and leaf.startswith(theirs):
            case.erased += 1
        if (statement is not None and needle in statement) or _OF_ANY_CASE.search(leaf):
            case.take(json.loads(leaf), leaf, None if statement is None else json.loads(statement))
    return case.told(origin, size, None if last is None else at_of(last))


@dataclass(slots=True)
class _Case:
    asked: Asked
    uses: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    leaves: dict[str, Leave] = field(default_factory=dict[str, Leave])
    probes: dict[str, int] = field(default_factory=dict[str, int])
    closings: dict[str, dict[str, Any] | None] = field(default_factory=dict[str, "dict[str, Any] | None"])
    named: set[str] = field(default_factory=set[str])
    erasures: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    more: int = 0
    erased: int = 0

    def take(self, entry: dict[str, Any], leaf: str, stated: Mapping[str, Any] | None) -> None:
        """Take what an entry says of the case, or of what may come to matter to it."""
        facts = entry["facts"]
        if entry["outcome"] == "answered":
            self._follow(entry, facts)
        if stated is not None and stated.get("case") == self.asked.case and entry["account"] == self.asked.account:
            self._use(entry, leaf, stated)

    def _follow(self, entry: dict[str, Any], facts: Mapping[str, Any]) -> None:
        opened = opened_leave(entry)
        if opened is not None:
            self.leaves[opened[0]] = opened[1]
            if self.asked.digest is not None and facts.get("case_digest") == self.asked.digest:
                self.named.add(opened[0])
        match entry["operation"]:
            case "DecideAuthorisation":
                name = str(facts.get("authorisation"))
                if name in self.leaves:
                    self.leaves[name] = self.leaves[name].after(entry)
            case "SubmitVerdict" if facts.get("outcome") in (LEAD, NO_MATCH) and facts.get("review") in self.closings:
                self.closings[str(facts["review"])] = {
                    "Outcome": facts["outcome"],
                    "Entry": entry["n"],
                    "At": entry["at"],
                    "Confirmed": facts.get("confirmed"),
                    "Rejected": facts.get("rejected"),
                    "Reviewers": len(facts.get("reviewers") or ()),
                }
            case "EraseStatements" if self.asked.digest is not None and facts.get("case") == self.asked.digest:
                self.erasures.append({"Entry": entry["n"], "At": entry["at"], "Statements": facts.get("erased")})
            case _:
                pass

    def _use(self, entry: dict[str, Any], leaf: str, stated: Mapping[str, Any]) -> None:
        facts, search = entry["facts"], entry["act"] == IDENTIFY
        self.counts["Uses"] += 1
        self.counts["Searches"] += search
        if search:
            self.counts[found(entry)] += 1
        leave = stated.get("authorisation")
        if leave is not None:
            self.named.add(leave)
        again = self._again(entry, facts) if search else None
        self.counts["Repeated"] += again is not None
        judged = _reviews(facts) if search else []
        for name in judged:
            self.closings.setdefault(name, None)
        if entry["n"] <= self.asked.after or len(self.uses) == self.asked.most:
            self.more += entry["n"] > self.asked.after
            return
        known = None if leave is None else self.leaves.get(leave)
        self.uses.append(
            {
                "Entry": entry["n"],
                "LeafHash": leaf_hash(leaf.encode()).hex(),
                "At": entry["at"],
                "RequestId": entry["request"],
                "Key": entry["key"],
                "Operation": entry["operation"],
                "Act": entry["act"],
                "Outcome": entry["outcome"],
                "Verdict": entry["verdict"],
                "Rule": entry["rule"],
                "Policy": entry["policy"],
                "Purpose": stated.get("purpose"),
                "Consent": stated.get("consent"),
                "Authorisation": leave
                and {"Id": leave, "StateThen": "unknown" if known is None else known.state(time_of(entry["at"]))},
                "Probe": _probe(stated.get("probe")),
                "Search": _search(entry, facts, again) if search and "collection" in facts else None,
                "Review": judged,
                "ReleasedByReviews": list(facts.get("reviews") or ()),
            }
        )

    def _again(self, entry: dict[str, Any], facts: Mapping[str, Any]) -> int | None:
        """Return the number of the first search with the same probe; None where this is the first."""
        for name in PROBES:
            if isinstance(facts.get(name), str):
                first = self.probes.setdefault(f"{name} {facts[name]}", entry["n"])
                return first if first != entry["n"] else None
        return None

    def told(self, origin: str, size: int, last_at: str | None) -> dict[str, Any]:
        known = {name: self.leaves[name] for name in sorted(self.named & self.leaves.keys())}
        at = None if last_at is None else time_of(last_at)
        return {
            "Format": FORMAT,
            "Case": self.asked.case,
            "CaseDigest": self.asked.digest,
            "Account": self.asked.account,
            "Record": {"Origin": origin, "Entries": size},
            "After": self.asked.after,
            "Next": self.uses[-1]["Entry"] if self.more else None,
            "Counts": self.counts,
            "Uses": [{**one, "Review": self._review(one["Review"])} for one in self.uses],
            "Authorisations": [
                {
                    "Id": name,
                    "OpenedEntry": one.entry,
                    "OpenedAt": _written(one.opened),
                    "Decision": one.decision,
                    "DecidedEntry": one.decided_entry,
                    "DecidedAt": one.decided and _written(one.decided),
                    "State": None if at is None else one.state(at),
                }
                for name, one in known.items()
            ],
            "Erasures": self.erasures,
            "StatementsErased": self.erased,
        }

    def _review(self, names: Sequence[str]) -> dict[str, Any] | None:
        """Return what became of the first of some reviews; None for none."""
        if not names:
            return None
        closing = self.closings.get(names[0]) or dict.fromkeys(
            ("Outcome", "Entry", "At", "Confirmed", "Rejected", "Reviewers")
        )
        return {"Id": names[0], **closing}


SEARCHED: Mapping[str, str] = {
    "Collection": "collection",
    "Revision": "revision",
    "Root": "root",
    "GallerySize": "gallery",
    "ThresholdAsked": "threshold_asked",
    "Threshold": "threshold",
    "Candidates": "candidates",
    "Released": "matched",
    "Withheld": "withheld",
    "NotShown": "unseen",
    "ExpectedStrangers": "expected_false",
    "Embedder": "embedder",
    "Detector": "detector",
}
"""The facts of a search, under the names that a disclosure has for them; those that an entry lacks are null."""


def _reviews(facts: Mapping[str, Any]) -> list[str]:
    """Return the reviews that a search waits for, or else those in which people judged what it found, the last first.

    Entries of an earlier version name those only in which somebody was confirmed.
    """
    waited, judged = facts.get("review"), facts.get("judged_in", facts.get("reviews"))
    return [waited] if isinstance(waited, str) else [*judged] if isinstance(judged, list) else []


def _search(entry: Mapping[str, Any], facts: Mapping[str, Any], again: int | None) -> dict[str, Any]:
    told = {name: facts.get(fact) for name, fact in SEARCHED.items()}
    probe = next((facts[name] for name in PROBES if name in facts), None)
    return {**told, "Floor": entry["floor"], "ProbeDigest": probe, "SameProbeAsEntry": again}


def _probe(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if said is None else {"Kind": said["kind"], "Source": said["source"], "Edits": list(said["edits"])}


def _written(at: Any) -> str:
    return str(at.isoformat(timespec="microseconds")).replace("+00:00", "Z")
