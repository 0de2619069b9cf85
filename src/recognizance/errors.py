"""Everything that can go wrong on purpose, as one tree.

    Refusal                       the request was understood and is refused; `code` is the wire's word
    ├── AccessDenied              the policy says no
    ├── Unserved                  an operation of the model that this server does not offer
    ├── InvalidParameter          right by the model, wrong by its meaning, the picture or what is stored
    ├── InvalidImage              not a JPEG or PNG that decodes
    ├── ImageTooLarge             more bytes or pixels than are accepted
    ├── InvalidS3Object           the object named cannot be had, for whatever reason
    ├── NotFound                  no collection or user of that name
    ├── AlreadyExists             a collection of that name is there
    ├── Conflict                  a user of that name is there, or another change came first
    ├── QuotaExceeded             a collection, a user or a set of tags holds as much as it may
    ├── TokenReused               an idempotency token came back with another request
    ├── InvalidPage               a page token that is not ours, too old, or of another question
    ├── RateExceeded              the store a picture should come from is turning requests away
    └── Throttled                 more work in hand than this server takes on
    ModelUnusable                 a card, a digest or a file is not what it should be (an operator's error)
    ├── ModelMissing              no such model is installed here
    ├── ModelDamaged              a model's file is not the one its card tells of
    └── ModelMismatch             vectors of two models were about to be compared
    SettingsWrong                 a setting has no meaning (an operator's error)
    └── PolicyWrong               a policy, or its table of cases, cannot be used
    DatabaseUnusable              the database cannot be opened, read or written (an operator's error)
    IndexUnusable                 an index outside this process cannot be asked (an operator's error)
    └── IndexLost                 it is no longer there, and is to be opened again
    SessionEnded                  the session that signed a request is past its end
    ServerRefused                 another server was asked, and refused or did not answer
    LedgerBroken                  what should prove something of a ledger does not
    └── NoteWrong                 a signed note, or a key that signs them, is not what it should be

A `Refusal` may reach a client, so its text never names a path, a secret or another caller. The
operator's errors never leave the process as they are: at the wire they are a plain 500. A broken
promise of our own is a `ValueError` or an `assert`, and a 500 too.
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """A request refused; `code` is Rekognition's name for the reason, `status` its HTTP status."""

    code: ClassVar[str]
    status: ClassVar[int] = 400


class AccessDenied(Refusal):
    """The policy does not allow this call."""

    code = "AccessDeniedException"


class Unserved(Refusal):
    """The operation exists in Rekognition and is not offered here."""

    code = "NotImplementedException"
    status = 501


class InvalidParameter(Refusal):
    """A value fits the service model and still makes no sense here."""

    code = "InvalidParameterException"


class InvalidImage(Refusal):
    """The bytes are not a JPEG or PNG that can be decoded whole."""

    code = "InvalidImageFormatException"


class ImageTooLarge(Refusal):
    """The picture has more bytes or pixels than are accepted."""

    code = "ImageTooLargeException"


class InvalidS3Object(Refusal):
    """The object named cannot be read. One text for every cause: which one is not the caller's to know."""

    code = "InvalidS3ObjectException"

    def __init__(self, text: str = "") -> None:
        """Take another text only where it says nothing about any object, bucket or permission."""
        super().__init__(
            text or "Unable to get object metadata from S3. Check object key, region and/or access permissions."
        )


class NotFound(Refusal):
    """What the request names is not there."""

    code = "ResourceNotFoundException"


class AlreadyExists(Refusal):
    """What should be made is there already."""

    code = "ResourceAlreadyExistsException"


class Conflict(Refusal):
    """What should be made is there already, or what should be changed has changed meanwhile."""

    code = "ConflictException"


class QuotaExceeded(Refusal):
    """It would hold more than it may."""

    code = "ServiceQuotaExceededException"


class TokenReused(Refusal):
    """The idempotency token was used for another request."""

    code = "IdempotentParameterMismatchException"


class InvalidPage(Refusal):
    """The page token is not one of ours, is too old, or belongs to another question."""

    code = "InvalidPaginationTokenException"

    def __init__(self, text: str = "Invalid Pagination Token") -> None:
        """Say no more than Rekognition does: what a token holds is nobody's business but ours."""
        super().__init__(text)


class RateExceeded(Refusal):
    """What the request needs is being asked for too often; the client should wait and ask again."""

    code = "ProvisionedThroughputExceededException"


class Throttled(Refusal):
    """More work is in hand than this server takes on; the client should wait and ask again."""

    code = "ThrottlingException"


class ModelUnusable(Exception):
    """A model's card, digest or file is not what it should be. Says which, and what would be right."""


class ModelMissing(ModelUnusable):
    """What a collection's vectors were made with is not here. Says which model, and how to bring it."""


class ModelDamaged(ModelUnusable):
    """A model's file has another SHA-256 than its card says: it was damaged, or somebody put another in its place."""


class ModelMismatch(ModelUnusable):
    """Two vectors of different models were about to be compared: the number would mean nothing."""


class SettingsWrong(Exception):
    """A setting has no meaning. Says which, what it was, and what would be right."""


class PolicyWrong(SettingsWrong):
    """A policy, or its table of cases, cannot be used. Says in which file and line, and what would be right."""


class DatabaseUnusable(Exception):
    """The database cannot be opened, read or written. Says why, and what would help."""


class IndexUnusable(Exception):
    """An index outside this process cannot be asked, or what it says cannot be. Says where it is, and why."""


class IndexLost(IndexUnusable):
    """What the index held has gone, by whoever's hand. Whoever opens it anew can go on."""


class ServerRefused(Exception):
    """Another server was asked, and refused or did not answer. Says which, and what it said."""


class LedgerBroken(Exception):
    """What should prove something of a ledger does not. Says in one sentence which entry is wrong, and how."""


class NoteWrong(LedgerBroken):
    """A signed note, or a key that signs them, is not what it should be. Says what is wrong with it."""


class SessionEnded(Exception):
    """The session that signed a request is past its end; the wire has AWS's word for it."""
