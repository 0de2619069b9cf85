"""Wrong labels are suspected where they are, the surest first, and nothing is decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import pictures
from tests.conftest import CURVE

from recognizance.evaluation.protocols import labels
from recognizance.evaluation.protocols.labels import Kind
from recognizance.evaluation.sets import subjects, templates
from recognizance.vision.similarity import Similarity

DIMENSION = 128


@pytest.fixture(scope="module")
def similarity():
    return Similarity(CURVE)  # cosine 0.5 is one in 10,000


class Set:
    """Pictures of people, each a direction of their own; some are put under another name."""

    def __init__(self, people, takes=3):
        self.random = np.random.default_rng(11)
        self.named, self.vectors, self.digests, self.faces = [], [], [], []
        self.middles = {}
        for person in range(people):
            for _ in range(takes):
                self.add(f"P{person:02}")

    def add(self, name, *, shows=None, noise=0.02, digest=None, faces=1):
        middle = self.middles.setdefault(shows or name, self.random.normal(size=DIMENSION) / DIMENSION**0.5)
        vector = middle / np.linalg.norm(middle) + self.random.normal(size=DIMENSION) * noise
        self.vectors.append(vector / np.linalg.norm(vector))
        self.digests.append(digest or f"{len(self.named):064x}")
        self.faces.append(faces)
        self.named.append(name)

    def templates(self):
        numbers = {}
        shown = []
        for name in self.named:
            numbers[name] = numbers.get(name, -1) + 1
            shown.append(subjects.Subject(f"{name}/{numbers[name]}.png", name))
        return templates.Templates(
            tuple(shown), np.array(self.vectors, np.float32), np.array(self.faces), tuple(self.digests), (), "made"
        )


def told(found, given):
    return [(one.kind, given.subjects[one.first].name, given.subjects[one.second].name) for one in found.found]


def test_right_labels_are_not_suspected(similarity):
    given = Set(30).templates()
    found = labels.suspects(given, similarity)
    assert found.found == ()
    assert (found.people, found.mated, found.nonmated) == (30, 90, 3915)


def test_one_person_under_two_names_is_suspected(similarity):
    made = Set(20)
    for _ in range(3):
        made.add("Second", shows="P03")
    given = made.templates()
    ((kind, first, second),) = told(labels.suspects(given, similarity), given)
    assert kind is Kind.TWO_NAMES
    assert {first[:3], second[:3]} == {"P03", "Sec"}


def test_a_picture_of_another_person_is_suspected_and_comes_first(similarity):
    made = Set(20)
    made.add("P04", shows="P07")
    given = made.templates()
    ((kind, first, second),) = told(labels.suspects(given, similarity), given)
    assert (kind, first, second[:3]) == (Kind.WRONG_NAME, "P04/3.png", "P07")


def test_a_picture_of_somebody_unknown_is_suspected_among_its_own(similarity):
    made = Set(20)
    made.add("P05", shows="nobody else", faces=2)
    given = made.templates()
    found = labels.suspects(given, similarity)
    ((kind, first, _),) = told(found, given)
    assert (kind, first) == (Kind.UNLIKE_OTHERS, "P05/3.png")
    assert found.found[0].said.endswith("More than one face was found in it: the other may be meant.")


def test_of_two_pictures_that_are_unlike_each_other_the_person_is_suspected_once(similarity):
    made = Set(20)
    made.add("Two")
    made.add("Two", shows="somebody")
    given = made.templates()
    found = labels.suspects(given, similarity)
    assert told(found, given) == [(Kind.UNLIKE_OTHERS, "Two/0.png", "Two/1.png")]
    assert [row[4] for row in labels.rows(found, given)] == ["Two/0.png", "Two/1.png"]


def test_two_people_of_a_picture_each_who_are_too_alike_may_be_one_or_kin(similarity):
    made = Set(20)
    made.add("One", noise=0.03)
    made.add("Kin", shows="One", noise=0.03)
    given = made.templates()
    ((kind, _, _),) = told(labels.suspects(given, similarity), given)
    assert kind is Kind.ALIKE


def test_the_same_file_under_two_names_is_the_surest(similarity):
    made = Set(20)
    made.add("Copy", shows="P02", noise=0.0, digest=f"{6:064x}")
    made.add("P05", shows="nobody else")
    given = made.templates()
    found = told(labels.suspects(given, similarity), given)
    assert found[0][0] is Kind.SAME_BYTES
    assert {found[0][1], found[0][2]} == {"P02/0.png", "Copy/0.png"}
    assert found[-1][0] is Kind.UNLIKE_OTHERS


def test_more_strangers_expected_make_a_longer_list(similarity):
    random = np.random.default_rng(2)
    vectors = random.normal(size=(200, 12))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    shown = tuple(subjects.Subject(f"{at}.png", str(at)) for at in range(200))
    given = templates.Templates(shown, vectors, np.ones(200, np.int64), tuple(f"{at:064x}" for at in range(200)),
                                (), "made")  # fmt: skip
    few, many = (labels.suspects(given, similarity, expected=number) for number in (0.1, 10.0))
    assert few.similarity > many.similarity
    assert len(few.found) < len(many.found)
    assert few.expected == pytest.approx(0.1)


def test_files_of_one_photograph_are_told_by_their_pixels(similarity, tmp_path):
    made = Set(5)
    made.add("Here")
    made.add("There", shows="Here", noise=0.0)
    given = made.templates()
    photo = pictures.smooth(160, 120)
    (tmp_path / "here.png").write_bytes(pictures.encoded(photo))
    (tmp_path / "there.jpg").write_bytes(pictures.jpeg(photo[2:-2, 2:-2]))
    paths = {"Here": tmp_path / "here.png", "There": tmp_path / "there.jpg"}
    given = replace(given, subjects=tuple(replace(one, path=paths.get(one.person)) for one in given.subjects))
    found = labels.looked_at(labels.suspects(given, similarity), given)
    assert [one.kind for one in found.found] == [Kind.SAME_PICTURE]
    (tmp_path / "there.jpg").write_bytes(pictures.jpeg(pictures.noise()))
    assert labels.looked_at(labels.suspects(given, similarity), given).found[0].kind is Kind.ALIKE
    (tmp_path / "there.jpg").unlink()
    assert labels.looked_at(labels.suspects(given, similarity), given).found[0].kind is Kind.ALIKE


def test_a_small_picture_is_the_means_of_its_fields():
    pixels = np.kron(np.arange(256).reshape(16, 16, 1), np.ones((3, 4, 3))).astype(np.uint8)
    assert labels.small(pixels) == pytest.approx(np.arange(256).reshape(16, 16))
    assert labels.correlation(labels.small(pixels), -labels.small(pixels)) == pytest.approx(-1)
    assert labels.correlation(np.ones((16, 16)), labels.small(pixels)) is None


def test_the_list_to_decide_on_says_nothing_until_somebody_has(similarity, tmp_path):
    made = Set(20)
    made.add("P04", shows="P07")
    given = made.templates()
    rows = labels.rows(labels.suspects(given, similarity), given)
    assert [row[0] for row in rows] == [""]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in (labels.COLUMNS, *rows))
    (tmp_path / "list.csv").write_text(text)
    listed = subjects.read_exclusions(tmp_path / "list.csv")
    assert (listed.people, listed.files) == (frozenset(), frozenset())
    (tmp_path / "list.csv").write_text(text.replace('\n""', '\n"exclude"'))
    assert subjects.read_exclusions(tmp_path / "list.csv").files == {"P04/3.png"}
    (tmp_path / "list.csv").write_text(text.replace('\n""', '\n"Exclude person"'))
    assert subjects.read_exclusions(tmp_path / "list.csv").people == {"P04"}
