"""Secrets that Weir must read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pytest_django.fixtures import Settings

from apps.core.encryption import DecryptionError, decrypt, encrypt


@given(some.text())
def test_it_gives_back_what_was_sealed(text: str) -> None:
    assert decrypt(encrypt(text)) == text


def test_it_hides_the_text_and_whether_two_are_the_same() -> None:
    first, second = encrypt("a secret"), encrypt("a secret")
    assert first != second
    assert "secret" not in first


def test_it_reads_what_was_sealed_under_the_key_of_before(settings: Settings) -> None:
    encrypted = encrypt("a secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a newer key than the one above"
    assert decrypt(encrypted) == "a secret"
    newer = encrypt("a secret")
    settings.SECRET_KEY_FALLBACKS = []
    assert decrypt(newer) == "a secret"
    with pytest.raises(DecryptionError):
        decrypt(encrypted)


@pytest.mark.parametrize("encrypted", ["", "not encrypted", "gAAAAA=="])
def test_it_refuses_what_was_never_encrypted(encrypted: str) -> None:
    with pytest.raises(DecryptionError):
        decrypt(encrypted)


def test_it_refuses_what_was_sealed_too_long_ago() -> None:
    encrypted = encrypt("a secret")
    assert decrypt(encrypted, 60) == "a secret"
    with pytest.raises(DecryptionError):
        decrypt(encrypted, -1)


def test_it_refuses_what_was_changed() -> None:
    encrypted = encrypt("a secret")
    with pytest.raises(DecryptionError):
        decrypt(encrypted[:-6] + ("A" if encrypted[-6] != "A" else "B") + encrypted[-5:])
