"""A server that holds what searches find, and everybody who takes part in a review, or would cheat in one."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from PIL import Image
from sqlalchemy import func, select
from tests.operations.conftest import body, line
from tests.pictures import EMMA, Sitter, people

from recognizance import app, wire
from recognizance.service import Service
from recognizance.values import Act, Decision, Key, Kind, Rule, Verdict

ACCOUNT = "000000000000"
WHY = "The same scar over the left eye, and the ears are alike."
NOBODY = "None of them has the scar over the left eye."
STRANGERS = range(2000, 2030)
HELD = "x-recognizance-review"

HOLD = Rule("test/hold", "forbid", "people look first", "", "hold", None, "test.cedar", 1, ("context.reviewed",))


@dataclass(frozen=True)
class HoldsSearches:
    """A policy that has two people look at whatever a search finds, and allows everything else."""

    name: str = "test"
    digest: str = "0" * 64
    floor: float | None = None
    rules: tuple = (HOLD,)

    def admit(self, ask, /):
        verdict = Verdict.HOLD if ask.act is Act.IDENTIFY else Verdict.ALLOW
        return Decision(verdict, "test/hold", "people look first", self.floor, "test@000000000000")


def holder(name, *roles, person=None, account=ACCOUNT, **more):
    return Key(
        f"AKIDTEST{name.upper():0>12}", "s" * 40, account, name=name, roles=frozenset(roles), person=person, **more
    )


SAM = holder("sam", "user", "reviewer", person="Sam Spade")
SAM_SEARCHES = holder("samsearches", "searcher", person="Sam Spade")
SAMS_OTHER = holder("samtwo", "reviewer", person="sam  SPADE")
SAMS_SESSION = holder("samsession", "reviewer", kind=Kind.SESSION, issuer=SAM.access_key_id)
ADA = holder("ada", "reviewer", person="Ada")
ADAS_OTHER = holder("adatwo", "reviewer", person="ada ")
BEN_SEARCHES = holder("bensearches", "user", person="BEN")
BEN = holder("ben", "reviewer", person="Ben")
CYD = holder("cyd", "reviewer", person="Cyd")
EVE = holder("eve", "reviewer", person="Eve")
NOBODYS = holder("nobodys", "reviewer")
USER = holder("user", "user", person="Una")
GOVERNOR = holder("governor", "governor", "auditor", person="Gus")
AUDITOR = holder("auditor", "auditor", person="Aud")
JUDGE = holder("judge", "governor", person="Judy")
STRANGER = holder("stranger", "admin", "reviewer", person="Ada", account="111111111111")
EVERYBODY = (
    SAM,
    SAM_SEARCHES,
    SAMS_OTHER,
    SAMS_SESSION,
    ADA,
    ADAS_OTHER,
    BEN,
    BEN_SEARCHES,
    CYD,
    EVE,
    NOBODYS,
    USER,
    GOVERNOR,
    AUDITOR,
    JUDGE,
    STRANGER,
)


@dataclass
class House:
    """A server that holds searches, and everybody who has a key to it."""

    parts: app.Parts
    servers: dict = field(default_factory=dict)

    def __call__(self, who, service="recognizance", region="eu-west-3"):
        made, client = line(who.access_key_id, who.secret, region, service)
        made.server = self.servers["door"]
        return client

    @property
    def tools(self):
        return self.parts.service.tools

    @property
    def database(self):
        return self.parts.database


@contextmanager
def opened(parts, given, **tools):
    """Give the house of a server whose policy holds searches."""
    service = Service(replace(parts.service.tools, **{"policy": HoldsSearches(), **tools}))
    house = House(replace(parts, service=service))
    keys = {one.access_key_id: one for one in EVERYBODY}
    house.servers["door"] = wire.endpoint(
        service,
        lambda name, token=None: keys.get(name),
        given,
        app.utc_now,
        service.tools.new_id,
        parts.health,
        workers=4,
    )
    try:
        yield house
    finally:
        house.servers["door"].close()


def qualify(house, name, time, **much):
    until = time() + timedelta(**(much or {"days": 365}))
    house(GOVERNOR).qualify_reviewer(Person=name, Until=until, Evidence="the course of 2026, number 7")


def enrol(house, sitter, *, name=None, into="staff", who=USER):
    answer = house(who, "rekognition").index_faces(
        CollectionId=into,
        Image={"Bytes": people(sitter)},
        ExternalImageId=name or f"person-{sitter}",
        QualityFilter="NONE",
    )
    return [one["Face"]["FaceId"] for one in answer["FaceRecords"]]


PROBE = people(Sitter(EMMA, take=1))


def search(house, who=SAM, *, picture=PROBE, region="eu-west-3", into="staff", headers=(), **more):
    """Return the faces that a search gave, and the review it waits for."""
    client = house(who, "rekognition", region)
    with stating(client, headers):
        answer = client.search_faces_by_image(CollectionId=into, Image={"Bytes": picture}, **more)
    return [one["Face"]["FaceId"] for one in answer["FaceMatches"]], review_of(answer)


def review_of(answer):
    return answer["ResponseMetadata"]["HTTPHeaders"].get(HELD)


@contextmanager
def stating(client, headers):
    def add(request, **_):
        for name, value in headers:
            request.headers[name] = value

    client.meta.events.register("before-sign.rekognition.*", add)
    try:
        yield
    finally:
        client.meta.events.unregister("before-sign.rekognition.*", add)


def look(house, who, name):
    return house(who).get_line_up(ReviewId=name)


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(np.int64)


def most_alike(seen):
    """Return the letter of the face that a careful person would call the same as the probe."""
    probe = pixels(seen["Probe"])
    return min(seen["Faces"], key=lambda one: np.abs(pixels(one["Picture"]) - probe).mean())["Label"]


def calls(seen, same=(), unsure=()):
    said = {one["Label"]: "same" if one["Label"] in same else "different" for one in seen["Faces"]}
    said |= dict.fromkeys(unsure, "cannot-tell")
    return [{"Label": one, "Call": call} | ({"Reason": WHY} if call == "same" else {}) for one, call in said.items()]


def judge(house, who, name, *, same=None, **more):
    """Look, and call the most alike the same; or nobody, or somebody else."""
    seen = look(house, who, name)
    chosen = [most_alike(seen)] if same is None else same(seen) if callable(same) else same
    given = {"Calls": calls(seen, chosen, **more)} | ({} if chosen else {"Reason": NOBODY})
    return house(who).submit_verdict(ReviewId=name, **given)


def other(seen):
    """Return the letter of somebody who cannot be the person sought."""
    return [next(one["Label"] for one in seen["Faces"] if one["Label"] != most_alike(seen))]


def confirmed(house, name, *who):
    for one in who or (ADA, BEN):
        judge(house, one, name)


def described(house, name, who=ADA):
    return body(house(who).describe_review(ReviewId=name))


def state(house, name):
    return described(house, name)["Review"]["State"]


def entries(house, operation):
    found = house(GOVERNOR).list_ledger_entries()["Entries"]
    return [one for one in found if one["Operation"] == operation]


def counted(house, table):
    return house.database.rows(select(func.count().label("n")).select_from(table))[0]["n"]
