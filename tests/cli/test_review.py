"""A held search from end to end: asked through boto3, judged on the command line, released through boto3."""

import json
import shutil
import stat

import boto3
import pytest
from PIL import Image
from tests.pictures import ANNA, BRUNO, CLARA, DAVID, EMMA
from tests.reviewing import ADA, BEN, CYD, GOVERNOR, HELD, NOBODY, PROBE, SAM, STRANGERS, USER, WHY, opened
from tests.wire.serving import serving
from typer.testing import CliRunner

from recognizance import app, settings
from recognizance.cli import Made, command_line
from recognizance.operations import OPERATIONS

ENROLLED = (EMMA, ANNA, BRUNO, CLARA, DAVID, *STRANGERS[:12])


def never(*_, **__):
    raise AssertionError("this asks a server elsewhere")


@pytest.fixture(scope="module")
def stocked(tiny, tmp_path_factory):
    """The settings of a server, its data folder filled."""
    from tests.reviewing import enrol

    made = settings.read(
        {}, data=tmp_path_factory.mktemp("stocked") / "data", device="cpu", threads=1, detector="tiny-yunet",
        embedder="tiny-face", mirror=False, enlarge=False, log="warning", **tiny,
    )  # fmt: skip
    with app.build(made) as parts, opened(parts, made) as house:
        house(USER, "rekognition").create_collection(CollectionId="staff")
        for person in ENROLLED:
            enrol(house, person, name="emma" if person == EMMA else None)
    return made.data


@pytest.fixture
def address(stocked, given):
    """Where a server listens that holds what searches find."""
    shutil.copytree(stocked, given.data)
    with app.build(given) as parts, opened(parts, given) as house, serving(house.servers["door"]) as url:
        yield url


@pytest.fixture
def shell(address, monkeypatch, tmp_path):
    """What runs `recognizance review` with somebody's key, and returns what it printed."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def run(who, *words, exits=0, at=address):
        where = () if at is None else ("--endpoint", at)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name, raising=False)
        if who is not None:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", who.access_key_id)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", who.secret)
        made = Made(open_service=never, serve=never, environment={"RECOGNIZANCE_PORT": "9"}, new_id=never, now=never)
        result = CliRunner().invoke(command_line(made), ["review", *words, *where])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exits, result.stderr
        return result.stdout if exits == 0 else result.stderr

    return run


@pytest.fixture
def search(address):
    client = boto3.client(
        "rekognition", endpoint_url=address, region_name="eu-west-3", aws_access_key_id=SAM.access_key_id,
        aws_secret_access_key=SAM.secret,
    )  # fmt: skip

    def ask():
        answer = client.search_faces_by_image(CollectionId="staff", Image={"Bytes": PROBE})
        found = [one["Face"]["ExternalImageId"] for one in answer["FaceMatches"]]
        return found, answer["ResponseMetadata"]["HTTPHeaders"].get(HELD)

    yield ask
    client.close()


@pytest.fixture
def qualified(shell):
    for name in ("Ada", "Ben", "Cyd"):
        shell(GOVERNOR, "qualify", name, "--until", "2027-11-20", "--evidence", "the course of 2026")


def alike(shell, who, name, tmp_path):
    """Return the letter that somebody picks who looks at the picture that the command line writes."""
    told = json.loads(shell(who, "show", name, "--out", str(tmp_path / who.name), "--json"))
    drawn = Image.open(told["Picture"]).convert("RGB")
    assert stat.S_IMODE((tmp_path / who.name / f"review-{name}-{who.person}.png").stat().st_mode) == 0o600
    side, gap, letter = 224, 24, 36
    tops = [gap + row * (side + gap + letter) for row in range(2)]
    places = [(5 * gap + side + column * (side + gap) - gap, top) for top in tops for column in range(5)]
    sought = drawn.crop(
        (gap, (drawn.height - side - letter) // 2, gap + side, (drawn.height - side - letter) // 2 + side)
    )

    def distance(place):
        left, top = place
        cut = drawn.crop((left, top, left + side, top + side))
        return sum(abs(a - b) for a, b in zip(cut.tobytes(), sought.tobytes(), strict=True))

    best = min(range(len(told["Labels"])), key=lambda at: distance(places[at]))
    return told["Labels"][best]


def test_a_search_is_held_judged_by_two_on_the_command_line_and_then_released(shell, search, qualified, tmp_path):
    found, name = search()
    assert found == []
    assert name in shell(ADA, "list", "--state", "open")
    for who in (ADA, BEN):
        letter = alike(shell, who, name, tmp_path)
        said = shell(who, "judge", name, "--same", f"{letter}: {WHY}")
        assert "Your verdict is kept" in said
        assert "lead" not in said
    told = shell(ADA, "show", name)
    assert "lead confirmed" in told
    assert f"Ben: 1 of 1 candidate the same person. {WHY}" in " ".join(told.split())
    assert search() == (["emma"], None)
    told = shell(GOVERNOR, "reviewers")
    assert "Ada" in told
    assert "100%" in told


def test_the_files_of_two_reviewers_in_one_folder_are_told_apart(shell, search, qualified, tmp_path):
    _, name = search()
    for who in (ADA, BEN):
        shell(who, "show", name, "--out", str(tmp_path / "seen"))
    files = {path.name for path in (tmp_path / "seen").iterdir()}
    assert files == {f"review-{name}-Ada.png", f"review-{name}-Ben.png"}


def test_sentences_name_no_operations(shell, search, qualified, tmp_path):
    _, name = search()
    said = [shell(ADA, "show", name), shell(ADA, "judge", name, "--none", NOBODY, exits=1)]
    said.append(shell(ADA, "show", name, "--out", str(tmp_path / "seen")))
    said.append(shell(ADA, "judge", name, "--none", NOBODY))
    said.append(shell(GOVERNOR, "judge", name, "--none", NOBODY, exits=1))
    assert [one for one in said for operation in OPERATIONS if operation in one] == []


def test_what_to_do_is_told_and_how_the_line_up_is_seen(shell, search, qualified, tmp_path):
    _, name = search()
    told = shell(ADA, "show", name)
    assert "--out FOLDER" in told
    told = shell(ADA, "show", name, "--out", str(tmp_path / "seen"))
    assert f"recognizance review judge {name} --same" in told
    assert shell(CYD, "judge", name, "--none", NOBODY, exits=1).strip().endswith("a verdict is about what was seen.")
    shell(ADA, "judge", name, "--none", NOBODY, "--cannot-tell", "A")
    assert "It stands" in shell(ADA, "judge", name, "--none", NOBODY, exits=1)
    assert "judged" in shell(ADA, "list")


def test_the_local_command_line_has_no_key_and_cannot_judge(shell, search):
    _, name = search()
    for words in (("judge", name, "--none", NOBODY), ("show", name), ("list",)):
        assert "a review is asked as yourself" in shell(None, *words, exits=1)


def test_who_may_not_judge_is_told_why(shell, search, qualified, tmp_path):
    _, name = search()
    assert "does not review what it found" in shell(SAM, "show", name, "--out", str(tmp_path / "x"), exits=1)
    assert "role reviewer" in shell(USER, "show", name, "--out", str(tmp_path / "x"), exits=1)


def test_what_makes_no_sense_is_told_before_anything_is_asked(shell, search, qualified):
    _, name = search()
    for words, says in (
        (("judge", name), "give --same"),
        (("judge", name, "--same", f"A: {WHY}", "--none", NOBODY), "give --same"),
        (("judge", name, "--same", "A"), "should be like"),
        (("judge", name, "--same", f"A: {WHY}", "--cannot-tell", "a"), "cannot be told"),
        (("judge", name, "--same", f"Z: {WHY}"), "there is no Z"),
    ):
        assert says in shell(ADA, *words, exits=2)


def test_a_server_that_does_not_answer_and_a_profile_that_is_not_there_are_told(shell):
    assert "no server answers" in shell(ADA, "list", exits=1, at="http://127.0.0.1:9")
    assert "no AWS profile" in shell(ADA, "list", "--profile", "nobodys", exits=2)


ELSEWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("environment", "config"),
    [
        ({"AWS_ENDPOINT_URL_RECOGNIZANCE": "{}", "AWS_ENDPOINT_URL": ELSEWHERE}, ""),
        ({"AWS_ENDPOINT_URL": "{}"}, f"endpoint_url = {ELSEWHERE}"),
        ({}, f"services = ours\nendpoint_url = {ELSEWHERE}\n[services ours]\nrecognizance =\n  endpoint_url = {{}}"),
        ({}, "endpoint_url = {}"),
    ],
    ids=["for our service", "for all", "the profile, for our service", "the profile, for all"],
)
def test_the_server_is_where_aws_tools_would_ask(shell, address, monkeypatch, tmp_path, environment, config):
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(address))
    (tmp_path / "config").write_text("[default]\n" + config.format(address) + "\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert shell(ADA, "list", at=None).strip() == "No reviews."
    assert f"no server answers at {ELSEWHERE}" in shell(ADA, "list", exits=1, at=ELSEWHERE)


def test_without_an_endpoint_it_is_this_machines(shell, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:10")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert "no server answers at http://127.0.0.1:9" in shell(ADA, "list", exits=1, at=None)


def test_a_seeded_review_is_opened_by_a_governor_and_looks_like_any_other(shell, qualified):
    assert "looks like any other" in shell(GOVERNOR, "seed", "staff")
    (one,) = json.loads(shell(ADA, "list", "--json"))["Reviews"]
    assert one["State"] == "open"
    assert "seed" not in json.dumps(one).lower()
    assert shell(ADA, "list", "--state", "closed").strip() == "No reviews."
