"""`bin/manage catalogue`: a folder in the layout of a sync tool, and back."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.apis.api_templates.models import ApiTemplate
from apps.apis.models import Api
from apps.keys.models import Policy
from apps.organisations.models import Organisation

pytestmark = pytest.mark.django_db
RECORDED = Path(__file__).parent.parent / "data" / "captures" / "sync-client" / "repository"


def run(action: str, folder: Path, **options: Any) -> str:
    out = StringIO()
    call_command("catalogue", action, folder, stdout=out, **options)
    return out.getvalue()


def exit_code(action: str, folder: Path, **options: Any) -> int:
    with pytest.raises(CommandError) as refused:
        run(action, folder, **options)
    return refused.value.returncode


def edit(file: Path, *names: str, value: Any) -> None:
    """Change one member of a document."""
    document = inner = json.loads(file.read_text())
    for name in names[:-1]:
        inner = inner[name]
    inner[names[-1]] = value
    file.write_text(json.dumps(document))


def test_what_a_sync_tool_wrote_comes_in_and_out_again(organisation_a: Organisation, tmp_path: Path) -> None:
    said = run("import", RECORDED)
    assert said.splitlines()[0].startswith("create ")
    assert (Api.objects.count(), Policy.objects.count(), ApiTemplate.objects.count()) == (3, 2, 1)
    assert Api.objects.get(name="Catalogue").pk == "dccdb8a25e1f4e0e90f9a5b8"
    run("export", tmp_path)
    files = {file.name for file in RECORDED.iterdir()}
    assert {file.name for file in tmp_path.iterdir()} == files
    for name in files - {".tyk.json"}:
        ours, theirs = (json.loads((folder / name).read_text()) for folder in (tmp_path, RECORDED))
        for member, value in theirs.items():
            if member not in {"last_updated", "org_id", "api_definition", "oas"}:
                assert ours[member] == value, (name, member)
    assert run("import", tmp_path, dry_run=True) == "6 of 6 stay as they are\n"


def test_a_dry_run_lists_what_would_change_and_changes_nothing(organisation_a: Organisation, tmp_path: Path) -> None:
    assert exit_code("import", RECORDED, dry_run=True) == 3
    assert not Api.objects.exists()
    run("import", RECORDED)
    run("export", tmp_path)
    edit(tmp_path / "policy-silver.json", "rate", value=7)
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 6 would change"):
        call_command("catalogue", "import", tmp_path, dry_run=True, stdout=out)
    assert out.getvalue() == "change policy silver\n5 of 6 stay as they are\n"
    assert Policy.objects.get(policy_id="silver").definition["rate"] == 1000
    times = [*Api.objects.values_list("updated_at", flat=True)]
    run("import", tmp_path)
    assert Policy.objects.get(policy_id="silver").definition["rate"] == 7
    assert [*Api.objects.values_list("updated_at", flat=True)] == times


def test_what_has_the_same_public_id_is_changed_whatever_its_internal_one(
    organisation_a: Organisation, tmp_path: Path
) -> None:
    run("import", RECORDED)
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    edit(next(tmp_path.glob("oas-*")), "oas", "x-tyk-api-gateway", "info", "dbId", value="f" * 24)
    edit(tmp_path / "policy-gold.json", "_id", value="f" * 24)
    edit(tmp_path / "asset-house-style.json", "name", value="Other")
    assert run("import", tmp_path) == "change asset house-style\n5 of 6 stay as they are\n"
    assert not Api.objects.filter(pk="f" * 24).exists()


def test_what_cannot_be_taken_is_told_and_the_rest_goes_on(organisation_a: Organisation, tmp_path: Path) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    edit(next(tmp_path.glob("oas-*")), "oas", "openapi", value=7)
    edit(tmp_path / "policy-gold.json", "quota_max", value="much")
    edit(tmp_path / "asset-house-style.json", "kind", value="other")
    assert exit_code("import", tmp_path) == 1
    assert (Api.objects.count(), Policy.objects.count(), ApiTemplate.objects.count()) == (2, 1, 0)


def test_what_has_no_public_id_is_refused(organisation_a: Organisation, tmp_path: Path) -> None:
    shutil.copytree(RECORDED, tmp_path, dirs_exist_ok=True)
    edit(next(tmp_path.glob("api-8944*")), "api_definition", "api_id", value="")
    edit(next(tmp_path.glob("oas-*")), "api_definition", value="text")
    edit(tmp_path / "asset-house-style.json", "id", value=None)
    assert exit_code("import", tmp_path) == 1
    assert [*Api.objects.values_list("name", flat=True)] == ["Orders #retail #eu"]
    assert not ApiTemplate.objects.exists()


@pytest.mark.parametrize("document", ["[]", "{", '{"files": 7}', '{"files": ["text"]}', '{"a": "\\u0000"}'])
def test_an_index_that_is_none_is_refused(document: str, organisation_a: Organisation, tmp_path: Path) -> None:
    (tmp_path / ".tyk.json").write_text(document)
    assert exit_code("import", tmp_path) == 1


def test_an_export_has_no_dry_run(organisation_a: Organisation, tmp_path: Path) -> None:
    assert exit_code("export", tmp_path, dry_run=True) == 1
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("file", ["../secret.json", "/etc/passwd", ".tyk.json", "", "..", None])
def test_no_file_elsewhere_is_read_or_deleted(file: str | None, organisation_a: Organisation, tmp_path: Path) -> None:
    folder, secret = tmp_path / "folder", tmp_path / "secret.json"
    folder.mkdir()
    secret.write_text("{}")
    (folder / ".tyk.json").write_text(json.dumps({"files": [{"file": file}]}))
    for action in ("import", "export"):
        assert exit_code(action, folder) == 1
    assert secret.exists()


def test_it_asks_whose_where_there_are_several(
    organisation_a: Organisation, organisation_b: Organisation, tmp_path: Path
) -> None:
    assert exit_code("export", tmp_path) == 1
    run("import", RECORDED, organisation=organisation_b.pk)
    assert {*Api.objects.values_list("organisation", flat=True)} == {organisation_b.pk}
    assert "0 documents" in run("export", tmp_path, organisation=organisation_a.pk)
