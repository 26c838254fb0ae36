"""Secrets that Weir must read again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pytest_django.fixtures import Settings

from apps.core.encryption import Unreadable, seal, unseal


@given(some.text())
def test_it_gives_back_what_was_sealed(text: str) -> None:
    assert unseal(seal(text)) == text


def test_it_hides_the_text_and_whether_two_are_the_same() -> None:
    first, second = seal("a secret"), seal("a secret")
    assert first != second
    assert "secret" not in first


def test_it_reads_what_was_sealed_under_the_key_of_before(settings: Settings) -> None:
    sealed = seal("a secret")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a newer key than the one above"
    assert unseal(sealed) == "a secret"
    newer = seal("a secret")
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(newer) == "a secret"
    with pytest.raises(Unreadable):
        unseal(sealed)


@pytest.mark.parametrize("sealed", ["", "not sealed", "gAAAAA=="])
def test_it_refuses_what_was_never_sealed(sealed: str) -> None:
    with pytest.raises(Unreadable):
        unseal(sealed)


def test_it_refuses_what_was_sealed_too_long_ago() -> None:
    sealed = seal("a secret")
    assert unseal(sealed, 60) == "a secret"
    with pytest.raises(Unreadable):
        unseal(sealed, -1)


def test_it_refuses_what_was_changed() -> None:
    sealed = seal("a secret")
    with pytest.raises(Unreadable):
        unseal(sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:])
