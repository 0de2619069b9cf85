"""Pictures at rest: what reviewers look at, sealed so that a key's destruction is the pictures' own.

Every collection has a key, and so has every review for the picture that was searched with. Keys are wrapped by the
vault's, which is in a file of the data folder and never in the database. All sealing is AES-256-GCM with a random
nonce before the text, and binds what it is of: a picture that is put in another's place cannot be opened there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, delete, insert, select

from recognizance import private
from recognizance.accountability.keys import RandomBytes
from recognizance.database import Reader, Tx, slices
from recognizance.database.tables import CROP_KEYS, CROPS, REVIEW_PROBES

BYTES = 32
NONCE = 12

KEY_OF = select(CROP_KEYS.c.wrapped).where(CROP_KEYS.c.collection == bindparam("of_collection"))
NUMBERED = CROPS.c.number.in_(bindparam("numbers", expanding=True))
THERE = select(CROPS.c.number).where(CROPS.c.collection == bindparam("of_collection"), NUMBERED)
PICTURES = select(CROPS.c.number, CROPS.c.sealed).where(CROPS.c.collection == bindparam("of_collection"), NUMBERED)
KEEP = insert(CROPS)


def vault_key(folder: Path, random: RandomBytes) -> bytes:
    """Return the 32-byte key that wraps the others, kept in `folder`; it is made on the first call."""
    return private.key(folder / "vault.key", random)


@dataclass(frozen=True, slots=True)
class Vault:
    """Makes keys and wraps them; `key` is 32 bytes that never leave the data folder."""

    key: bytes = field(repr=False)
    random: RandomBytes

    def new_key(self, of: str) -> tuple[bytes, bytes]:
        """Return a fresh key for the pictures of something, and the same wrapped, to be kept."""
        made = self.random(BYTES)
        return made, self.seal(self.key, made, f"key of {of}")

    def unwrap(self, wrapped: bytes, of: str) -> bytes:
        """Return a key that was wrapped. Raises `ValueError` for one wrapped elsewhere, or of something else."""
        return unseal(self.key, wrapped, f"key of {of}")

    def seal(self, key: bytes, content: bytes, of: str) -> bytes:
        """Return `content` sealed: a nonce, the ciphertext and its tag, 28 bytes more than it was."""
        nonce = self.random(NONCE)
        return nonce + AESGCM(key).encrypt(nonce, content, of.encode())


def unseal(key: bytes, sealed: bytes, of: str) -> bytes:
    """Return what was sealed. Raises `ValueError` where it was not sealed with this key and of the same thing."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], of.encode())
    except InvalidTag:
        raise ValueError(
            f"what should be the {of} was not sealed as that with this key; is vault.key another?"
        ) from None


# Pictures of enrolled faces


def keep_crops(tx: Tx, vault: Vault, collection: int, pictures: Mapping[int, bytes]) -> None:
    """Keep pictures of faces, by their numbers; one that is kept already stays. The collection must be locked."""
    known = pictured(tx, collection, list(pictures))
    new = {number: one for number, one in pictures.items() if number not in known}
    if not new:
        return
    rows = tx.rows(KEY_OF, {"of_collection": collection})
    if rows:
        key = vault.unwrap(bytes(rows[0]["wrapped"]), _collection(collection))
    else:
        key, wrapped = vault.new_key(_collection(collection))
        tx.run(insert(CROP_KEYS).values(collection=collection, wrapped=wrapped))
    sealed = {number: vault.seal(key, one, _crop(collection, number)) for number, one in new.items()}
    tx.run(KEEP, [{"collection": collection, "number": number, "sealed": one} for number, one in sealed.items()])


def pictured(reader: Reader, collection: int, numbers: Sequence[int]) -> set[int]:
    """Return which of the faces have a picture."""
    return {
        row["number"]
        for some in slices(numbers)
        for row in reader.rows(THERE, {"of_collection": collection, "numbers": list(some)})
    }


def crops(reader: Reader, vault: Vault, collection: int, numbers: Sequence[int]) -> dict[int, bytes]:
    """Return the pictures of those of the faces that have one, by number; none where the key is destroyed."""
    keys = reader.rows(KEY_OF, {"of_collection": collection})
    if not keys:
        return {}
    key = vault.unwrap(bytes(keys[0]["wrapped"]), _collection(collection))
    return {
        row["number"]: unseal(key, bytes(row["sealed"]), _crop(collection, row["number"]))
        for some in slices(numbers)
        for row in reader.rows(PICTURES, {"of_collection": collection, "numbers": list(some)})
    }


def some_pictured(reader: Reader, collection: int, after: int) -> int | None:
    """Return the number of the first face past `after` that has a picture, or of the first of all; None without any."""
    query = select(CROPS.c.number).where(CROPS.c.collection == collection).order_by(CROPS.c.number).limit(1)
    for row in [*reader.rows(query.where(CROPS.c.number > after)), *reader.rows(query)]:
        return int(row["number"])
    return None


# Pictures that were searched with


def keep_probe(tx: Tx, vault: Vault, review: str, picture: bytes) -> None:
    """Keep the picture that a review is of, under a key of its own."""
    key, wrapped = vault.new_key(_review(review))
    sealed = vault.seal(key, picture, _probe(review))
    tx.run(insert(REVIEW_PROBES).values(review=review, wrapped=wrapped, sealed=sealed))


def probe(reader: Reader, vault: Vault, review: str) -> bytes | None:
    """Return the picture that a review is of; None where it is destroyed."""
    for row in reader.rows(select(REVIEW_PROBES).where(REVIEW_PROBES.c.review == review)):
        key = vault.unwrap(bytes(row["wrapped"]), _review(review))
        return unseal(key, bytes(row["sealed"]), _probe(review))
    return None


def destroy_probes(tx: Tx, reviews: Sequence[str]) -> int:
    """Destroy the pictures that these reviews are of, and their keys; return how many there were."""
    return sum(tx.run(delete(REVIEW_PROBES).where(REVIEW_PROBES.c.review.in_(some))) for some in slices(reviews))


def _collection(number: int) -> str:
    return f"pictures of collection {number}"


def _crop(collection: int, number: int) -> str:
    return f"picture of face {number} of collection {collection}"


def _review(review: str) -> str:
    return f"picture of review {review}"


def _probe(review: str) -> str:
    return f"probe of review {review}"
