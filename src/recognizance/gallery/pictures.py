"""What goes with a face that is forgotten beside its vector: its picture, and its place in any line-up.

A review whose last candidate goes, or that searched with a face that goes, is withdrawn: nobody is left to be judged,
or nothing to judge by. Whoever calls this holds the collection's lock, and so does whoever closes a review.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, not_, select, update

from recognizance.database import Tx, slices
from recognizance.database.tables import CROP_KEYS, CROPS, REVIEW_FACES, REVIEW_PROBES, REVIEWS

OPEN, WITHDRAWN = "open", "withdrawn"


def forget(tx: Tx, collection: int, numbers: Sequence[int]) -> None:
    """Erase the pictures of these faces, and take them out of every line-up."""
    tx.run(delete(CROPS).where(CROPS.c.collection == collection, CROPS.c.number.in_(numbers)))
    _take_out(tx, collection, REVIEW_FACES.c.face.in_(numbers))
    _withdraw(tx, and_(REVIEWS.c.collection == collection, REVIEWS.c.probe.in_(numbers)))


def forget_user(tx: Tx, collection: int, number: int) -> None:
    """Take a user who is removed out of every line-up."""
    _take_out(tx, collection, REVIEW_FACES.c.user == number)


def forget_all(tx: Tx, collection: int) -> None:
    """Destroy the key of a collection's pictures, and withdraw every review that is open in it."""
    tx.run(delete(CROP_KEYS).where(CROP_KEYS.c.collection == collection))
    _withdraw(tx, REVIEWS.c.collection == collection)


def _take_out(tx: Tx, collection: int, whom: ColumnElement[bool]) -> None:
    theirs = and_(REVIEW_FACES.c.collection == collection, whom)
    touched = [row["review"] for row in tx.rows(select(REVIEW_FACES.c.review).where(theirs).distinct())]
    tx.run(delete(REVIEW_FACES).where(theirs))
    for some in slices(touched):
        left = select(REVIEW_FACES.c.review).where(REVIEW_FACES.c.review.in_(some), REVIEW_FACES.c.candidate)
        ends = and_(REVIEWS.c.id.in_(some), REVIEWS.c.id.not_in(left), REVIEWS.c.state == OPEN)
        _withdraw(tx, and_(ends, not_(REVIEWS.c.seeded)))  # a seeded one never had a candidate


def _withdraw(tx: Tx, which: ColumnElement[bool]) -> None:
    """End those of the reviews that are open, and destroy the pictures that any of them were of."""
    # Rows are locked in one order, whoever locks several.
    locked = select(REVIEWS.c.id).where(which).order_by(REVIEWS.c.id).with_for_update()
    for some in slices([row["id"] for row in tx.rows(locked)]):
        tx.run(update(REVIEWS).where(REVIEWS.c.id.in_(some), REVIEWS.c.state == OPEN).values(state=WITHDRAWN))
        tx.run(delete(REVIEW_PROBES).where(REVIEW_PROBES.c.review.in_(some)))
