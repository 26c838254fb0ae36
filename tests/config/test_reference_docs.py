"""The documents made from the table of variables."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.env import SECTIONS
from config.reference_docs import configuration_page, example_file, reference_docs


def test_the_documents_in_the_repository_are_in_step() -> None:
    for path, text in reference_docs().items():
        assert path.read_text() == text, f"{path.name} is out of step: run bin/manage configuration"


def test_they_name_every_variable() -> None:
    page, example = configuration_page(SECTIONS), example_file(SECTIONS)
    for name in (name for section in SECTIONS for name in section):
        assert f"| `{name}`" in page
        assert f"\n#{name}=" in example


def test_the_command_fails_when_a_document_is_out_of_step(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {path: f"{text}more" for path, text in reference_docs().items()}
    monkeypatch.setattr("apps.core.management.commands.configuration.reference_docs", lambda: changed)
    with pytest.raises(CommandError, match=r"docs/configuration\.md, \.env\.example"):
        call_command("configuration", "--check")


def test_the_command_writes_what_is_out_of_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("apps.core.management.commands.configuration.ROOT", tmp_path)
    made = {tmp_path / "old.md": "new text", tmp_path / "same.md": "same text"}
    (tmp_path / "old.md").write_text("old text")
    (tmp_path / "same.md").write_text("same text")
    monkeypatch.setattr("apps.core.management.commands.configuration.reference_docs", lambda: made)
    call_command("configuration")
    assert (tmp_path / "old.md").read_text() == "new text"
    assert capsys.readouterr().out == "wrote old.md\n"
