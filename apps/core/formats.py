"""How REST bodies are read and written: JSON, in UTF-8, both ways."""

from __future__ import annotations

from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer


class AnyTypeJSONParser(JSONParser):
    """Reads JSON whatever the content type says: scripts post it with curl's form default."""

    media_type = "*/*"


class UTF8JSONRenderer(JSONRenderer):
    """Names the character set, as existing clients are used to."""

    charset = "utf-8"
