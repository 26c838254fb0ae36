"""A real browser on a real server with real traffic."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from apps.users.models import User
from launching import chromium
from tests.analytics.factories import RequestFactory, store_traffic

PAYMENTS, ORDERS = "1" * 32, "2" * 32
#: As root, and in containers with little shared memory.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
TIMEOUT = 15_000  # milliseconds; a loaded machine is slow, and a test that passes never waits so long
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    """One browser for all tests."""
    # Playwright runs an event loop in this thread, and Django would refuse to ask the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def traffic(transactional_db: None) -> None:
    """Five hours of A's traffic: in each 15 minutes 8 good requests of two APIs, and in one hour failures."""
    now = timezone.now()
    requests = []
    for quarter in range(20):
        at = {"timestamp": now - timedelta(minutes=15 * quarter + 1)}
        requests += RequestFactory.build_batch(6, path="/pay", key="k1", alias="Mobile app", **at)
        requests += RequestFactory.build_batch(2, api_id=ORDERS, api_name="Orders", path="/orders", method="POST", **at)
        if 8 <= quarter < 12:
            requests += RequestFactory.build_batch(5, status=503, latency=900, path="/pay", **at)
    store_traffic(requests)


@pytest.fixture
def page_of(live_server: LiveServer, chromium_browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page as a user (or anonymously). Whatever the browser complains of fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(user: User | None, path: str = "/", **options: Any) -> Page:
        context = chromium_browser.new_context(
            base_url=live_server.url, locale="en-GB", viewport=options.pop("viewport", {"width": 1440, "height": 1000}),
            permissions=["clipboard-read", "clipboard-write"], **options,
        )  # fmt: skip
        context.set_default_timeout(TIMEOUT)
        opened.append(context)
        if user:
            context.add_cookies([{"name": "authorisation", "value": _session_of(user), "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
        )
        page.goto(path)
        return page

    yield open_page
    for context in opened:
        context.close()
    _wait_for_answers()
    assert complaints == []


def _wait_for_answers() -> None:
    """Wait for requests that outlive their page: they would read tables while those are emptied for the next test."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:  # how socketserver's threads are called
            thread.join(TIMEOUT / 1000)
            assert not thread.is_alive(), "a page is closed and its request is still under way"


def _session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["authorisation"].value
