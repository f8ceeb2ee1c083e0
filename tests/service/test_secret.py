"""The house's secret: made once, readable by nobody else, and a key of its own for every purpose."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from service.secret import BYTES, Secret, SecretRefused, open_secret
from service.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "data")


def test_the_first_start_makes_it_and_later_ones_find_it(settings):
    first = open_secret(settings)
    assert settings.secret_file.stat().st_mode & 0o777 == 0o600
    assert len(settings.secret_file.read_bytes()) == BYTES
    assert open_secret(settings).derived("x") == first.derived("x")
    assert [path.name for path in settings.data.iterdir()] == ["secret"]


def test_many_that_start_at_once_agree(settings):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: open_secret(settings).derived("x"), range(16)))
    assert len(keys) == 1


def test_every_purpose_and_every_house_has_keys_of_its_own(tmp_path):
    houses = [open_secret(Settings(data=tmp_path / name)) for name in "ab"]
    keys = {house.derived(purpose) for house in houses for purpose in ("webhooks", "csrf", "device")}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {32}


def test_what_is_marked_cannot_be_cut_elsewhere():
    secret = Secret(bytes(32))
    assert secret.marked("x", b"a", b"bc") != secret.marked("x", b"ab", b"c")
    assert secret.marked("x", b"a") != secret.marked("y", b"a")


def test_a_file_that_others_can_read_is_refused(settings):
    open_secret(settings)
    settings.secret_file.chmod(0o640)
    with pytest.raises(SecretRefused, match="chmod 600"):
        open_secret(settings)


@pytest.mark.parametrize("found", [b"", bytes(31), bytes(33)])
def test_a_file_of_another_length_is_refused(settings, found):
    open_secret(settings)
    settings.secret_file.write_bytes(found)
    with pytest.raises(SecretRefused, match="32 bytes"):
        open_secret(settings)


def test_a_secret_that_is_set_wins_and_makes_no_file(tmp_path):
    settings = Settings(data=tmp_path / "data", secret="ab" * 32)
    assert open_secret(settings).derived("x") == Secret(b"\xab" * 32).derived("x")
    assert not settings.data.exists()
    assert "abab" not in repr(settings)


@pytest.mark.parametrize("wrong", ["", "ab", "zz" * 32, "ab" * 33])
def test_a_secret_that_is_set_wrongly_is_refused(tmp_path, wrong):
    with pytest.raises(ValidationError):
        Settings(data=tmp_path, secret=wrong)


def test_the_secret_is_no_part_of_the_settings_fingerprint(tmp_path):
    assert len({Settings(data=tmp_path, secret=secret).fingerprint() for secret in (None, "ab" * 32)}) == 1
