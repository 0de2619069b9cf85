"""Kills a server that enrols and forgets, again and again, and looks whether anything it acknowledged is lost.

`python tools/crash_rounds.py --rounds 500` runs a real server process on the tiny models. In each round clients in
several threads enrol, delete, associate and remove collections over HTTP, without retries, until the process is
killed (SIGKILL) at a random moment: at work, while it starts, or while it writes a snapshot. Started again on the
same data, it must have everything it acknowledged, find it, and nothing that it said was gone; what it did not
acknowledge must be there whole or not at all. Exit status 1 when that is not so.

With `--database postgresql://…` the same over PostgreSQL; the database must be an empty one.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy import func, select, text

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.crash.servers import ACCOUNT, EAGER, Nest, Server, tiny
from tests.pictures import Sitter, people

from recognizance.accountability import keys, ledger, merkle
from recognizance.database import Database, Reader, file_url, open_database
from recognizance.database.tables import CHECKPOINTS, COLLECTIONS, FACE, FACES, LEDGER, REMOVALS, USER, USERS, VECTORS
from recognizance.gallery import collections, contents

CLIENTS = 4
SHARED = ("shared-0", "shared-1")
MANY = 250
"""From so many faces of one client's on, it deletes more than it enrols."""
CHANGES = (
    "CreateCollection",
    "DeleteCollection",
    "IndexFaces",
    "DeleteFaces",
    "CreateUser",
    "DeleteUser",
    "AssociateFaces",
    "DisassociateFaces",
)


class Wrong(Exception):
    """Something acknowledged is lost, something deleted is there, or something is there by half."""


def must(right: bool, said: str, *values: object) -> None:
    """Raise `Wrong` with what is wrong, unless it is right."""
    if not right:
        raise Wrong(" ".join([said, *(repr(value)[:1500] for value in values)]))


@dataclass
class Kept:
    """A face as its client knows it."""

    person: int
    external: str
    user: str | None = None


@dataclass
class Doubt:
    """What was asked for when the server died: it is done whole or not at all."""

    operation: str
    request: dict[str, Any]
    persons: Sequence[int] = ()


@dataclass
class World:
    """All that one client did and was told: in the shared collections what is its own, and one collection alone."""

    own: str
    faces: dict[str, dict[str, Kept]] = field(default_factory=lambda: defaultdict(dict))
    users: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    own_is_there: bool = False
    doubt: Doubt | None = None
    requests: list[str] = field(default_factory=list)
    made: int = 0

    def free(self, collection: str) -> list[str]:
        """Return the faces there that have no user."""
        return [one for one, kept in self.faces[collection].items() if kept.user is None]

    def of(self, collection: str, user: str) -> list[str]:
        """Return the faces of a user."""
        return [one for one, kept in self.faces[collection].items() if kept.user == user]

    def done(self, operation: str, request: dict[str, Any], answer: dict[str, Any], persons: Sequence[int]) -> None:
        """Note what the server acknowledged."""
        where = request["CollectionId"]
        if operation == "CreateCollection":
            self.own_is_there = True
        elif operation == "DeleteCollection":
            self.own_is_there = False
            self.faces.pop(where, None)
            self.users.pop(where, None)
        elif operation == "IndexFaces":
            records = [record["Face"] for record in answer["FaceRecords"]]
            must(len(records) == len(persons), "faces left out of a picture", answer)
            records.sort(key=lambda face: face["BoundingBox"]["Left"])
            for face, person in zip(records, persons, strict=True):
                self.faces[where][face["FaceId"]] = Kept(person, request["ExternalImageId"])
        elif operation == "DeleteFaces":
            must(sorted(answer["DeletedFaces"]) == sorted(request["FaceIds"]), "faces not deleted", answer)
            for one in request["FaceIds"]:
                del self.faces[where][one]
        elif operation == "CreateUser":
            self.users[where].add(request["UserId"])
        elif operation == "DeleteUser":
            for one in self.of(where, request["UserId"]):
                self.faces[where][one].user = None
            self.users[where].discard(request["UserId"])
        else:
            came = operation == "AssociateFaces"
            told = {one["FaceId"] for one in answer["AssociatedFaces" if came else "DisassociatedFaces"]}
            must(told == set(request["FaceIds"]), "faces neither came nor went", answer)
            for one in told:
                self.faces[where][one].user = request["UserId"] if came else None


@dataclass
class Report:
    """What was done to the server, and what came of it."""

    rounds: int = 0
    killed: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    told: Counter[str] = field(default_factory=Counter)
    faces: int = 0
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def line(self) -> str:
        """Return it in one line."""
        return json.dumps(
            {
                "rounds": self.rounds,
                "failures": len(self.failures),
                "killed": dict(self.killed),
                "acknowledged": dict(self.done),
                "in_doubt": dict(self.doubts),
                "snapshots_damaged": self.damaged,
                "log": dict(self.told),
                "faces_now": self.faces,
                "seconds": round(self.seconds),
            }
        )


class Client:
    """One thread's worth of asking."""

    def __init__(self, world: World, server: Server, chance: random.Random, report: Report) -> None:
        """Begin knowing nothing; what it learns outlives the rounds."""
        self.world = world
        self.chance = chance
        self.report = report
        self.boto = server.client()
        self.stopped = threading.Event()
        self.wrong: str | None = None

    def run(self, changes: bool) -> None:
        """Ask until the server is gone."""
        self.stopped.clear()
        acts: list[Callable[[], None]] = [self.search]
        if changes:
            acts += [self.index] * 6 + [self.search] * 2 + [self.delete] * 3 + [self.user] * 3 + [self.collection]
        try:
            while not self.stopped.is_set() and self.world.doubt is None:
                self.chance.choice(acts)()
        except Wrong as error:
            self.wrong = str(error)
        except BotoCoreError:
            pass  # a search that was broken off changes nothing
        except Exception as error:
            self.wrong = f"{type(error).__name__}: {error}"

    def change(self, operation: str, persons: Sequence[int] = (), **request: Any) -> None:
        """Ask for a change; when the server is gone before it answers, the change is in doubt."""
        name = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in operation)[1:]
        self.world.doubt = Doubt(operation, request, persons)
        try:
            answer = getattr(self.boto, name)(**request)
        except BotoCoreError:
            return
        self.world.doubt = None
        self.world.requests.append(answer["ResponseMetadata"]["RequestId"])
        self.report.done[operation] += 1
        self.world.done(operation, request, answer, persons)

    def where(self) -> str:
        """Return a collection."""
        return self.chance.choice([*SHARED, self.world.own] if self.world.own_is_there else SHARED)

    def index(self) -> None:
        """Enrol a picture of one to three people whom nobody else enrols."""
        world, where = self.world, self.where()
        if len(world.faces[where]) > MANY and self.chance.random() < 0.7:
            return self.delete()
        persons = [new_person(world) for _ in range(self.chance.choice([1, 1, 1, 2, 3]))]
        self.change(
            "IndexFaces",
            persons,
            CollectionId=where,
            Image={"Bytes": picture(*persons)},
            ExternalImageId=f"{world.own}-{persons[0]}",
            QualityFilter="NONE",
        )

    def delete(self) -> None:
        """Delete some faces."""
        where = self.where()
        free = self.world.free(where)
        if free:
            some = self.chance.sample(free, min(len(free), self.chance.randint(1, 6)))
            self.change("DeleteFaces", CollectionId=where, FaceIds=some)

    def user(self) -> None:
        """Make a user, give them faces, take some away, or remove them."""
        where, world = self.where(), self.world
        token = f"t{self.chance.getrandbits(60)}"
        users = sorted(world.users[where])
        if not users or (len(users) < 12 and self.chance.random() < 0.3):
            world.made += 1
            return self.change(
                "CreateUser", CollectionId=where, UserId=f"{world.own}-{world.made}", ClientRequestToken=token
            )
        user = self.chance.choice(users)
        request = {"CollectionId": where, "UserId": user, "ClientRequestToken": token}
        theirs, free = world.of(where, user), world.free(where)
        if self.chance.random() < 0.15:
            return self.change("DeleteUser", **request)
        if theirs and (not free or self.chance.random() < 0.4):
            some = self.chance.sample(theirs, self.chance.randint(1, len(theirs)))
            return self.change("DisassociateFaces", FaceIds=some, **request)
        if free and len(theirs) < 90:
            some = self.chance.sample(free, min(len(free), self.chance.randint(1, 3)))
            self.change("AssociateFaces", FaceIds=some, UserMatchThreshold=0, **request)

    def collection(self) -> None:
        """Make the collection that is this client's own, or remove it with all that is in it."""
        self.change("DeleteCollection" if self.world.own_is_there else "CreateCollection", CollectionId=self.world.own)

    def search(self) -> None:
        """Look for somebody who is enrolled; the server may be killed while it writes a snapshot for it."""
        where = self.where()
        if self.world.faces[where]:
            must_find(self.boto, where, *self.chance.choice(list(self.world.faces[where].items())))


def new_person(world: World) -> int:
    """Return a person nobody enrolled yet."""
    world.made += 1
    return CLIENTS * world.made + int(world.own.rpartition("-")[2])


def picture(*persons: int) -> bytes:
    """Return a picture of these people, one face each."""
    return people(*(Sitter(person, 8) for person in persons))


def must_find(boto: Any, where: str, face_id: str, kept: Kept) -> None:
    """Raise `Wrong` unless an enrolled face is found by its own picture."""
    found = boto.search_faces_by_image(
        CollectionId=where, Image={"Bytes": picture(kept.person)}, FaceMatchThreshold=99.9, MaxFaces=4096
    )
    matches = {match["Face"]["FaceId"] for match in found["FaceMatches"]}
    must(face_id in matches, "an enrolled face is not found by its picture:", where, face_id, kept)


class Rounds:
    """A server, its clients, and what they know."""

    def __init__(self, server: Server, database: str, seed: int) -> None:
        """Begin with a server that was never started."""
        self.server = server
        self.database = database
        self.chance = random.Random(seed)
        self.report = Report()
        self.worlds = [World(f"own-{number}") for number in range(CLIENTS)]
        self.clients = [
            Client(world, server, random.Random(self.chance.getrandbits(64)), self.report) for world in self.worlds
        ]
        self.accounts = Accounts(server.data)
        self.boto = server.client()
        self.start_takes = 1.0
        self.kept_snapshots: dict[str, bytes] = {}

    def run(self, rounds: int, progress: Callable[[str], None]) -> Report:
        """Run the rounds, all of them or until something is wrong."""
        began = time.monotonic()
        try:
            self.server.start()
            for name in SHARED:
                self.boto.create_collection(CollectionId=name)
            while self.report.rounds < rounds:
                self.round()
                self.report.rounds += 1
                if self.report.rounds % 25 == 0:
                    self.note(began)
                    progress(self.report.line())
        except Wrong as error:
            self.report.failures.append(f"round {self.report.rounds}: {error}")
        except Exception as error:
            self.report.failures.append(f"round {self.report.rounds}: {type(error).__name__}: {error}")
        self.note(began)
        return self.report

    def close(self) -> None:
        """Let the clients go."""
        for boto in (self.boto, *(one.boto for one in self.clients)):
            boto.close()

    def note(self, began: float) -> None:
        """Bring the report up to date."""
        said = self.server.said()
        self.report.seconds = time.monotonic() - began
        self.report.faces = sum(len(faces) for world in self.worlds for faces in world.faces.values())
        for words in ("cannot be used", "is not of this database", "disagrees", "Traceback", "status=500"):
            self.report.told[words] = said.count(words)
        if self.report.told["Traceback"] or self.report.told["status=500"]:
            at = max(said.find("Traceback"), 0)
            self.report.failures.append(f"the server failed: {said[max(0, at - 300) : at + 4000]}")

    def round(self) -> None:
        """Let the clients work, kill the server, start it again, and look."""
        chance = self.chance
        changes = chance.random() < 0.85
        threads = [threading.Thread(target=one.run, args=(changes,)) for one in self.clients]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.0, 0.7) if chance.random() < 0.9 else 1.5)
        self.server.kill()
        for one in self.clients:
            one.stopped.set()
        for thread in threads:
            thread.join(60)
            must(not thread.is_alive(), "a client hangs")
        for one in self.clients:
            must(one.wrong is None, "a client saw:", one.wrong)
        self.report.killed["at work" if changes else "searching"] += 1
        if self.drafts():
            self.report.killed["of these, writing a snapshot"] += 1

        if chance.random() < 0.3:
            self.damage()
        for _ in range(chance.choice([0, 0, 1, 1, 3])):
            self.server.start(wait=False)
            time.sleep(chance.uniform(0.0, 1.1 * self.start_takes))
            self.server.kill()
            self.report.killed["starting"] += 1
        began = time.monotonic()
        self.server.start()
        self.start_takes = 0.8 * self.start_takes + 0.2 * (time.monotonic() - began)
        self.look()

    def drafts(self) -> list[Path]:
        """Return what is left of snapshots that were being written."""
        return list((self.server.data / "indexes").glob(".*"))

    def damage(self) -> None:
        """Do to a snapshot what a disk or an operator might."""
        found = sorted((self.server.data / "indexes").glob("*.index"))
        if not found:
            return
        path = self.chance.choice(found)
        whole = path.read_bytes()
        before = self.kept_snapshots.get(path.name, whole)  # from an earlier round: an old one, and a right one
        other = self.chance.choice(found).read_bytes()
        at = self.chance.randrange(len(whole))
        flipped = whole[:at] + bytes([whole[at] ^ 1 << self.chance.randrange(8)]) + whole[at + 1 :]
        path.write_bytes(self.chance.choice([whole[:at], flipped, other, before, b"", whole + b"\0"]))
        self.kept_snapshots[path.name] = whole
        self.report.damaged += 1

    def look(self) -> None:
        """Raise `Wrong` unless the server has what it should have."""
        there = set(self.boto.list_collections()["CollectionIds"])
        for world in self.worlds:
            if world.doubt is not None:
                self.resolve(world, there)
        there = set(self.boto.list_collections()["CollectionIds"])
        expected = {*SHARED, *(world.own for world in self.worlds if world.own_is_there)}
        must(there == expected, "collections:", there, expected)
        for name in sorted(there):
            self.look_into(name)
        with closing(open_database(self.database or file_url(self.server.data / "recognizance.db"))) as database:
            erased(database)
            consistent(database)
            self.accounts.audit(database, [one for world in self.worlds for one in world.requests])
        for world in self.worlds:
            world.requests.clear()

    def look_into(self, name: str) -> None:
        """Raise `Wrong` unless a collection lists, counts and finds what is known to be in it, and nothing else."""
        faces = {one: kept for world in self.worlds for one, kept in world.faces.get(name, {}).items()}
        users = {one for world in self.worlds for one in world.users.get(name, ())}
        listed = self.listed(name)
        must(
            listed.keys() == faces.keys(),
            "listed and not known, known and not listed:",
            name,
            listed.keys() - faces.keys(),
            faces.keys() - listed.keys(),
        )
        for one, kept in faces.items():
            said = listed[one].get("ExternalImageId"), listed[one].get("UserId")
            must(said == (kept.external, kept.user), "a face is not what it was:", listed[one], kept)
        told = self.boto.describe_collection(CollectionId=name)
        must((told["FaceCount"], told["UserCount"]) == (len(faces), len(users)), "counts:", told, len(faces))
        must(self.listed_users(name) == users, "users:", name, self.listed_users(name) ^ users)
        if not faces:
            return

        one = self.chance.choice(sorted(faces))
        found = self.boto.search_faces(CollectionId=name, FaceId=one, FaceMatchThreshold=0, MaxFaces=4096)
        matched = {match["Face"]["FaceId"] for match in found["FaceMatches"]} | {one}
        must(matched == faces.keys(), "the index and the list differ:", name, matched ^ faces.keys())
        having = {kept.user for kept in faces.values()} - {None}
        found = self.boto.search_users(CollectionId=name, FaceId=one, UserMatchThreshold=0, MaxUsers=500)
        matched = {match["User"]["UserId"] for match in found["UserMatches"]}
        must(matched == having, "the index of users and their list differ:", name, matched ^ having)
        newest = list(faces)[-4:]
        for one in {*newest, *self.chance.sample(sorted(faces), min(2, len(faces)))}:
            must_find(self.boto, name, one, faces[one])

    def listed(self, name: str) -> dict[str, dict[str, Any]]:
        """Return every face of a collection by its id."""
        pages = self.boto.get_paginator("list_faces").paginate(CollectionId=name, MaxResults=400)
        faces = [face for page in pages for face in page["Faces"]]
        must(len({face["FaceId"] for face in faces}) == len(faces), "a face is listed twice")
        return {face["FaceId"]: face for face in faces}

    def listed_users(self, name: str) -> set[str]:
        """Return every user of a collection."""
        pages = self.boto.get_paginator("list_users").paginate(CollectionId=name)
        return {user["UserId"] for page in pages for user in page["Users"]}

    def resolve(self, world: World, there: set[str]) -> None:
        """Find out what became of a change that was not acknowledged; half of the time by asking for it again."""
        doubt = world.doubt
        assert doubt is not None
        world.doubt = None
        kept = whole_or_absent(self, world, doubt, there)
        self.report.doubts["kept" if kept else "absent"] += 1
        again = self.chance.random() < 0.5 and doubt.request["CollectionId"] in there
        if again and (doubt.operation == "IndexFaces" or "ClientRequestToken" in doubt.request):
            name = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in doubt.operation)[1:]
            try:
                answer = getattr(self.boto, name)(**doubt.request)
            except ClientError as error:
                raise Wrong(f"{doubt.operation} (kept: {kept}) asked for again was refused: {error}") from None
            self.report.doubts["asked again"] += 1
            world.requests.append(answer["ResponseMetadata"]["RequestId"])
            if doubt.operation == "IndexFaces" or not kept:
                known = len(world.faces[doubt.request["CollectionId"]])
                world.done(doubt.operation, doubt.request, answer, doubt.persons)
                grown = len(world.faces[doubt.request["CollectionId"]]) - known
                must(not kept or not grown, "what was enrolled is enrolled twice:", doubt.request, answer)


def whole_or_absent(rounds: Rounds, world: World, doubt: Doubt, there: set[str]) -> bool:
    """Say whether a change in doubt was made, note it where it was, and raise `Wrong` where it was made by half."""
    where, request = doubt.request["CollectionId"], doubt.request
    if doubt.operation in ("CreateCollection", "DeleteCollection"):
        kept = (where in there) is (doubt.operation == "CreateCollection")
        if kept:
            world.done(doubt.operation, request, {}, ())
        return kept
    must(where in there, "a collection is gone:", where, doubt)
    listed, users = rounds.listed(where), rounds.listed_users(where)
    answer: dict[str, Any] = {}
    match doubt.operation:
        case "IndexFaces":
            mine = [face for face in listed.values() if face.get("ExternalImageId") == request["ExternalImageId"]]
            answer = {"FaceRecords": [{"Face": face} for face in mine]}
            kept = _all_or_none([len(mine) > at for at in range(max(len(mine), len(doubt.persons)))], doubt)
            must(not kept or len(mine) == len(doubt.persons), "too many faces of one picture", doubt, mine)
        case "DeleteFaces":
            kept = _all_or_none([one not in listed for one in request["FaceIds"]], doubt)
            answer = {"DeletedFaces": request["FaceIds"]}
        case "CreateUser":
            kept = request["UserId"] in users
        case "DeleteUser":
            kept = request["UserId"] not in users
        case "AssociateFaces" | "DisassociateFaces":
            came = doubt.operation == "AssociateFaces"
            has = [listed[one].get("UserId") == request["UserId"] for one in request["FaceIds"]]
            kept = _all_or_none([one is came for one in has], doubt)
            told = [{"FaceId": one} for one in request["FaceIds"]]
            answer = {"AssociatedFaces" if came else "DisassociatedFaces": told}
        case _:
            raise AssertionError(doubt.operation)
    if kept:
        world.done(doubt.operation, request, answer, doubt.persons)
    return kept


def _all_or_none(parts: Sequence[bool], doubt: Doubt) -> bool:
    must(len(set(parts)) == 1, "a change was made by half:", doubt.operation, doubt.request.get("FaceIds"), parts)
    return parts[0]


def erased(database: Database) -> None:
    """Raise `Wrong` unless what was removed is erased, soon after the start."""
    until = time.monotonic() + 20
    while left := collections.removed(database):
        must(time.monotonic() < until, "removed and not erased:", left)
        time.sleep(0.01)
    there = set(collections.numbers(database))
    for table in (FACES, USERS, VECTORS, REMOVALS):
        held = {row["collection"] for row in database.rows(select(table.c.collection).distinct())}
        must(held <= there, "rows of a collection that is gone:", table.name, held - there)


def consistent(database: Database) -> None:
    """Raise `Wrong` unless the database's tables agree with each other, and with its own checks."""
    if database.is_sqlite:
        with database.engine.connect() as connection:
            whole = [row[0] for row in connection.execute(text("PRAGMA integrity_check"))]
            must(whole == ["ok"], "integrity_check says:", whole)
            must(not connection.execute(text("PRAGMA foreign_key_check")).all(), "a row has lost its collection")
    with database.read() as reader:
        for collection in reader.rows(select(COLLECTIONS).where(COLLECTIONS.c.replaces.is_(None))):
            _consistent(reader, collection)


def _consistent(reader: Reader, collection: Any) -> None:
    number, name = collection["number"], collection["id"]
    faces = reader.rows(select(FACES.c.number, FACES.c.user_id).where(FACES.c.collection == number))
    users = reader.rows(select(USERS).where(USERS.c.collection == number))
    feed = reader.rows(select(VECTORS.c.number, VECTORS.c.kind).where(VECTORS.c.collection == number))
    removals = reader.rows(select(REMOVALS).where(REMOVALS.c.collection == number))
    counts = collection["faces"], collection["users"]
    must(counts == (len(faces), len(users)), "counted and there:", name, counts, len(faces), len(users))
    of_faces = {row["number"] for row in feed if row["kind"] == FACE}
    must({row["number"] for row in faces} == of_faces, "faces and vectors differ:", name)
    of_users = {row["number"] for row in feed if row["kind"] == USER}
    must({row["vector_number"] for row in users} - {None} == of_users, "users and vectors differ:", name)
    theirs = Counter(row["user_id"] for row in faces if row["user_id"] is not None)
    must({row["user_id"]: row["faces"] for row in users if row["faces"]} == theirs, "faces of users:", name, theirs)
    for row in users:
        must((row["faces"] > 0) is (row["vector_number"] is not None), "a user's vector:", name, row)
    gone = {(row["kind"], row["number"]) for row in removals}
    must(len(gone) == len(removals), "a vector was removed twice:", name)
    must(not gone & {(row["kind"], row["number"]) for row in feed}, "a removed vector is there:", name)
    taken = [row["number"] for row in feed] + [row["revision"] for row in removals]
    must(len(set(taken)) == len(taken), "a revision stands twice in the feed:", name)
    must(max(taken, default=0) <= collection["revision"], "the feed is ahead of its collection:", name)


class Accounts:
    """What the ledger says of each collection, added up as it grows, against what is there."""

    def __init__(self, data: Path) -> None:
        """Begin with an empty ledger."""
        self.data = data
        self.after = 0
        self.faces: dict[str, set[str]] = defaultdict(set)
        self.users: Counter[str] = Counter()
        self.tree = merkle.Frontier()

    def audit(self, database: Database, acknowledged: Iterable[str]) -> None:
        """Raise `Wrong` unless every change is in the ledger, once, and the sum of all is what is there."""
        entries = []
        while some := ledger.entries(database, after=self.after):
            entries += some
            self.after = some[-1].sequence
            self.grow(database, some[0].sequence, some[-1].sequence)
        standing = ledger.standing(database)
        must(standing.tree == self.tree, "the tree is not that of the entries:", standing.tree, self.tree)
        answered = Counter(one.request_id for one in entries)
        must(max(answered.values(), default=1) == 1, "a call has two entries")
        missing = [one for one in acknowledged if answered[one] != 1]
        must(not missing, "acknowledged and not in the ledger:", missing)
        for one in entries:
            if one.outcome == "answered" and one.operation in CHANGES:
                self.add(one)
        self.compare(database)

    def add(self, one: ledger.Recorded) -> None:
        """Add one change."""
        which, facts = one.facts["collection"], one.facts
        if one.operation in ("CreateCollection", "DeleteCollection"):
            self.faces[which], self.users[which] = set(), 0
        elif one.operation == "IndexFaces":
            before = len(self.faces[which])
            self.faces[which] |= set(facts["faces"])
            must(len(self.faces[which]) - before == facts["enrolled"], "faces enrolled and counted differ:", one)
        elif one.operation == "DeleteFaces":
            must(self.faces[which] >= set(facts["faces"]), "a face deleted that no entry enrolled:", one)
            self.faces[which] -= set(facts["faces"])
        elif one.operation in ("CreateUser", "DeleteUser") and not facts.get("repeated"):
            self.users[which] += 1 if one.operation == "CreateUser" else -1

    def grow(self, database: Database, first: int, last: int) -> None:
        """Take up entries as they are kept, and raise `Wrong` where a hash or a checkpoint is not theirs."""
        leaves = database.rows(select(LEDGER).where(LEDGER.c.sequence.between(first, last)).order_by(LEDGER.c.sequence))
        signed = database.rows(select(CHECKPOINTS).where(CHECKPOINTS.c.size.between(first, last)))
        notes = {row["size"]: row["note"] for row in signed}
        for row in leaves:
            must(row["sequence"] == self.tree.size + 1, "the ledger has a gap before", row["sequence"])
            hashed = merkle.leaf_hash(row["leaf"].encode())
            must(hashed == row["hash"], "an entry has another's hash:", row["sequence"])
            self.tree = self.tree.grown([hashed])
            note = notes.get(self.tree.size)
            root = base64.b64encode(self.tree.root).decode()
            must(
                note is None or note.split("\n")[1:3] == [str(self.tree.size), root],
                "a checkpoint is of no tree:",
                note,
            )

    def compare(self, database: Database) -> None:
        """Raise `Wrong` unless the sums are what is there."""
        seal = ledger.Seal(keys.ledger_key(self.data / "keys", _there_is_one))
        for row in database.rows(select(COLLECTIONS).where(COLLECTIONS.c.replaces.is_(None))):
            which = seal.digest(row["id"])
            kept = database.rows(select(FACES.c.face_id).where(FACES.c.collection == row["number"]))
            there = {seal.digest(face["face_id"]) for face in kept}
            must(there == self.faces[which], "the ledger and the faces differ:", row["id"], there ^ self.faces[which])
            said = len(self.faces[which]), self.users[which]
            must(said == (row["faces"], row["users"]), "the ledger and the collection differ:", row["id"], said, row)
            root, _ = contents.computed(database, collections.of_row(row))
            must(root == row["root"], "the root is not that of the vectors:", row["id"])
        last = database.rows(select(func.max(LEDGER.c.sequence).label("last"), func.count().label("rows")))[0]
        must(database.is_sqlite is False or last["last"] == last["rows"], "the ledger has a gap:", last)


def _there_is_one(size: int) -> bytes:
    raise Wrong(f"the ledger's key of {size} bytes is gone")


def crash(
    rounds: int,
    *,
    nest: Nest,
    seed: int,
    folder: Path,
    database: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run the rounds in a folder, on servers from this nest, and return what came of it."""
    more = {"database": database} if database else {}
    server = nest.server(folder / "data", patches=EAGER, account=ACCOUNT, **more)
    made = Rounds(server, database, seed)
    try:
        return made.run(rounds, progress)
    finally:
        server.kill()
        made.close()


def main() -> int:
    """Read the command line, run, print, and say by the exit status whether nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="")
    parser.add_argument("--folder", type=Path, help="an empty folder to work in, kept; else one that is removed")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="crash-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with closing(Nest(tiny(folder / "tiny"))) as nest:
            report = crash(
                given.rounds,
                nest=nest,
                seed=given.seed,
                folder=folder,
                database=given.database,
                progress=lambda line: print(line, flush=True),
            )
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    for failure in report.failures:
        print("FAILED", failure)
    print(report.line())
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
