import json
import os
import re
import stat

import pytest

from recognizance.accountability.keys import ledger_key, root_key
from recognizance.errors import SettingsWrong


def test_the_root_key_is_made_once_and_kept(tmp_path):
    first = root_key(tmp_path / "keys", "000000000000", os.urandom)
    assert root_key(tmp_path / "keys", "000000000000", os.urandom) == first
    assert re.fullmatch("AKIA[A-Z2-7]{16}", first.access_key_id)
    assert len(first.secret) == 40


def test_keys_are_for_their_owner_only(tmp_path):
    root_key(tmp_path / "keys", "000000000000", os.urandom)
    ledger_key(tmp_path / "keys", os.urandom)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {"root-key.json": 0o600, "ledger.key": 0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_key_never_prints_its_secret(tmp_path):
    key = root_key(tmp_path, "000000000000", os.urandom)
    assert key.secret not in repr(key)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", json.dumps({"access_key_id": "AKIA"}).encode()])
def test_a_broken_key_file_is_named_and_not_replaced(tmp_path, content):
    (tmp_path / "root-key.json").write_bytes(content)
    with pytest.raises(SettingsWrong, match="does not hold a key"):
        root_key(tmp_path, "000000000000", os.urandom)
    assert (tmp_path / "root-key.json").read_bytes() == content


def test_a_ledger_key_of_another_length_is_refused(tmp_path):
    (tmp_path / "ledger.key").write_bytes(b"short")
    with pytest.raises(SettingsWrong, match="should hold 32 bytes and holds 5"):
        ledger_key(tmp_path, os.urandom)
