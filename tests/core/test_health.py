"""Alive, ready, and figures for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event

import pytest
from django.test import Client
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from apps.core import health, metrics
from apps.core.health import NotReady

pytestmark = pytest.mark.django_db

CORE_CHECKS = {"database": "apps.core.health.database", "redis": "apps.core.health.redis"}
HANGING = Event()
STARTED: list[int] = []
CORE_COLLECTORS = ["apps.core.health.ReadinessCollector"]


@pytest.fixture(autouse=True)
def core_only(settings: Settings) -> None:
    settings.READINESS_CHECKS = dict(CORE_CHECKS)
    settings.METRICS_COLLECTORS = list(CORE_COLLECTORS)


def behind() -> None:
    """A check that fails as checks do."""
    raise NotReady("90 s behind")


def broken() -> None:
    """A check that fails as checks should not."""
    raise ValueError("password=hush")


class BrokenCollector:
    """A collector that fails."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Fail."""
        raise RuntimeError("no figures today")


def hanging() -> None:
    """A check that does not come back."""
    STARTED.append(1)
    HANGING.wait(20)


class HangingCollector:
    """A collector that does not come back."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Hang."""
        hanging()
        yield GaugeMetricFamily("weir_late", "Too late.", 1)


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let what hangs do so until the test is over, and deadlines be short."""
    monkeypatch.setattr(health, "DEADLINE", 0.3)
    monkeypatch.setattr(metrics, "PATIENCE", 0.6)
    HANGING.clear()
    STARTED.clear()
    yield
    HANGING.set()


def figures(client: Client) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    return {sample.labels["check"]: sample.value for family in families for sample in family.samples}


@pytest.mark.parametrize(
    "host", ["10.0.0.11:8000", "weir-7d4b9.pods.internal", "[fd00::1]:8000", "a b", "under_score", "*"]
)
@pytest.mark.parametrize("path", ["/hello", "/health", "/ready", "/metrics", "/health/", "/ready/"])
def test_it_answers_whatever_the_host_header_says(path: str, host: str) -> None:
    assert Client().get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/login/", "/api/users", "/healthy", "/static/css/weir.css/", "/ready/x"])
def test_everything_else_answers_to_its_own_names_only(path: str) -> None:
    assert Client().get(path, headers={"Host": "weir-7d4b9.pods.internal"}).status_code == 400


@pytest.mark.parametrize("path", ["/hello", "/health"])
def test_it_says_that_it_is_alive(path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_it_is_ready_when_its_stores_answer() -> None:
    response = Client().get("/ready")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "ok", "checks": {"database": "ok", "redis": "ok"}},
    )


def test_it_is_not_ready_without_redis(settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere.sock"
    response = Client().get("/ready")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "redis": "Redis does not answer"}


def test_it_is_not_ready_without_the_gateways_redis(settings: Settings) -> None:
    settings.GATEWAY_REDIS_URL = "redis://127.0.0.1:1/0"
    assert Client().get("/ready").json()["checks"]["redis"] == "The gateways' Redis does not answer"


@pytest.mark.usefixtures("checks_in_this_transaction")
def test_it_is_not_ready_without_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError, connection

    def refuse() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = Client().get("/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "PostgreSQL does not answer"


def test_it_tells_the_cause_of_a_failed_check(settings: Settings) -> None:
    settings.READINESS_CHECKS = {**CORE_CHECKS, "pump": f"{__name__}.behind"}
    response = Client().get("/ready")
    assert (response.status_code, response.json()["checks"]["pump"]) == (503, "90 s behind")


def test_a_broken_check_takes_only_its_own_answer_away(settings: Settings) -> None:
    settings.READINESS_CHECKS = {"pump": f"{__name__}.broken", **CORE_CHECKS}
    response = Client().get("/ready")
    assert (response.status_code, response.json()["checks"]["pump"]) == (503, "ValueError")
    assert response.json()["checks"]["redis"] == "ok"


def test_it_gives_figures_to_prometheus(settings: Settings) -> None:
    settings.READINESS_CHECKS = {**CORE_CHECKS, "pump": f"{__name__}.behind"}
    assert figures(Client()) == {"database": 1.0, "redis": 1.0, "pump": 0.0}


def test_a_broken_collector_costs_its_own_figures_only(settings: Settings) -> None:
    settings.METRICS_COLLECTORS = [f"{__name__}.BrokenCollector", *CORE_COLLECTORS]
    assert figures(Client()) == {"database": 1.0, "redis": 1.0}


@pytest.mark.usefixtures("hang")
def test_checks_that_hang_are_told_in_time_and_are_asked_once(settings: Settings) -> None:
    settings.READINESS_CHECKS = {"pump": f"{__name__}.hanging", "other": f"{__name__}.behind"}
    began = time.monotonic()
    for _ in range(5):
        response = Client().get("/ready")
        assert response.status_code == 503
        assert response.json()["checks"] == {"pump": "no answer within 0 s", "other": "90 s behind"}
    assert time.monotonic() - began < 2
    assert STARTED == [1]


@pytest.mark.usefixtures("hang")
def test_a_collector_that_hangs_costs_its_own_figures_only(settings: Settings) -> None:
    settings.METRICS_COLLECTORS = [f"{__name__}.HangingCollector", *CORE_COLLECTORS]
    assert figures(Client()) == {"database": 1.0, "redis": 1.0}


@pytest.mark.parametrize("path", ["/hello", "/health", "/ready", "/metrics"])
def test_who_asks_is_nobody_in_particular(path: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Cookie": "authorisation=of-somebody"})
    with django_assert_num_queries(0):
        assert client.get(path).status_code == 200
    refused = client.post(path)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")
    assert refused["X-Frame-Options"] == "DENY"
