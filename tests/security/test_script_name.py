"""No header says where Weir is mounted, and so what a path is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.users.models import User
from tests.architecture.source import python_files, shown
from tests.security.conftest import ADMIN_SECRET, WebServer

HEADERS = ["SCRIPT_NAME: /x", "Script-Name: /x", "PATH_INFO: /health", "Path-Info: /health", "REMOTE_USER: admin"]
OTHERS = [
    "X-Forwarded-For: 203.0.113.9",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: evil.example",
    "Forwarded: for=a",
]


@pytest.mark.django_db
@pytest.mark.parametrize("mount", ["/x", "/api/y", "//evil.example"])
def test_a_read_is_recorded_wherever_weir_is_said_to_be_mounted(
    rest: Callable[..., APIClient], alice: User, mount: str
) -> None:
    client = rest(alice)
    assert client.get("/api/users", SCRIPT_NAME=mount).status_code == 200
    assert AuditRecord.objects.filter(user=alice.email, method="GET").count() == 1
    assert client.get("/api/nothing", SCRIPT_NAME=mount).json()["Status"] == "Error"  # REST, and no page
    assert client.post("/api/users", {}, SCRIPT_NAME=mount).status_code >= 400
    assert AuditRecord.objects.filter(user=alice.email).count() == 2


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_the_server_takes_nothing_of_the_environment_from_headers(serve: Callable[..., WebServer]) -> None:
    server = serve()
    for header in (*HEADERS, *OTHERS):
        head = f"GET /admin/organisations HTTP/1.0\r\nHost: localhost\r\nadmin-auth: {ADMIN_SECRET}\r\n{header}\r\n\r\n"
        assert server.ask(head.encode()).startswith(b"HTTP/1.0 200"), header
    found = AuditRecord.objects.order_by("id").values_list("url", "ip")
    assert list(found) == [("/admin/organisations", "127.0.0.1")] * len((*HEADERS, *OTHERS))


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_the_server_reads_chunks(serve: Callable[..., WebServer]) -> None:
    body = b'{"owner_name": "In pieces"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:5], body[5:], b""))
    head = (
        f"POST /admin/organisations HTTP/1.1\r\nHost: localhost\r\nadmin-auth: {ADMIN_SECRET}\r\nConnection: close\r\n"
    )
    answer = serve().ask(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert AuditRecord.objects.filter(method="POST", status=200).count() == 1


def test_paths_are_judged_without_the_mount() -> None:
    """``request.path`` begins with what a server took from ``SCRIPT_NAME``."""
    judged = re.compile(r"(is_rest|AdmissionRequest)\([^\n]*request\.path\b|request\.path(\}/\")?\.startswith")
    assert [shown(path) for path in python_files("apps") if judged.search(path.read_text())] == []
