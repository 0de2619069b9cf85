"""Every way we can name to alter a record, each as a function that makes the file to be refused."""
# ruff: noqa: E501 - a case is easier to read in one line

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.forgeries.ledgers import (
    IMPOSTOR,
    LOG,
    NOON,
    ORIGIN,
    OTHER,
    STRANGER,
    WITNESS,
    Record,
    joined,
    leaf,
    lines,
    record,
    statement,
    time,
)

from recognizance.accountability import merkle, notes
from recognizance.accountability.entries import canonical
from recognizance.accountability.exported import Growth, Statement
from recognizance.accountability.verifying import Trusted

HONEST = record(600)
WHOLE = HONEST.file()
LATER = HONEST.file(300, grown_from=200)
PROOF = HONEST.proven(12)
TRUSTED = Trusted((LOG.verifier,), (WITNESS.verifier,))
KEPT = replace(TRUSTED, since=HONEST.note(200))


@dataclass(frozen=True)
class Forgery:
    """A file, what the verifier of it knows, and what it must say."""

    made: Callable[[], bytes]
    says: str
    trusted: Trusted = TRUSTED
    suffix: str = ".ledger"


def row_of(number: int, content: bytes = WHOLE) -> int:
    """Return the place of an entry's line."""
    return next(at for at, row in enumerate(lines(content)) if f'"n":{number},'.encode() in row)


def changed(old: bytes, new: bytes, content: bytes = WHOLE) -> bytes:
    """Return a file with the first place of some bytes changed."""
    assert old in content
    return content.replace(old, new, 1)


def without(*numbers: int) -> bytes:
    """Return the file without some entries, and their statements."""
    rows = lines(WHOLE)
    for number in sorted(numbers, reverse=True):
        at = row_of(number)
        del rows[at : at + (2 if rows[at + 1].startswith(b'{"statement"') else 1)]
    return joined(rows)


def rows_changed(change: Callable[[list[bytes]], None], content: bytes = WHOLE) -> bytes:
    """Return the file with its lines changed."""
    rows = lines(content)
    change(rows)
    return joined(rows)


def swapped(one: int, other: int) -> bytes:
    """Return the file with two lines in each other's place."""

    def swap(rows: list[bytes]) -> None:
        rows[one], rows[other] = rows[other], rows[one]

    return rows_changed(swap)


def cut(at: int) -> bytes:
    """Return the beginning of the file."""
    return WHOLE[:at]


def resigned(key: notes.Signer, other: Record = HONEST, named: notes.Signer = LOG) -> bytes:
    """Return a record that somebody else signed, in a file that names the honest key."""
    return replace(other, key=key, named=named).file()


def rewritten(number: int, **members: object) -> Record:
    """Return the record with one entry that never was, hashed and signed with the true key."""
    return HONEST.with_leaf(number, leaf(number, **members))


def noted(content: bytes, note: str) -> bytes:
    """Return a file with another note at its end."""
    head, _, _ = content.rpartition(f"\n\n{ORIGIN}\n".encode())
    return head + b"\n\n" + note.encode()


def doctored(**members: object) -> bytes:
    """Return the later part of the record with a header that says something else."""

    def change(rows: list[bytes]) -> None:
        rows[0] = canonical(json.loads(rows[0]) | members)

    return rows_changed(change, LATER)


def regrown(growth: Growth) -> bytes:
    """Return the later part of the record with another proof of consistency."""
    return HONEST.file(300, growth=growth)


def lied(number: int, said: Statement | None) -> bytes:
    """Return the record with another statement behind one entry."""
    entries = [(text, said if at == number else HONEST.said(at)) for at, text in enumerate(HONEST.leaves, 1)]
    return HONEST.file(entries=entries)


def respelt(number: int, change: Callable[[str], str]) -> bytes:
    """Return the file with one entry's text spelt in another way, and its hint made to fit."""
    other = HONEST.with_leaf(number, change(HONEST.leaves[number - 1]))
    return other.file(note=str(HONEST.note()), header=HONEST.header())


def bare(content: bytes) -> bytes:
    """Return a file whose cosignatures are left out."""
    return noted(content, str(replace(HONEST.note(), signatures=HONEST.note().signatures[:1])))


def twice_named(text: str) -> str:
    """Return an entry whose outcome is said twice."""
    return text.replace('"outcome":"answered",', '"outcome":"answered","outcome":"refused",')


FORK = replace(HONEST, leaves=(*HONEST.leaves[:449], leaf(450, key="AKIASOMEBODY"), *HONEST.leaves[450:]))
GAP = replace(HONEST, leaves=(*HONEST.leaves[:99], *(leaf(number) for number in range(101, 602))))
RENUMBERED = replace(
    HONEST, leaves=(*HONEST.leaves[:99], *(leaf(n, request=f"request-{n + 1}") for n in range(100, 601)))
)
OTHERS = replace(HONEST, origin=OTHER.name, key=OTHER)
SALTED = replace(statement(3), salt=statement(6).salt)
REUSED = HONEST.with_leaf(6, json.dumps(json.loads(HONEST.leaves[5]) | {"stated": json.loads(HONEST.leaves[2])["stated"]},
                                        sort_keys=True, separators=(",", ":"), ensure_ascii=False))  # fmt: skip
TWO = (b'"key":"AKIAEXAMPLE","kind":"key","n":7,', b'"key":"AKIAEXAMPLF","kind":"key","n":7,')
FLIPPED_HASH = bytes([HONEST.growth(200).proof[0][0] ^ 1]) + HONEST.growth(200).proof[0][1:]

FORGERIES = {
    # one byte
    "an entry's text altered": Forgery(lambda: changed(*TWO), r"^Entry 7 \(line \d+\) is not as it was written"),
    "an entry's number altered": Forgery(
        lambda: changed(b'"n":7,', b'"n":5,'), r"^Entry 7 is not in its place: behind entry 6 comes entry 5"
    ),
    "an entry's time altered": Forgery(
        lambda: changed(b"12:00:07.", b"12:00:17."), r"^Entry 8 .*the entry before it of"
    ),
    "an entry's digest altered": Forgery(
        lambda: changed(b'"face', b'"fact'), r"^Entry \d+ \(line \d+\) is not as it was written"
    ),
    "an entry's commitment altered": Forgery(
        lambda: re.sub(rb'"stated":"[0-9a-f]', rb'"stated":"g', WHOLE, count=1), r"^Entry 3 .*64 hex digits"
    ),
    "the header's origin altered": Forgery(
        lambda: changed(b'"origin":"example.org/ledger', b'"origin":"example.org/ledges'),
        r"of the log example.org/ledger, and the file of",
    ),
    "the header's key altered": Forgery(
        lambda: changed(b"+AZsf", b"+AZsg"), r"^The file names the key .*, and another signed the checkpoint"
    ),
    "the checkpoint's root altered": Forgery(
        lambda: noted(WHOLE, str(HONEST.note()).replace(HONEST.body().split("\n")[2], HONEST.body(599).split("\n")[2])),
        r"^The 600 entries do not hash to the root",
    ),
    "the checkpoint's size altered": Forgery(
        lambda: noted(WHOLE, str(HONEST.note()).replace("\n600\n", "\n601\n")), r"The checkpoint is of 601 entries"
    ),
    "the checkpoint's time altered": Forgery(
        lambda: changed(b"at 2026-11-24T12", b"at 2026-11-24T13"), r"signature of example.org/ledger is not over this"
    ),
    "a signature altered": Forgery(
        lambda: re.sub("— example.org/ledger htmpn9(.)".encode(), "— example.org/ledger htmpn9A".encode(), WHOLE),
        r"signature of example.org/ledger is not over this text",
    ),
    "a hint altered": Forgery(
        lambda: re.sub(rb'"hints":"[0-9a-f]{2}', b'"hints":"00', WHOLE, count=1),
        r"^Entry 1 \(line 2\) is not as it was",
    ),
    # entries that are not there, or too many
    "the first entry dropped": Forgery(
        lambda: without(1), r"^Entry 1 is not in its place: at the beginning comes entry 2"
    ),
    "an entry dropped": Forgery(
        lambda: without(300), r"^Entry 300 is not in its place: behind entry 299 comes entry 301"
    ),
    "the last entry dropped": Forgery(lambda: without(600), r"entry 599 before it does not: some are missing"),
    "many entries dropped": Forgery(lambda: without(*range(10, 200)), r"^Entry 10 is not in its place"),
    "an entry dropped and the rest renumbered": Forgery(
        lambda: RENUMBERED.file(note=str(HONEST.note())), r"^The 600 entries do not hash to the root"
    ),
    "an entry inserted": Forgery(
        lambda: rows_changed(lambda rows: rows.insert(row_of(8), leaf(8, key="AKIASOMEBODY").encode())),
        r"^Entry 9 is not in its place: behind entry 8 comes entry 8",
    ),
    "an entry added at the end": Forgery(
        lambda: rows_changed(lambda rows: rows.insert(row_of(600) + 2, leaf(601).encode())), r"601 .*one too many"
    ),
    "an entry twice": Forgery(
        lambda: rows_changed(lambda rows: rows.insert(row_of(7), rows[row_of(7)])),
        r"^Entry 8 is not in its place: behind entry 7 comes entry 7",
    ),
    "two entries swapped": Forgery(lambda: swapped(row_of(7), row_of(8)), r"^Entry 7 is not in its place"),
    "two entries swapped and renumbered": Forgery(
        lambda: (
            HONEST.with_leaf(7, HONEST.leaves[7].replace('"n":8', '"n":7').replace(":08.", ":07."))
            .with_leaf(8, HONEST.leaves[6].replace('"n":7', '"n":8').replace(":07.", ":08."))
            .file(note=str(HONEST.note()))
        ),
        r"^The 600 entries do not hash to the root",
    ),
    "a gap that was signed": Forgery(lambda: GAP.file(), r"^Entry 100 is not in its place"),
    "a whole block of entries dropped": Forgery(
        lambda: rows_changed(lambda rows: rows.__delitem__(slice(row_of(257), row_of(513)))), r"^Entry 257 is not in"
    ),
    # cut short
    "nothing left": Forgery(lambda: b"", r"^The first line is not JSON; it should be the header"),
    "cut in the header": Forgery(lambda: cut(40), r"in the middle of a line: it was cut short"),
    "cut in the middle of a line": Forgery(lambda: cut(len(WHOLE) // 2), r"in the middle of a line: it was cut short"),
    "cut behind an entry": Forgery(
        lambda: joined(lines(WHOLE)[: row_of(400) + 1]),
        r"ends behind entry 400 .*before its checkpoint: it was cut short",
    ),
    "cut before the checkpoint": Forgery(lambda: noted(WHOLE, "")[:-1], r"before its checkpoint: it was cut short"),
    "cut in the checkpoint": Forgery(lambda: joined(lines(WHOLE)[:-3]), r"is no checkpoint"),
    "cut before the signature": Forgery(lambda: joined(lines(WHOLE)[:-2]), r"has no signature under it"),
    "cut in the signature": Forgery(lambda: cut(len(WHOLE) - 9), r"in the middle of a line"),
    "cut and announced so": Forgery(
        lambda: replace(HONEST, leaves=HONEST.leaves[:500]).file(note=str(HONEST.note())),
        r"The checkpoint is of 600 entries",
    ),
    # other keys, other logs, other times
    "signed anew with another key": Forgery(
        lambda: resigned(IMPOSTOR, FORK), r"signed in the name of example.org/ledger by another key than the one given"
    ),
    "signed anew, and its own key named": Forgery(
        lambda: resigned(IMPOSTOR, FORK, IMPOSTOR), r"by another key than the one given"
    ),
    "cut and signed anew": Forgery(
        lambda: resigned(IMPOSTOR, replace(HONEST, leaves=HONEST.leaves[:500])), r"by another key than the one given"
    ),
    "the record of another log": Forgery(lambda: OTHERS.file(), r"not signed by the key given"),
    "another log's record under this name": Forgery(
        lambda: noted(WHOLE, str(OTHERS.note())), r"is of the log example.org/other, and the file of example.org/ledger"
    ),
    "this name, signed by another log's key": Forgery(
        lambda: replace(HONEST, key=OTHER, named=OTHER).file(),
        r"is of the log example.org/ledger, and the key given is of another",
        replace(TRUSTED, keys=(OTHER.verifier,)),
    ),
    "a key that only the file names": Forgery(
        lambda: replace(HONEST, key=IMPOSTOR).file(), r"Nothing is proved about who signed", Trusted()
    ),
    "a signature of an older checkpoint": Forgery(
        lambda: noted(WHOLE, str(replace(HONEST.note(), signatures=HONEST.note(599).signatures))),
        r"is not over this text",
    ),
    "an older checkpoint on a longer file": Forgery(
        lambda: noted(WHOLE, str(HONEST.note(500))),
        r"The checkpoint is of 500 entries, and the file ends with entry 600",
    ),
    "a newer checkpoint on a shorter file": Forgery(
        lambda: replace(HONEST, leaves=HONEST.leaves[:599]).file(note=str(HONEST.note())), r"is of 600 entries"
    ),
    "an unsigned checkpoint": Forgery(
        lambda: noted(WHOLE, str(replace(HONEST.note(), signatures=HONEST.note().signatures[1:]))),
        r"^The checkpoint is not signed by the key given",
    ),
    "a log's signature where a witness's should be": Forgery(
        lambda: noted(
            WHOLE,
            str(HONEST.note().beside(notes.sign(HONEST.body(), notes.Signer(WITNESS.name, WITNESS.seed)))).replace(
                "— example.net/witness +", "— example.net/nobody +"
            ),
        ),
        r"has no cosignature by the key given of the witness example.net/witness",
    ),
    # against what the verifier kept
    "a fork of the same size": Forgery(
        lambda: FORK.file(),
        r"^The first 600 entries are not those of the checkpoint you kept",
        replace(KEPT, since=HONEST.note()),
    ),
    "a fork that was longer": Forgery(
        lambda: rewritten(100, key="AKIASOMEBODY").file(), r"^The first 200 entries are not those", KEPT
    ),
    "an older record than the one known": Forgery(
        lambda: replace(HONEST, leaves=HONEST.leaves[:150]).file(),
        r"kept is of 200 entries, and the file only of 150",
        KEPT,
    ),
    "a kept checkpoint that was forged": Forgery(
        lambda: WHOLE,
        r"^The checkpoint you kept does not hold",
        replace(KEPT, since=replace(HONEST, key=IMPOSTOR).note(200)),
    ),
    "a kept checkpoint of another log": Forgery(
        lambda: WHOLE,
        r"^The checkpoint you kept is of the log example.org/other",
        replace(KEPT, since=OTHERS.note(200)),
    ),
    "a part that does not reach back": Forgery(
        lambda: HONEST.file(300),
        r"with no proof from the 200 entries of the checkpoint you kept; export it with --since 200",
        KEPT,
    ),
    # parts of a record
    "a frontier altered": Forgery(
        lambda: doctored(frontier=["00" * 32, *json.loads(lines(LATER)[0])["frontier"][1:]]),
        r"^The 300 entries and the frontier of the 300 before do not hash to the root",
    ),
    "a frontier of another size": Forgery(
        lambda: doctored(after=302), r"frontier has 4 hashes, and 302 entries make 5"
    ),
    "a part that says to begin elsewhere": Forgery(lambda: doctored(after=298), r"^Entry 299 is not in its place"),
    "a part that says to be more": Forgery(lambda: doctored(size=601), r"ends a block of entries, and entry 600|601"),
    "a proof of growth altered": Forgery(
        lambda: regrown(replace(HONEST.growth(200), proof=(FLIPPED_HASH, *HONEST.growth(200).proof[1:]))),
        r"proof that the record grew from its first 200 entries does not hold",
        KEPT,
    ),
    "a proof of growth from a root that never was": Forgery(
        lambda: regrown(replace(HONEST.growth(200), root=rewritten(100, key="A").growth(200).root)), r"does not hold"
    ),
    "a proof of growth from another size": Forgery(
        lambda: regrown(replace(HONEST.growth(200), size=199)), r"from its first 199 entries does not hold"
    ),
    "a true proof of a fork's growth": Forgery(
        lambda: rewritten(100, key="AKIASOMEBODY").file(300, grown_from=200),
        r"^The first 200 entries are not those",
        KEPT,
    ),
    "a proof of growth twice": Forgery(
        lambda: rows_changed(lambda rows: rows.insert(-9, rows[-9]), LATER), r"neither an entry nor anything else"
    ),
    # witnesses
    "no cosignature": Forgery(lambda: bare(WHOLE), r"has no cosignature by the key given of the witness"),
    "a cosignature by another of that name": Forgery(
        lambda: replace(HONEST, witnesses=(STRANGER,)).file(), r"has no cosignature by the key given of the witness"
    ),
    "a cosignature of another text": Forgery(
        lambda: noted(
            WHOLE,
            str(replace(HONEST.note(), signatures=(HONEST.note().signatures[0], FORK.note().signatures[1]))),
        ),
        r"signature of example.net/witness is not over this text",
    ),
    "a cosignature of another time": Forgery(
        lambda: noted(
            WHOLE,
            str(
                replace(
                    HONEST.note(),
                    signatures=(
                        HONEST.note().signatures[0],
                        replace(
                            HONEST.note().signatures[1],
                            payload=(7).to_bytes(8, "big") + HONEST.note().signatures[1].payload[8:],
                        ),
                    ),
                )
            ),
        ),
        r"signature of example.net/witness is not over this text",
    ),
    # statements
    "a statement altered": Forgery(
        lambda: lied(6, replace(statement(6), text=statement(6).text.replace("2026-6", "2026-7"))),
        r"^The statement of entry 6 \(line \d+\) is not the one the entry is committed to",
    ),
    "two statements swapped": Forgery(lambda: lied(6, statement(12)), r"^The statement of entry 6 .* is not the one"),
    "a statement with another's salt": Forgery(lambda: lied(3, SALTED), r"^The statement of entry 3 .* is not the one"),
    "a salt used twice": Forgery(
        lambda: REUSED.file(
            entries=[(text, statement(3) if at == 6 else REUSED.said(at)) for at, text in enumerate(REUSED.leaves, 1)]
        ),
        r"^The statement of entry 6 \(line \d+\) has the salt of another",
    ),
    "a statement where none was made": Forgery(
        lambda: lied(4, statement(4)), r"is a statement, and the line before it is committed to none"
    ),
    "a statement twice": Forgery(
        lambda: rows_changed(lambda rows: rows.insert(row_of(6) + 1, rows[row_of(6) + 1])),
        r"is a statement, and the line",
    ),
    "statements where none were announced": Forgery(
        lambda: HONEST.file(header=replace(HONEST.header(), statements=False)), r"is a statement, and the header says"
    ),
    # entries that were signed, and are not what an entry must be
    "times turned back, and signed": Forgery(
        lambda: rewritten(300, at=time(NOON)).file(),
        r"^Entry 300 .* is of 2026-11-23T12:00:00.000000Z, and the entry before",
    ),
    "a checkpoint from before its last entry, and signed": Forgery(
        lambda: rewritten(600, at="2027-02-28T00:00:00.000000Z").file(), r"^The checkpoint is of 2026-11-24T12:00:00"
    ),
    "a day that is none, and signed": Forgery(
        lambda: rewritten(600, at="2027-02-30T00:00:00.000000Z").file(), r"^Entry 600 .* which is no day"
    ),
    "an identification without its facts, and signed": Forgery(
        lambda: rewritten(300, facts={"matched": 1, "image_digest": "00"}).file(),
        r"^Entry 300 .* is an identification and has no collection, matches, revision, root, threshold among its facts",
    ),
    "an identification of nobody knows whom, and signed": Forgery(
        lambda: rewritten(
            300, facts={name: "" for name in ("collection", "matched", "matches", "revision", "root", "threshold")}
        ).file(),
        r"^Entry 300 .* does not say with what was searched",
    ),
    "a member too many, and signed": Forgery(
        lambda: rewritten(300, name="Ada").file(), r"^Entry 300 .* has name, which no entry of version 1 has"
    ),
    "a member too few, and signed": Forgery(
        lambda: HONEST.with_leaf(300, HONEST.leaves[299].replace('"floor":99.0,', "")).file(),
        r"^Entry 300 .* has no floor",
    ),
    "a member twice, and signed": Forgery(
        lambda: HONEST.with_leaf(300, twice_named(HONEST.leaves[299])).file(), r"^Entry 300 .* has 'outcome' twice"
    ),
    "an act that is none, and signed": Forgery(
        lambda: rewritten(300, act="glance").file(), r"^Entry 300 .* has as its act what should be one of"
    ),
    "another version, and signed": Forgery(
        lambda: rewritten(300, v=2).file(), r"^Entry 300 .* has as its v what should be 1"
    ),
    # the same, said in another way
    "spaces put in": Forgery(
        lambda: respelt(7, lambda text: text.replace('","', '", "', 1)),
        r"^Entry 7 .* JSON of the same meaning, with other",
    ),
    "letters escaped": Forgery(
        lambda: respelt(7, lambda text: text.replace("request-7", "\\u0072equest-7")), r"^Entry 7 .* with other spaces"
    ),
    "members in another order": Forgery(
        lambda: respelt(
            7,
            lambda text: '{"account":"000000000000",' + re.sub(r'"act":"\w+",', "", text[26:-1]) + ',"act":"enrol"}',
        ),
        r"^Entry 7 .* with other spaces, order or signs",
    ),
    "a number spelt in another way": Forgery(
        lambda: respelt(8, lambda text: text.replace("99.0", "9.90e+01")), r"^Entry 8 .* with other|^The 600 entries"
    ),
    "line ends of Windows": Forgery(lambda: WHOLE.replace(b"\n", b"\r\n"), r"^The first line"),
    "one line end of Windows": Forgery(
        lambda: rows_changed(lambda rows: rows.__setitem__(row_of(7), rows[row_of(7)] + b"\r")),
        r"^Entry 7 .* with other",
    ),
    "a byte order mark": Forgery(lambda: b"\xef\xbb\xbf" + WHOLE, r"^The first line is not JSON"),
    "letters composed in another way": Forgery(
        lambda: changed("ß".encode(), b"ss"), r"^The statement of entry 3 .* is not the one"
    ),
    "bytes that are no UTF-8": Forgery(
        lambda: changed(b'"request":"request-7"', b'"request":"request-\xff"'), r"^Entry 7 .* is not UTF-8 at byte"
    ),
    "a letter that looks alike": Forgery(
        lambda: changed(b'"request":"request-7"', '"request":"r\u0435quest-7"'.encode()),
        r"^Entry 7 .* is not as it was written",
    ),
    "a control character": Forgery(
        lambda: changed(b'"request":"request-7"', b'"request":"request-\x1b"'), r"^Entry 7 .* is not JSON"
    ),
    "NaN": Forgery(
        lambda: respelt(8, lambda text: text.replace("99.0", "NaN", 1)), r"^Entry 8 .* has NaN, which is no number"
    ),
    "a base64 of the same bytes": Forgery(
        lambda: noted(WHOLE, str(HONEST.note()).replace("spRQc=", "spRQd=")), r"ends with base64, in base64, and not"
    ),
    # what does not belong there
    "a line behind the end": Forgery(lambda: WHOLE + b"# seen\n", r"a signature line should be"),
    "an empty line behind the end": Forgery(lambda: WHOLE + b"\n", r"is no checkpoint"),
    "bytes behind the end": Forgery(lambda: WHOLE + b"\0", r"in the middle of a line"),
    "an empty line between entries": Forgery(
        lambda: rows_changed(lambda rows: rows.insert(row_of(7), b"")), r"should be the hints of the entries up to 6"
    ),
    "a remark between entries": Forgery(
        lambda: rows_changed(lambda rows: rows.insert(row_of(7), b"# nothing to see")),
        r"^Line \d+, behind entry 6, is neither",
    ),
    "hints left out": Forgery(
        lambda: rows_changed(lambda rows: rows.__delitem__(row_of(257) - 1)),
        r"should be the hints of the entries up to 256",
    ),
    "hints twice": Forgery(
        lambda: rows_changed(lambda rows: rows.insert(row_of(257), rows[row_of(257) - 1])), r"^Line \d+ ends a block"
    ),
    "two headers": Forgery(lambda: lines(WHOLE)[0] + b"\n" + WHOLE, r"^Line 2 is neither an entry"),
    "two records": Forgery(lambda: WHOLE + WHOLE, r"stand behind the entries|signature line|at most|is no checkpoint"),
    "a header that says more": Forgery(lambda: doctored(verified=True), r"should have after, .* and nothing else"),
    "a header of another form": Forgery(
        lambda: doctored(format="recognizance-ledger/2"), r"of the form recognizance-ledger/1"
    ),
    "a line of many megabytes": Forgery(
        lambda: changed(b'"n":7,', b'"n":7,' + b" " * (3 << 20)), r"longer than 1,048,576 bytes|^Entry 7"
    ),
    "a line without end": Forgery(lambda: lines(WHOLE)[0] + b"\n" + b"{" * (4 << 20), r"longer than 1,048,576 bytes"),
    "brackets within brackets": Forgery(
        lambda: changed(b'"facts":{', b'"facts":{"a":' + b"[" * 100_000), r"^Entry 1 .* is not JSON"
    ),
    "a thousand signatures": Forgery(
        lambda: noted(WHOLE, str(HONEST.note()) + f"{HONEST.note().signatures[0]}\n" * 500),
        r"signatures; at most 100|at most",
    ),
    "a note of megabytes": Forgery(lambda: noted(WHOLE, "x\n" * (1 << 20)), r"^More than 131,072 bytes stand behind"),
    # compressed
    "a compressed file cut short": Forgery(lambda: gzip.compress(WHOLE)[:-100], r"does not unpack", suffix=".gz"),
    "a compressed file altered": Forgery(
        lambda: gzip.compress(WHOLE)[:-6] + b"\0" + gzip.compress(WHOLE)[-5:], r"does not unpack", suffix=".gz"
    ),
    "a compressed file that is none": Forgery(lambda: WHOLE, r"does not unpack", suffix=".gz"),
    "a file that unpacks for ever": Forgery(
        lambda: gzip.compress(bytes(64 << 20)), r"longer than 1,048,576 bytes", suffix=".gz"
    ),
    "a file that unpacks to empty lines": Forgery(
        lambda: gzip.compress(lines(WHOLE)[0] + b"\n" * (8 << 20)),
        r"^More than 131,072|should be the hints|entries end",
        suffix=".gz",
    ),
    # the proof of one entry
    "a proof's hash altered": Forgery(
        lambda: replace(PROOF, proof=(bytes(32), *PROOF.proof[1:])).content,
        r"^Entry 12 and its proof do not hash to the root",
    ),
    "a proof's hash left out": Forgery(
        lambda: replace(PROOF, proof=PROOF.proof[1:]).content, r"^Entry 12 and its proof do not hash to the root"
    ),
    "a proof's hash too many": Forgery(
        lambda: replace(PROOF, proof=(*PROOF.proof, bytes(32))).content,
        r"^Entry 12 and its proof do not hash to the root",
    ),
    "a proof of another entry": Forgery(
        lambda: replace(PROOF, leaf=HONEST.leaves[11].replace("AKIAEXAMPLE", "AKIASOMEBODY").encode()).content,
        r"^Entry 12 and its proof do not hash to the root",
    ),
    "a proof of another place": Forgery(
        lambda: replace(PROOF, number=13).content, r"in the file is number 12, and the proof"
    ),
    "a proof of an index and another number": Forgery(
        lambda: PROOF.content.replace(b"index 11\n", b"index 12\n"), r"should be of index 11"
    ),
    "a proof with an inner node as entry": Forgery(
        lambda: (
            replace(
                PROOF, leaf=b"\x01" + merkle.leaf_hash(HONEST.leaves[10].encode()) + merkle.leaf_hash(PROOF.leaf)
            ).content
        ),
        r"^Behind the header should come|^Entry 12",
    ),
    "a proof with a forged checkpoint": Forgery(
        lambda: replace(PROOF, note=str(replace(HONEST, key=IMPOSTOR).note())).content,
        r"by another key than the one given",
    ),
    "a proof with a checkpoint of another log": Forgery(
        lambda: replace(PROOF, note=str(OTHERS.note())).content, r"is of the log example.org/other"
    ),
    "a proof with another's statement": Forgery(
        lambda: replace(PROOF, statement=statement(15)).content, r"is not the one that entry 12 is committed to"
    ),
    "a proof cut short": Forgery(lambda: joined(lines(PROOF.content)[:8]), r"before its checkpoint: it was cut short"),
    "a proof in another base64": Forgery(
        lambda: PROOF.content.replace(base64.b64encode(PROOF.proof[0]), base64.b64encode(PROOF.proof[0])[:-2] + b"l="),
        r"should be hashes of 32 bytes in base64",
    ),
    "a proof for the holder of a fork's checkpoint": Forgery(
        lambda: PROOF.content, r"there are two records", replace(KEPT, since=FORK.note())
    ),
}
