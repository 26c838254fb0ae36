"""Every route of Weir, as URLs with values filled in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern

GROUP = re.compile(r"\(\?P<(?P<name>\w+)>(?:[^()]|\([^()]*\))*\)")
CONVERTED = re.compile(r"<(?:\w+:)?(?P<name>\w+)>")
CATCH_ALL = re.compile(r"\(\?:api\|admin\)|\(\?P<url>\.\*\)")  # answer 404 to what nobody else knows
NAMED = re.compile(r"\{(\w+)\}")


def templates() -> list[str]:
    """Give the path of every route, with ``{name}`` where it takes a value."""
    return sorted({f"/{path}" for path in _templates(get_resolver().url_patterns, "")})


def _templates(patterns: Iterable[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        written = str(pattern.pattern)
        if CATCH_ALL.search(written):
            continue
        finder = CONVERTED if isinstance(pattern.pattern, RoutePattern) else GROUP
        path = prefix + finder.sub(r"{\g<name>}", written)
        if isinstance(pattern, URLResolver):
            yield from _templates(pattern.url_patterns, path.removeprefix("^"))
        else:
            yield re.sub(r"[\^$]|\\Z", "", path).replace("\\.", ".")


def template_of(url: str) -> str:
    """Give the path of the route that answers a URL, as :func:`templates` gives it."""
    written = f"/{resolve(url).route}"
    return re.sub(r"[\^$]|\\Z", "", CONVERTED.sub(r"{\g<name>}", GROUP.sub(r"{\g<name>}", written))).replace("\\.", ".")


def urls(values: Mapping[str, Sequence[str]], otherwise: Sequence[str]) -> Iterator[str]:
    """Fill every route with every combination of the values its parameters may have."""
    for template in templates():
        names = NAMED.findall(template)
        for chosen in itertools.product(*(values.get(name, otherwise) for name in names)):
            yield template.format(**dict(zip(names, chosen, strict=True)))
