"""Every link of the pages and of the staff site leads somewhere, whoever follows it."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.governance.client import Response, send
from tests.governance.roles import ADMIN, EVERY, NOBODY, OTHER, OWNING, SUPER, WITHOUT, Role
from tests.governance.world import ADMIN_SECRET, World, make_world

STARTS = ("/", "/audit/", "/profile/", "/staff/", "/openapi/")
#: Attributes that hold a link; fragments of a page are fetched by the second.
LINKS = {"href", "hx-get", "src"}
ID = re.compile(r"\b(?:[0-9a-f]{24}|[0-9a-f]{32}|\d+)\b")
OF_A_KIND = 6  # URLs of one path that are followed, whatever ids and parameters they have: states of a list have no end
FEWEST = 10  # URLs that whoever is let in finds at least
BROAD = [role for role in EVERY if role.name in {"reader of everything", "writer of everything", "reading super user"}]
ROLES = (NOBODY, WITHOUT, ADMIN, OTHER, SUPER, OWNING[0], *BROAD)


class Page(HTMLParser):
    """The links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what leads elsewhere."""
        self.links += [value for name, value in attrs if name in LINKS and value]


@dataclass
class Crawl:
    """Follows links, and remembers what was wrong with which, and where it stood."""

    client: Client
    seen: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    _of_kind: Counter[str] = field(default_factory=Counter)
    _next: deque[tuple[str, str]] = field(default_factory=deque)

    def run(self) -> None:
        """Follow all of them."""
        for start in STARTS:
            self._add(start, "")
        while self._next:
            self.follow(*self._next.popleft())

    def follow(self, url: str, page: str) -> None:
        """Follow a link of a page, and remember those behind it; what the call changes is taken back."""
        answer = send(self.client, "GET", url, headers={}, is_form=False)
        if answer.status == 404 or answer.status >= 500:
            self.wrong.append(f"{answer.status} {url}, a link of {page}")
        for link in links_of(answer):
            self._add(urljoin(url, link), url)

    def _add(self, url: str, page: str) -> None:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            return
        url = parts._replace(fragment="").geturl()
        kind = ID.sub("{id}", parts.path)
        if url in self.seen or self._of_kind[kind] == OF_A_KIND:
            return
        self.seen.add(url)
        self._of_kind[kind] += 1
        self._next.append((url, page))


def links_of(answer: Response) -> Iterator[str]:
    """Give where an answer leads, if it is a redirection or a page."""
    if answer.location:
        yield answer.location
    if answer.body.lstrip().startswith("<"):
        yield from Page(answer.body).links


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    """Organisation A with one of everything, and the roles."""
    settings.ADMIN_SECRET = ADMIN_SECRET
    world = make_world()
    world.add_people(ROLES)
    return world


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_link_leads_somewhere(world: World, role: Role) -> None:
    crawl = Crawl(world.browsers[role.name])
    crawl.run()
    assert crawl.wrong == []
    assert len(crawl.seen) >= (FEWEST if role is not NOBODY else len(STARTS))


def test_a_crawl_finds_links_and_what_leads_nowhere(world: World) -> None:
    crawl = Crawl(world.browsers[ADMIN.name])
    crawl.follow("/users/", "/")
    assert {"/audit/", "/activity/apis/"} <= crawl.seen
    assert crawl.wrong == []
    crawl.follow("/nothing/", "/users/")
    assert crawl.wrong == ["404 /nothing/, a link of /users/"]
