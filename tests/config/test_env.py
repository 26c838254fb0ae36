"""Reading the environment: typed, loud, and secrets from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import casts, env
from config.env import BadVariable, Section, Variable

VARIABLES = [variable for section in env.SECTIONS for variable in section.values()]
COUNT = Variable("WEIR_TEST_COUNT", casts.whole_number, "7", "A count.")
SECRET = Variable("WEIR_TEST_SECRET", casts.whole_number, "1", "A secret number.", secret=True)
HEIR = Variable("WEIR_TEST_HEIR", casts.whole_number, "", "Takes the count.", fallback=COUNT)


def test_it_takes_the_default_when_nothing_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEIR_TEST_COUNT", raising=False)
    assert COUNT.read() == 7


def test_it_takes_an_empty_variable_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_TEST_COUNT", "  ")
    assert COUNT.read() == 7


def test_it_names_the_variable_the_value_and_what_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_TEST_COUNT", "many")
    with pytest.raises(BadVariable, match=r"WEIR_TEST_COUNT: 'many' is not a whole number"):
        COUNT.read()


def test_it_says_how_a_value_is_written_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_TEST_NAMES", '["a", "b"]')
    with pytest.raises(BadVariable, match=r"WEIR_TEST_NAMES: .* would be part of its items. Write a,b$"):
        Variable("WEIR_TEST_NAMES", casts.names, "none", "Names.").read()


def test_it_shows_no_secret_in_another_notation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_TEST_WORDS", '"s3cret other"')
    with pytest.raises(BadVariable, match="the quotes would be part of it") as refused:
        Variable("WEIR_TEST_WORDS", casts.words, "none", "Words.", secret=True).read()
    assert "s3cret" not in str(refused.value)


def test_it_reads_a_secret_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("42\n")
    monkeypatch.setenv("WEIR_TEST_SECRET_FILE", str(file))
    assert SECRET.read() == 42


def test_it_reads_only_secrets_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "count"
    file.write_text("42")
    monkeypatch.setenv("WEIR_TEST_COUNT_FILE", str(file))
    assert COUNT.read() == 7


def test_it_refuses_a_secret_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_TEST_SECRET", "1")
    monkeypatch.setenv("WEIR_TEST_SECRET_FILE", "/somewhere")
    with pytest.raises(BadVariable, match="WEIR_TEST_SECRET and WEIR_TEST_SECRET_FILE are both given"):
        SECRET.read()


def test_it_names_a_secret_file_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_TEST_SECRET_FILE", "/nowhere/secret")
    with pytest.raises(BadVariable, match=r"WEIR_TEST_SECRET_FILE: '/nowhere/secret' is not a readable text file"):
        SECRET.read()


def test_it_never_prints_a_bad_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_TEST_SECRET", "hush")
    with pytest.raises(BadVariable) as caught:
        SECRET.read()
    assert "not shown" in str(caught.value).split(": ", 1)[1]
    assert "'hush' is" not in str(caught.value)


def test_it_takes_another_variable_s_value_when_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_TEST_COUNT", "9")
    assert HEIR.read() == 9
    monkeypatch.setenv("WEIR_TEST_HEIR", "3")
    assert HEIR.read() == 3


def test_every_default_is_of_its_own_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
        monkeypatch.delenv(f"{variable.name}_FILE", raising=False)
    for variable in VARIABLES:
        variable.read()


def test_a_section_declares_and_reads_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    section = Section("Test")
    monkeypatch.setenv("WEIR_TEST_COUNT", "9")
    count = section.read("WEIR_TEST_COUNT", casts.whole_number, "7", "A count.")
    heir = section.read("WEIR_TEST_HEIR", casts.whole_number, "", "Takes it.", fallback=section["WEIR_TEST_COUNT"])
    assert (count, heir, section.title, list(section)) == (9, 9, "Test", ["WEIR_TEST_COUNT", "WEIR_TEST_HEIR"])


def test_every_variable_is_the_setting_of_the_same_name() -> None:
    from config import settings

    assert len(VARIABLES) > 70
    assert not [variable.name for variable in VARIABLES if getattr(settings, variable.name) != variable.read()]
