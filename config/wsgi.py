"""What a web server calls."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
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
    if environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
        _measure_body(environ)
    return _weir(environ, start_response)


def _measure_body(environ: WSGIEnvironment) -> None:
    """Read a body of unknown length (``Transfer-Encoding: chunked``): Django takes it for none."""
    body = environ["wsgi.input"].read(settings.MAX_BODY_BYTES + 1)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
