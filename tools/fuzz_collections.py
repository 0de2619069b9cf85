"""Asks a whole server, on the tiny models, whatever may be asked of collections, right or wrong, thousands of times.

`python tools/fuzz_collections.py --count 10000` draws operations and their members from small pools: names that are
there and names that are not, faces and users of this and of other collections, page tokens of any question,
idempotency tokens used before, numbers at their limits; some requests are damaged besides. Fails when anything is
answered with a 500, not in AWS's shape, or when the database does not agree with itself at the end. With
`--database postgresql://…` the same over an empty PostgreSQL database.
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.client import ask, signed
from tests.crash.servers import ACCESS_KEY, ACCOUNT, SECRET, tiny
from tests.pictures import Sitter, people
from tools.crash_rounds import consistent
from tools.fuzz_requests import Report, judge, twist, valid

from recognizance import app, settings
from recognizance.values import Key
from recognizance.wire import model

FAMILY = {
    "CreateCollection",
    "DescribeCollection",
    "ListCollections",
    "DeleteCollection",
    "IndexFaces",
    "ListFaces",
    "DeleteFaces",
    "SearchFaces",
    "SearchFacesByImage",
    "CreateUser",
    "DeleteUser",
    "ListUsers",
    "AssociateFaces",
    "DisassociateFaces",
    "SearchUsers",
    "SearchUsersByImage",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
}
OFTEN = ("IndexFaces", "AssociateFaces", "CreateUser", "SearchFaces", "SearchUsers", "ListFaces")
NAMES = ("a", "b", "c", "d", "A", "ghost", "a" * 255)
GHOST = "ffffffff-ffff-4fff-bfff-ffffffffffff"
COUNTS = (0, 1, 2, 5, 100, 101, 500, 501, 4096, 4097, -1)
THRESHOLDS = (0, 1e-9, 50, 75.0, 80, 99.9, 100, 100.0001, -0.5)


class Pool:
    """What requests are made of: it grows with what was answered."""

    def __init__(self, chance: random.Random) -> None:
        """Begin with a few pictures."""
        self.chance = chance
        self.faces = [GHOST]
        self.tokens = ["x"]
        self.arns = ["arn:aws:rekognition:eu-west-3:000000000000:collection/ghost", "arn:aws:s3:::bucket"]
        whole = [people(*(Sitter(one + at, 8) for at in range(1 + one % 3))) for one in range(1, 40)]
        spoilt = [b"", b"no picture", whole[0][:100], people(Sitter(1, 8, take=1))]
        self.pictures = [base64.b64encode(one).decode() for one in [*whole, *spoilt]]

    def request(self, operation: model.Operation) -> dict[str, Any]:
        """Return a request: every required member, and some others."""
        made: dict[str, Any] = {}
        for name, shape in operation.request.members.items():
            if name in operation.request.required or self.chance.random() < 0.4:
                made[name] = self.member(name, shape)
        if operation.name == "DeleteCollection" and self.chance.random() < 0.9:
            made["CollectionId"] = self.chance.choice(NAMES[2:])  # or the others would hold nobody for long
        return made

    def member(self, name: str, shape: model.Shape) -> Any:
        """Return a value for one member."""
        chance = self.chance
        match name:
            case "CollectionId":
                return chance.choice(NAMES[:3] if chance.random() < 0.8 else NAMES)
            case "FaceId":
                return self.face()
            case "FaceIds":
                some = [self.face() for _ in range(chance.choice([1, 2, 3, 10, 120]))]
                return some + some[: chance.choice([0, 0, 2])]
            case "UserId":
                return f"u{chance.randrange(12)}"
            case "NextToken":
                return chance.choice(self.tokens)
            case "ClientRequestToken":
                return f"t{chance.randrange(200)}"
            case "Image":
                return {"Bytes": chance.choice(self.pictures)}
            case "MaxResults" | "MaxFaces" | "MaxUsers":
                return chance.choice(COUNTS)
            case "FaceMatchThreshold" | "UserMatchThreshold":
                return chance.choice(THRESHOLDS)
            case "ExternalImageId":
                return chance.choice(["a.jpg", "b", "a b"])
            case "ResourceArn":
                return chance.choice(self.arns)
            case "DetectionAttributes":
                return chance.choice([["DEFAULT"], ["DEFAULT"], ["DEFAULT"], ["ALL"]])
            case "QualityFilter":
                return chance.choice(["NONE", "NONE", "NONE", "AUTO", "HIGH"])
            case _:
                return valid(shape, chance)

    def face(self) -> str:
        """Return a face id: mostly one that was given out not long ago."""
        if self.chance.random() < 0.1:
            return self.chance.choice(self.faces)
        return self.chance.choice(self.faces[-30:])

    def learn(self, answer: Mapping[str, Any]) -> None:
        """Take ids and tokens from an answer."""
        self.faces += [record["Face"]["FaceId"] for record in answer.get("FaceRecords", ())]
        self.tokens += [answer["NextToken"]] if "NextToken" in answer else []
        self.arns += [answer["CollectionArn"]] if "CollectionArn" in answer else []


def fuzz(count: int, *, seed: int, limit: float, folder: Path, database: str = "") -> Report:
    """Ask so many requests of a server with its data in `folder`, and return what came of it."""
    chance, report = random.Random(seed), Report()
    family = {target: one for target, one in model.load().items() if one.name in FAMILY}
    assert {one.name for one in family.values()} == FAMILY
    targets = [*family, *(target for target, one in family.items() if one.name in OFTEN for _ in range(3))]
    pool = Pool(chance)
    key = Key(ACCESS_KEY, SECRET, ACCOUNT, roles=frozenset({"admin"}))
    given = settings.read(
        {},
        data=folder / "data",
        database=database,
        device="cpu",
        threads=1,
        detector="tiny-yunet",
        embedder="tiny-face",
        mirror=False,
        enlarge=False,
        **tiny(folder / "tiny"),
    )
    with app.build(given) as parts:
        server = app.endpoint(parts, key, given)
        for number in range(count):
            target = chance.choice(targets)
            request = pool.request(family[target])
            body = twist(chance, request) if chance.random() < 0.15 else json.dumps(request).encode()
            began = time.perf_counter()
            response = ask(server, **signed(target, body, access_key=key.access_key_id, secret=key.secret))
            if response.status == 501:  # it is said in the right form, and on purpose
                report.statuses[501] += 1
                continue
            judge(report, f"{number}: {target} {body[:300]!r}", response, time.perf_counter() - began, limit)
            if response.status == 200:
                report.codes[f"{family[target].name} answered"] += 1
                pool.learn(json.loads(response.body))
        server.close()
        try:
            consistent(parts.database)
        except Exception as error:
            report.failures.append(f"the database does not agree with itself: {error}")
    return report


def main() -> int:
    """Read the command line, ask, print, and say by the exit status whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=20.0)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        report = fuzz(given.count, seed=given.seed, limit=given.limit, folder=Path(folder), database=given.database)
    print("statuses", dict(report.statuses))
    print("codes", dict(report.codes.most_common()))
    for seconds, what in report.slowest:
        print(f"slowest {1000 * seconds:.0f} ms {what[:200]}")
    for failure in report.failures[:20]:
        print("FAILED", failure)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
