"""Every table, as SQLAlchemy Core metadata; the migrations make them, and a test compares the two.

The ledger, its nodes, checkpoints and cosignatures are append-only in the database itself: triggers refuse UPDATE,
DELETE and REPLACE, and a tree that shrinks.

A collection's `revision` counts everything that was ever added to it or removed from it. What is added
takes the next number and keeps it: a face's number, a user's, a vector's. What is removed leaves a row in
`removals` under the next number. So `vectors` and `removals` past a revision are the change feed an
index reads, and whoever changes a collection locks its row first, so that revisions commit in order.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

METADATA = MetaData()

FACE, USER = 0, 1
"""What a vector is of."""

EMPTY = hashlib.sha256(bytes(2048)).hexdigest()
"""The root of a collection without vectors, as `gallery.contents` has it."""


def _number() -> BigInteger:
    # SQLite gives an increasing number by itself only to a column it calls INTEGER.
    return BigInteger().with_variant(Integer, "sqlite")


def _name(length: int) -> String:
    # Ids are compared byte by byte on every engine: a page's cursor must mean the same everywhere.
    return String(length).with_variant(String(length, collation="C"), "postgresql")


LEDGER = Table(
    "ledger",
    METADATA,
    Column("sequence", _number(), primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("leaf", Text, nullable=False),
)
"""The entries: `leaf` is the exact text that `hash` is of. Numbers begin at 1 and leave none out."""

LEDGER_NODES = Table(
    "ledger_nodes",
    METADATA,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""The roots of complete subtrees of 256 ** `level` entries."""

LEDGER_TILES = Table(
    "ledger_tiles",
    METADATA,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
"""256 hashes of a level, 0 for entries, in one piece once there are as many: what a proof reads."""

LEDGER_TREE = Table(
    "ledger_tree",
    METADATA,
    Column("only", SmallInteger, primary_key=True, autoincrement=False),  # there is one row, numbered 1
    Column("size", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True)),
    Column("frontier", LargeBinary, nullable=False),
    Column("signed_size", BigInteger, nullable=False),
    Column("signed_at", DateTime(timezone=True)),
    Column("verifier", Text),
)
"""Where the ledger stands: whoever adds an entry reads it, in turn, and leaves it changed."""

CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("note", Text, nullable=False),
)

COSIGNATURES = Table(
    "cosignatures",
    METADATA,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("witness", _name(256), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("line", Text, nullable=False),
)

STATEMENTS = Table(
    "statements",
    METADATA,
    Column("sequence", _number(), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("text", Text, nullable=False),
    Column("case_digest", String(64)),
    Index(
        "statements_by_case",
        "case_digest",
        sqlite_where=text("case_digest IS NOT NULL"),
        postgresql_where=text("case_digest IS NOT NULL"),
    ),
)
"""What callers stated beside their requests; an entry's leaf holds a commitment to it, so a row may be erased."""

COLLECTIONS = Table(
    "collections",
    METADATA,
    Column("number", _number(), primary_key=True, autoincrement=True),
    Column("account", String(12), nullable=False),
    Column("id", _name(255), nullable=False),
    Column("region", String(64), nullable=False),
    Column("model", String(128), nullable=False),
    Column("model_version", String(64), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("faces", BigInteger, nullable=False),
    Column("users", BigInteger, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("replaces", BigInteger, unique=True),
    Column("root", String(64), nullable=False, server_default=EMPTY),  # see gallery.contents
    sqlite_autoincrement=True,
)
Index(
    "collections_by_id",
    COLLECTIONS.c.account,
    COLLECTIONS.c.id,
    unique=True,
    sqlite_where=text("replaces IS NULL"),
    postgresql_where=text("replaces IS NULL"),
)


def _collection() -> Column[int]:
    return Column("collection", BigInteger, ForeignKey(COLLECTIONS.c.number), primary_key=True, autoincrement=False)


FACES = Table(
    "faces",
    METADATA,
    _collection(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("face_id", _name(36), nullable=False),
    Column("image_id", _name(36), nullable=False),
    Column("external_id", _name(255)),
    Column("left", Double, nullable=False),
    Column("top", Double, nullable=False),
    Column("width", Double, nullable=False),
    Column("height", Double, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("user_id", _name(128)),
    Column("enrolled_at", DateTime(timezone=True), nullable=False),
    Index("faces_by_id", "collection", "face_id", unique=True),
    Index("faces_by_image", "collection", "image_id"),
    Index(
        "faces_by_user",
        "collection",
        "user_id",
        "face_id",
        sqlite_where=text("user_id IS NOT NULL"),
        postgresql_where=text("user_id IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

USERS = Table(
    "users",
    METADATA,
    _collection(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", _name(128), nullable=False),
    Column("faces", Integer, nullable=False),
    Column("vector_number", BigInteger),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Index("users_by_id", "collection", "user_id", unique=True),
    Index("users_by_vector", "collection", "vector_number"),
    sqlite_with_rowid=False,
)

VECTORS = Table(
    "vectors",
    METADATA,
    _collection(),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
    # An SQLite table with a rowid, as vectors are long: without one, 512 numbers take twice the room.
)

CONTENTS = Table(
    "contents",
    METADATA,
    _collection(),
    Column("state", LargeBinary, nullable=False),  # see gallery.contents
)

GROUNDS = Table(
    "grounds",
    METADATA,
    _collection(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("consent", _name(256)),
    Column("until", DateTime(timezone=True)),
    Index("grounds_by_end", "until"),
    Index("grounds_by_consent", "collection", "consent"),
    sqlite_with_rowid=False,
)
"""On what ground a face is kept and until when, where either was said: the face has the same number."""

REMOVALS = Table(
    "removals",
    METADATA,
    _collection(),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

ANSWERED = Table(
    "answered",
    METADATA,
    Column("account", String(12), primary_key=True),
    Column("operation", String(64), primary_key=True),
    Column("token", _name(64), primary_key=True),
    Column("request", String(64), nullable=False),  # a keyed digest
    Column("response", JSON, nullable=False),
    Column("collection", BigInteger),  # whose answers go when it goes
    Column("at", DateTime(timezone=True), nullable=False),
    Index("answered_by_time", "at"),
    Index("answered_by_collection", "collection"),
)
"""What was answered under an idempotency token, for as long as the token is good."""

ACCESS_KEYS = Table(
    "access_keys",
    METADATA,
    Column("number", _number(), primary_key=True, autoincrement=True),
    Column("id", _name(20), nullable=False, unique=True),
    Column("account", String(12), nullable=False),
    Column("line", _name(20), nullable=False),  # the first id it had: a rotation goes on with it
    Column("name", String(128), nullable=False),
    Column("person", String(128)),
    Column("roles", JSON, nullable=False),
    Column("purpose", String(256)),
    Column("secret", LargeBinary, nullable=False),  # wrapped, see accountability.keyring
    Column("made_by", String(128), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("rotated_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_why", String(1000)),
    Index("access_keys_by_account", "account", "number"),
    sqlite_autoincrement=True,
)
"""The keys that operations made; the root key is in the settings or in its file."""

SUSPENSIONS = Table(
    "suspensions",
    METADATA,
    Column("number", _number(), primary_key=True, autoincrement=True),
    Column("id", _name(36), nullable=False, unique=True),
    Column("account", String(12), nullable=False),
    Column("kind", String(16), nullable=False),  # all, act, operation or collection
    Column("target", _name(255), nullable=False),
    Column("why", String(1000), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("suspended_by", String(128), nullable=False),
    Column("resumed_at", DateTime(timezone=True)),
    Column("resumed_by", String(128)),
    Column("resumed_why", String(1000)),
    Index("suspensions_by_account", "account", "number"),
    sqlite_autoincrement=True,
)

AUTHORISATIONS = Table(
    "authorisations",
    METADATA,
    Column("number", _number(), primary_key=True, autoincrement=True),
    Column("id", _name(36), nullable=False, unique=True),
    Column("account", String(12), nullable=False),
    Column("case", String(256), nullable=False),
    Column("basis", String(1000), nullable=False),
    Column("authority", String(256), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("opened_by", String(128), nullable=False),
    Column("opened_line", String(128), nullable=False),  # the line of that key, or of the key that made the session
    Column("opened_person", String(128)),
    Column("decision", String(8)),  # granted or refused
    Column("decided_at", DateTime(timezone=True)),
    Column("decided_by", String(128)),
    Column("decided_person", String(128)),
    Column("reference", String(256)),
    Column("expires_at", DateTime(timezone=True)),
    Column("sealed_at", DateTime(timezone=True)),
    Index("authorisations_by_account", "account", "number"),
    sqlite_autoincrement=True,
)

CONTROLS = Table(
    "controls",
    METADATA,
    Column("part", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("policy", Text, nullable=False, server_default=""),  # a pack's name or a folder's path; "": open
    Column("account", String(12), nullable=False, server_default=""),
)
"""One row, whose version counts the changes to keys, suspensions and authorisations: see accountability.watch.

It also keeps which policy the database is under and the account it is kept for: see accountability.adopted.
"""

KEY_CHECKS = Table(
    "key_checks",
    METADATA,
    Column("name", _name(32), primary_key=True),
    Column("digest", String(64), nullable=False),
)
"""By what each key file of the data folder is known to be the one it was: see accountability.keychecks."""

CROP_KEYS = Table(
    "crop_keys",
    METADATA,
    _collection(),
    Column("wrapped", LargeBinary, nullable=False),  # see accountability.vault
)
"""The key of a collection's pictures: without its row nobody can look at them again."""

CROPS = Table(
    "crops",
    METADATA,
    _collection(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""Small pictures of enrolled faces, for reviewers to look at."""

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("id", _name(36), primary_key=True),
    Column("account", String(12), nullable=False),
    Column("collection", BigInteger, nullable=False),  # which may be gone by now
    Column("search", String(64), nullable=False),  # a keyed digest: what was searched with, where, and why
    Column("state", String(16), nullable=False),
    Column("outcome", String(16)),
    Column("seeded", Boolean, nullable=False),
    Column("needed", SmallInteger, nullable=False),
    Column("size", SmallInteger, nullable=False),  # of its line-up when it was opened
    Column("unseen", Integer, nullable=False),  # candidates beside, of whom there is no picture
    Column("withheld", Integer, nullable=False),  # candidates beyond those a line-up can have
    Column("probe", BigInteger),  # the number of the face searched with, where it is an enrolled one
    Column("authorisation", _name(128)),
    Column("case", String(64)),  # a keyed digest, where a case was stated
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("opened_key", String(128), nullable=False),
    Column("opened_line", String(128), nullable=False),
    Column("opened_person", String(128)),
    Column("closed_at", DateTime(timezone=True)),
    Index(
        "reviews_open_once",
        "search",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index("reviews_by_search", "search"),
    Index("reviews_by_account", "account", "id"),
    Index("reviews_by_state", "state", "opened_at"),
    Index("reviews_by_collection", "collection"),
    Index("reviews_by_authorisation", "account", "authorisation"),
    Index("reviews_by_case", "account", "case"),
)

REVIEW_ASKERS = Table(
    "review_askers",
    METADATA,
    Column("review", _name(36), primary_key=True),
    Column("line", _name(128), primary_key=True),
    Column("access_key", String(128), nullable=False),
    Column("person", String(128)),
)
"""Who else asked the same search while its review was open."""

REVIEW_PROBES = Table(
    "review_probes",
    METADATA,
    Column("review", _name(36), primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
"""The picture that was searched with, and its key, for as long as the review may need it."""

REVIEW_FACES = Table(
    "review_faces",
    METADATA,
    Column("review", _name(36), primary_key=True),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("collection", BigInteger, nullable=False),
    Column("face", BigInteger, nullable=False),  # the number of the face that is shown
    Column("user", BigInteger),  # the number of the user who was found, where users were searched
    Column("candidate", Boolean, nullable=False),
    Column("result", String(16)),
    Column("before", Integer, nullable=False),  # how often they were rejected in this case when it was opened
    Index("review_faces_by_face", "collection", "face"),
)
"""A line-up: candidates and those drawn beside them. A face that is forgotten leaves it."""

REVIEW_LOOKS = Table(
    "review_looks",
    METADATA,
    Column("review", _name(36), primary_key=True),
    Column("person", _name(128), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""When each reviewer first looked at a line-up."""

VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("review", _name(36), primary_key=True),
    Column("person", _name(128), primary_key=True),
    Column("account", String(12), nullable=False),
    Column("access_key", String(128), nullable=False),  # of a session, its issuer's
    Column("line", String(128), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("seconds", Double, nullable=False),  # since they first looked
    Column("calls", JSON, nullable=False),  # by place in the line-up
    Column("reasons", JSON, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("commitment", String(64), nullable=False),
    Column("wrong", SmallInteger, nullable=False),  # called the same, who could not be
    Column("aside", String(16)),  # why it did not count when the review was closed
    Column("agreed", SmallInteger),  # candidates of whom the review came to say the same
    Column("overturned", SmallInteger),
    Index("verdicts_by_person", "account", "person"),
)

REVIEWERS = Table(
    "reviewers",
    METADATA,
    Column("account", String(12), primary_key=True),
    Column("person", _name(128), primary_key=True),  # as two spellings of one name are compared
    Column("name", String(128), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("evidence", String(1000), nullable=False),
    Column("qualified_at", DateTime(timezone=True), nullable=False),
    Column("qualified_by", String(128), nullable=False),
)
"""Who may review, by what evidence, and until when."""

WITNESSED = Table(
    "witnessed",
    METADATA,
    Column("origin", _name(256), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""The last checkpoint of each other log that this server cosigned as its witness."""

AUDITS = Table(
    "audits",
    METADATA,
    Column("number", _number(), primary_key=True, autoincrement=True),
    Column("id", _name(36), nullable=False, unique=True),
    Column("account", String(12), nullable=False),
    Column("protocol", String(64), nullable=False),
    Column("digest", String(64), nullable=False),  # of the report, which is not kept here
    Column("summary", Text, nullable=False),
    Column("entry", BigInteger, nullable=False),  # the number of the ledger's entry that has it
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", String(128), nullable=False),
    Column("findings", Integer, nullable=False),
    Index("audits_by_account", "account", "number"),
    Index("audits_by_digest", "account", "digest", unique=True),
    sqlite_autoincrement=True,
)

FINDINGS = Table(
    "findings",
    METADATA,
    Column("number", _number(), primary_key=True, autoincrement=True),
    Column("id", _name(36), nullable=False, unique=True),
    Column("account", String(12), nullable=False),
    Column("audit", _name(36), nullable=False),
    Column("kind", String(128), nullable=False),
    Column("group", String(256), nullable=False),  # whom it is about; "" for everybody
    Column("said", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", String(128)),
    Column("note", Text),
    Column("shown_by", String(64)),  # the digest of the later audit that shows it
    Index("findings_by_account", "account", "number"),
    Index("findings_by_audit", "audit", "number"),
    Index("findings_by_end", "closed_at", "due_at"),
    sqlite_autoincrement=True,
)
"""What audits found that somebody has to answer for: see accountability.findings."""
