"""How REST answers are written: as JSON, in UTF-8."""

from __future__ import annotations

from rest_framework.renderers import JSONRenderer


class UTF8JSONRenderer(JSONRenderer):
    """Names the character set, as existing clients are used to."""

    charset = "utf-8"
