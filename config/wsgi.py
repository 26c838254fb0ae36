"""What a web server calls."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)

_weir = get_wsgi_application()
BaseCommand().check()  # settings that cannot work are refused here too: a web server runs no management command


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request. Everything that comes is read as UTF-8, whatever character set it names.

    RFC 8259 leaves JSON no choice, and Django takes names for one that are none: at ``zlib`` it fails before
    anything of ours runs.
    """
    if named := environ.get("CONTENT_TYPE"):
        environ["CONTENT_TYPE"] = CHARSET.sub("", named)
    return _weir(environ, start_response)
