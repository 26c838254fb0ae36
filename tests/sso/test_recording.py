"""What single sign-on changes, and the record of it, are one transaction."""

from __future__ import annotations

from unittest import mock

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.test import Client
from pytest_django.fixtures import Settings

from apps.audit.models import AuditRecord
from apps.users.models import User, UserGroup
from tests.sso.conftest import Broker

pytestmark = pytest.mark.django_db(transaction=True)


def test_nobody_comes_in_unrecorded(
    nonce_for: Broker, bob: User, viewers: UserGroup, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SSO_ENABLE_USER_LOOKUP = True
    nonce = nonce_for(bob.email, GroupID=viewers.pk)
    browser = Client(raise_request_exception=False)
    with monkeypatch.context() as then:
        then.setattr(AuditRecord, "save", mock.Mock(side_effect=DatabaseError("disk full")))
        assert browser.get("/tap", {"nonce": nonce}).status_code == 500
    kept = User.objects.get(pk=bob.pk)
    assert (kept.group_id, kept.last_login, Session.objects.count()) == (None, None, 0)
    assert browser.get("/tap", {"nonce": nonce_for(bob.email, GroupID=viewers.pk)}).status_code == 302
    record = AuditRecord.objects.get(url__startswith="/tap")
    assert (record.user, record.status, record.method) == (bob.email, 302, "GET")
    assert User.objects.get(pk=bob.pk).group_id == viewers.pk
