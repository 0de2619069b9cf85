"""Faces enrolled straight into a database, without a picture or a model, for tests of what finds them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np

from recognizance.gallery import collections, faces
from recognizance.values import Box, Caller, CollectionId, Embedding, ModelName

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MODEL = ModelName("m")


class Plain:
    """Percent for cosine in a straight line."""

    def scores(self, cosines):
        return [50 + 50 * cosine for cosine in cosines]

    def cosine(self, percent):
        return percent / 50 - 1


def face_id(name):
    return f"{name:036d}"


def vector(name):
    one = np.random.default_rng(name).normal(size=8)
    return (one / np.linalg.norm(one)).astype(np.float32)


def made(database, name="staff", now=NOW):
    """Make a collection."""
    with database.write() as tx:
        return collections.create(
            tx,
            caller=Caller("AKID", "000000000000", "eu-west-3"),
            collection_id=CollectionId(name),
            model=MODEL,
            model_version="1",
            tags={},
            now=now,
        )


def enrol(database, collection, *names):
    """Enrol a face for each name, and return the collection as it is then."""
    with database.write() as tx:
        faces.enrol(
            tx,
            collection,
            [
                SimpleNamespace(box=Box(0, 0, 0.1, 0.1), confidence=99.0, embedding=Embedding(vector(name), MODEL))
                for name in names
            ],
            image_id=str(uuid.uuid4()),
            external_id=None,
            new_id=iter([face_id(name) for name in names]).__next__,
            now=NOW,
        )
    return collections.again(database, collection)


def forget(database, collection, *names):
    """Forget faces, and return the collection as it is then."""
    with database.write() as tx:
        faces.forget(tx, collection, [face_id(name) for name in names])
    return collections.again(database, collection)


def remove(database, collection):
    with database.write() as tx:
        collections.remove(tx, collection)


def similar(gallery, collection, name, percent=0):
    """Return who is found by the face of a name: names by rising similarity."""
    found = gallery.near_faces(collection, vector(name), scale=Plain(), at_least=percent, limit=4096)
    return {int(one.record.face_id): one.similarity for one in found}
