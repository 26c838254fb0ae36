"""What is no secret is told by the audit log, whatever ids look like; what is one is not, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from apps.audit.diff import diff_of
from apps.audit.redaction import redact

IDS = ["bsecretapi", "/oauth/token", "apikey-api", "permissions", "0f" * 12]
RIGHT = {"allowance_scope": "a", "limit": {"rate": 1}}


@pytest.mark.parametrize("held", ["access_rights", "AccessRights", "paths", "versions"])
@pytest.mark.parametrize("id_", IDS)
def test_ids_are_no_names_of_secrets(held: str, id_: str) -> None:
    changed = {**RIGHT, "limit": {"rate": 2}}
    assert redact({held: {id_: RIGHT}}) == {held: {id_: RIGHT}}
    assert diff_of({held: {}}, {held: {id_: RIGHT}}) == {held: [{}, {id_: RIGHT}]}
    other = {"other": RIGHT}
    assert diff_of({held: other}, {held: {**other, id_: RIGHT}}) == {f"{held}.{id_}": [None, RIGHT]}
    assert diff_of({held: {id_: RIGHT}}, {held: {id_: changed}}) == {f"{held}.{id_}.limit.rate": [1, 2]}


@pytest.mark.parametrize("id_", IDS)
@pytest.mark.parametrize("secret", [{"secret": "hunter2"}, {"auth": {"password": "hunter2"}}, {"keys": ["hunter2"]}])
def test_secrets_below_ids_are_redacted(id_: str, secret: dict[str, Any]) -> None:
    for found in (
        redact({"access_rights": {id_: secret}}),
        diff_of({}, {"access_rights": {id_: secret}}),
        diff_of({"access_rights": {id_: {"x": 1}}}, {"access_rights": {id_: secret}}),
        diff_of({"access_rights": {id_: secret}}, {"access_rights": {"other": RIGHT}}),
    ):
        assert "hunter2" not in str(found)


def test_a_secret_that_stands_where_an_id_may_is_redacted() -> None:
    assert redact({"versions": {"token": "hunter2"}}) == {"versions": {"token": "…"}}
    assert "hunter2" not in str(diff_of({"paths": {"password": "hunter2"}}, {"paths": {"password": "hunter3"}}))
    assert redact({"secrets": {"access_rights": {"a": RIGHT}}}) == {"secrets": "…"}
