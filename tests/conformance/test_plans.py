"""No question about one picture, one user or one face reads a whole collection, and nobody needs to count for it."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, select

from recognizance.database import file_url, open_database
from recognizance.database.tables import FACES, GROUNDS
from recognizance.gallery import faces, grounds, users, vectors

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """What gives the steps in which SQLite answers a query."""
    with closing(open_database(file_url(tmp_path_factory.mktemp("plans") / "a.db"))) as database:

        def explained(query):
            given = query.params(
                of_collection=1, of_kind=0, of_image="a", of_name="a", of_user="a", ids=["a", "b"], numbers=[1, 2]
            )
            said = given.compile(database.engine, compile_kwargs={"render_postcompile": True})
            with database.engine.connect() as connection:
                values = tuple(1 for _ in said.positiontup)
                return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values)]

        yield explained


def of(table, *conditions):
    return select(table).where(table.c.collection == bindparam("of_collection"), *conditions)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (faces.OF_PICTURE, "faces_by_image (collection=? AND image_id=?)"),
        (faces.BY_IDS, "faces_by_id (collection=? AND face_id=?)"),
        (faces.BY_NUMBERS, "PRIMARY KEY (collection=? AND number=?)"),
        (of(FACES, FACES.c.user_id.in_(["a", "b"])), "faces_by_user (collection=? AND user_id=?)"),
        (users.BY_VECTORS, "users_by_vector (collection=? AND vector_number=?)"),
        (users.BY_ID, "users_by_id (collection=? AND user_id=?)"),
        (grounds.OF.where(GROUNDS.c.consent == "a"), "grounds_by_consent (collection=? AND consent=?)"),
        (vectors.FETCH, "vectors_1 (collection=? AND kind=? AND number=?)"),
        (grounds.ended(NOW), "grounds_by_end (until<?)"),
    ],
)
def test_a_question_about_few_is_answered_by_an_index(plan, query, index):
    steps = plan(query)
    assert any(index in step for step in steps), steps
    assert not any(step.endswith(("(collection=?)", "SCAN faces", "SCAN grounds", "SCAN users")) for step in steps)
