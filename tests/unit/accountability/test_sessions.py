"""Tokens of sessions: what goes in comes out, and nothing that was touched opens."""

import base64
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizance.accountability.sessions import LONGEST, Sealing, Session
from recognizance.values import Key, Kind, Stated

ENDS = datetime(2026, 11, 23, 12, tzinfo=UTC)
SESSION = Session(
    id="ASIAAAAAAAAAAAAAAAAA",
    secret="s" * 40,
    issuer="AKIAAAAAAAAAAAAAAAAA",
    account="000000000000",
    expires_at=ENDS,
    stated=Stated(purpose="missing person", case="A-1"),
)
KEY = Key(
    "AKIAAAAAAAAAAAAAAAAA",
    "k" * 40,
    "000000000000",
    person="Ada",
    roles=frozenset({"user", "reviewer"}),
    stated=Stated(purpose="tests"),
)

texts = st.none() | st.text(max_size=40)
names = st.none() | st.frozensets(st.text(max_size=20), max_size=5)


@pytest.fixture
def sealing():
    return Sealing(os.urandom(32), os.urandom)


@settings(max_examples=60, deadline=None)
@given(
    stated=st.builds(Stated, purpose=texts, case=texts, authorisation=texts),
    roles=names,
    collections=names,
    ends=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)),
)
def test_what_a_token_was_made_of_comes_out_of_it(stated, roles, collections, ends):
    sealing = Sealing(bytes(32), os.urandom)
    made = replace(
        SESSION,
        stated=stated,
        roles=roles,
        collections=collections,
        expires_at=ends.replace(tzinfo=UTC, microsecond=0),
    )
    assert sealing.session(sealing.token(made)) == made


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_token_with_a_bit_turned_opens(at, bit):
    sealing = Sealing(bytes(32), os.urandom)
    sealed = bytearray(base64.urlsafe_b64decode(sealing.token(SESSION)))
    sealed[at % len(sealed)] ^= 1 << bit
    assert sealing.session(base64.urlsafe_b64encode(bytes(sealed)).decode()) is None


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_what_is_no_token_is_none(text):
    assert Sealing(bytes(32), os.urandom).session(text) is None


def test_tokens_of_another_server_and_cut_or_lengthened_ones_are_none(sealing):
    token = sealing.token(SESSION)
    assert Sealing(os.urandom(32), os.urandom).session(token) is None
    for wrong in (
        "",
        token[:-1],
        token[:-4],
        token + "A",
        token + "====",
        token + "\n",
        f" {token}",
        "A" * LONGEST * 2,
    ):
        assert sealing.session(wrong) is None


def test_a_session_and_what_seals_it_never_print_a_secret(sealing):
    assert SESSION.secret not in repr(SESSION)
    assert repr(sealing.key) not in repr(sealing)


def test_a_session_is_its_key_narrowed():
    made = replace(SESSION, roles=frozenset({"user"}), collections=frozenset({"staff"})).key(KEY)
    assert (made.access_key_id, made.secret, made.kind) == (SESSION.id, SESSION.secret, Kind.SESSION)
    assert (made.person, made.roles, made.issuer) == ("Ada", frozenset({"user"}), KEY.access_key_id)
    assert (made.stated, made.binding, made.collections) == (SESSION.stated, True, frozenset({"staff"}))
    assert made.expires_at == ENDS


def test_a_session_never_has_more_than_its_key_has_by_now():
    assert SESSION.key(KEY).roles == KEY.roles
    wide = replace(SESSION, roles=frozenset({"user", "admin", "governor"}))
    assert wide.key(KEY).roles == {"user"}
    assert wide.key(replace(KEY, roles=frozenset({"admin"}))).roles == {"user", "admin", "governor"}
    earlier = ENDS - timedelta(hours=1)
    assert SESSION.key(replace(KEY, expires_at=earlier)).expires_at == earlier
    assert SESSION.key(replace(KEY, expires_at=ENDS + timedelta(hours=1))).expires_at == ENDS
