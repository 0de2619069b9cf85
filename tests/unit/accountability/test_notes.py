"""Signed notes, against the vectors that others published and against what must be refused."""

import base64
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from recognizance.accountability import merkle, notes
from recognizance.accountability.notes import LOG, WITNESS, Checkpoint, Note, Signer
from recognizance.errors import LedgerBroken, NoteWrong

# The examples of golang.org/x/mod/sumdb/note.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
BY_NEUMANN = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
# Two checkpoints of the log that transparency-dev's witness is tested with, and the proof between them.
MONKEYS = "monkeys+db4d9f7e+AULaJMvTtDLHPUcUrjdDad9vDlh/PTfC2VV60JUtCfWT"
FIVE = (
    "monkeys\n5\n41smjBUiAU70EtKlT6lIOIYtRTYxYXsDB+XHfcvu/BE=\n\n"
    "— monkeys 202fftzGl3LVoqjXfwCFZZXs8I+5G22+Ek2K0AOyBuSJ/8/CZawNF+6fNlTKOCd622pbzJNkkJFWuw9DbicZCkEx9AY=\n"
)
EIGHT = (
    "monkeys\n8\nV8K9aklZ4EPB+RMOk1/8VsJUdFZR77GDtZUQq84vSbo=\n\n"
    "— monkeys 202ffoUEboiQYpHzICeaFmoy3RNviHTpAxYrq/eO4QQVQMvu9UebKBMX2MJC76NLthZaKsnKbCA8GxrjePZhvDCH7Ag=\n"
)
GROWTH = [
    "b9e1d62618f7fee8034e4c5010f727ab24d8e4705cb296c374bf2025a87a10d2",
    "aac66cd7a79ce4012d80762fe8eec3a77f22d1ca4145c3f4cee022e7efcd599d",
    "89d0f753f66a290c483b39cd5e9eafb12021293395fad3d4a2ad053cfbcfdc9e",
    "29e40bb79c966f4c6fe96aff6f30acfce5f3e8d84c02215175d6e018a5dee833",
]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = Signer("example.org/log", bytes(32))
WITNESSING = Signer("example.net/witness", b"\1" * 32, WITNESS)
BODY = Checkpoint.made("example.org/log", 7, b"\2" * 32, NOON).text


def test_a_published_note_is_signed_by_those_who_signed_it():
    note = notes.parse(TEXT + "\n" + BY_NEUMANN + BY_ENOCH)
    both = [notes.verifier(NEUMANN), notes.verifier(ENOCH)]
    assert note.text == TEXT
    assert notes.verify(note, both) == dict.fromkeys(both)
    assert notes.verify(note, both[:1]) == {both[0]: None}
    assert str(note) == TEXT + "\n" + BY_NEUMANN + BY_ENOCH


def test_a_published_key_signs_as_published():
    key = notes.signer(NEUMANN_SECRET)
    assert (str(key.verifier), key.secret) == (NEUMANN, NEUMANN_SECRET)
    assert f"{notes.sign(TEXT, key)}\n" == BY_NEUMANN
    assert NEUMANN_SECRET[-40:] not in repr(key)


def test_published_checkpoints_are_read_and_shown_to_be_consistent():
    key = notes.verifier(MONKEYS)
    five, eight = (notes.checkpoint(note.text) for note in map(notes.parse, (FIVE, EIGHT)))
    assert all(key in notes.verify(notes.parse(text), [key]) for text in (FIVE, EIGHT))
    assert (five.origin, five.size, eight.size, five.at) == ("monkeys", 5, 8, None)
    assert merkle.consistent(5, five.root, 8, eight.root, [bytes.fromhex(one) for one in GROWTH])


def test_a_witness_signs_a_time_and_the_text():
    made = notes.cosign(BODY, WITNESSING, NOON)
    seconds = int(NOON.timestamp())
    assert made.payload[:8] == seconds.to_bytes(8, "big")
    public = Ed25519PublicKey.from_public_bytes(WITNESSING.verifier.public)
    public.verify(made.payload[8:], f"cosignature/v1\ntime {seconds}\n{BODY}".encode())  # raises where it does not hold
    assert notes.verify(Note(BODY, (made,)), [WITNESSING.verifier]) == {WITNESSING.verifier: NOON}


def test_one_key_has_two_ids_as_a_log_and_as_a_witness():
    log, witness = (Signer("example.org/both", bytes(32), kind).verifier for kind in (LOG, WITNESS))
    assert log.public == witness.public
    assert log.id != witness.id
    assert notes.verifier(str(witness)) == witness


def test_a_checkpoint_is_read_as_it_was_made():
    made = Checkpoint.made("example.org/log", 7, b"\2" * 32, NOON)
    assert made.text.splitlines()[-1] == "at 2026-11-23T12:00:00.000000Z"
    assert (notes.checkpoint(made.text), made.at) == (made, NOON)


def test_signatures_of_unknown_keys_are_passed_over():
    other = Signer("example.org/log", b"\7" * 32)  # the same name
    note = Note(BODY, (notes.sign(BODY, other), notes.sign(BODY, KEY)))
    assert notes.verify(note, [KEY.verifier]) == {KEY.verifier: None}
    assert notes.verify(note, []) == {}


def test_a_known_key_whose_signature_does_not_hold_makes_the_note_worthless():
    note = Note(BODY, (notes.sign(BODY, KEY), notes.cosign(BODY + "x\n", WITNESSING, NOON)))
    with pytest.raises(NoteWrong, match=r"signature of example.net/witness is not over this text"):
        notes.verify(note, [KEY.verifier, WITNESSING.verifier])


def test_signatures_are_not_repeated():
    note = Note(BODY, (notes.sign(BODY, KEY),))
    assert note.beside(notes.sign(BODY, KEY)) == note
    assert len(note.beside(notes.cosign(BODY, WITNESSING, NOON)).signatures) == 2


SIGNED = TEXT + "\n" + BY_NEUMANN


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "cut short"),
        (SIGNED[:-1], "cut short"),
        (TEXT, "text, an empty line and signatures"),
        (TEXT + "\n", "no signature"),
        ("\n" + BY_NEUMANN, "text, an empty line and signatures"),
        (SIGNED + "\n", "no signature"),
        (SIGNED.replace("\n", "\r\n"), "control characters"),
        (SIGNED.replace("your", "yo\x00ur"), "control characters"),
        (SIGNED.encode().replace(b"your", b"yo\xffur"), "UTF-8"),
        (SIGNED.replace("— Peter", "- Peter"), "signature line should be"),
        (SIGNED.replace("PeterNeumann ", "Peter+Neumann "), "signature line should be"),
        (SIGNED.replace("PeterNeumann ", "Peter\N{NO-BREAK SPACE}Neumann "), "no spaces"),
        (SIGNED.replace("PeterNeumann ", "Peter Neumann "), "signature line should be"),
        (SIGNED.replace("JnAM=", "JnAN="), "base64"),
        (SIGNED.replace("JnAM=", "JnAM"), "base64"),
        (SIGNED.replace("x08go/", "x08go_"), "base64"),
        (TEXT + "\n— PeterNeumann x08gow==\n", "too short"),
        (SIGNED + BY_NEUMANN * 100, "at most 100"),
        ("x" * 70_000 + "\n\n" + BY_NEUMANN, "at most 65536 bytes"),
    ],
)
def test_a_malformed_note_is_refused_and_told_why(content, says):
    with pytest.raises(NoteWrong, match=says):
        notes.parse(content)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("example.org/log\n7\n", "three lines"),
        ("example.org/log\n7\n" + "A" * 43 + "=\n\n", "three lines"),
        ("\n7\n" + "A" * 43 + "=\n", "three lines"),
        ("example.org/log\n07\n" + "A" * 43 + "=\n", "second line"),
        ("example.org/log\n-7\n" + "A" * 43 + "=\n", "second line"),
        ("example.org/log\n٧\n" + "A" * 43 + "=\n", "second line"),
        ("example.org/log\n7\nAAAA\n", "root has 32 bytes"),
        ("example.org/log\n7\n" + "A" * 42 + "B=\n", "third line"),
        ("example.org/log\n7\n" + "A" * 43 + "=\nat noon\n", "time should be"),
        ("example.org/log\n7\n" + "A" * 43 + "=", "three lines"),
    ],
)
def test_a_malformed_checkpoint_is_refused_and_told_why(text, says):
    with pytest.raises(NoteWrong, match=says):
        notes.checkpoint(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpX2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",
        "rekor.sigstore.dev+12345678+AwEB",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        NEUMANN_SECRET,
    ],
)
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(NoteWrong):
        notes.verifier(text)


def test_what_is_no_private_key_is_refused():
    for text in (NEUMANN, NEUMANN_SECRET[:-1], NEUMANN_SECRET.replace("c74f20a3", "c74f20a4")):
        with pytest.raises(NoteWrong):
            notes.signer(text)


def test_keys_sign_only_what_they_are_for():
    with pytest.raises(NoteWrong, match="a witness's key"):
        notes.sign(BODY, WITNESSING)
    with pytest.raises(NoteWrong, match="a log's key"):
        notes.cosign(BODY, KEY, NOON)
    assert issubclass(NoteWrong, LedgerBroken)


@given(st.integers(0, 8 * len(EIGHT.encode()) - 1))
def test_no_single_bit_of_a_note_can_change(bit):
    content = bytearray(EIGHT.encode())
    content[bit // 8] ^= 1 << bit % 8
    key = notes.verifier(MONKEYS)
    with suppress(NoteWrong):
        assert key not in notes.verify(notes.parse(bytes(content)), [key])


@given(st.binary(max_size=200))
def test_whatever_is_read_is_a_note_or_refused(content):
    with suppress(NoteWrong):
        assert str(notes.parse(content)).encode() == content


def test_a_signature_line_alone_is_read():
    made = notes.cosign(BODY, WITNESSING, NOON)
    assert notes.signatures(f"{made}\n") == (made,)
    with pytest.raises(NoteWrong, match="end of a line"):
        notes.signatures(str(made))
    assert base64.b64encode(made.id + made.payload).decode() in str(made)
