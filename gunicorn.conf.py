"""What gunicorn reads beside its command line, wherever it is started."""

from __future__ import annotations

import re
from typing import Any

from gunicorn.glogging import Logger

# What cannot be used is told here, once, and not by each process that does not start.
from config import env  # noqa: F401

KEY_IN_PATH = re.compile(r"(?<=/keys/).+", re.DOTALL)


class AccessLog(Logger):
    """Lines of the access log without the keys that stand in paths."""

    def atoms(self, *request: Any) -> dict[str, Any]:
        """Give what a line can tell; of a path about keys nothing that follows."""
        told: dict[str, Any] = super().atoms(*request)
        return {**told, "U": KEY_IN_PATH.sub("…", told["U"])}


worker_class = "config.web_worker.BufferingWorker"
threads = 4  # of each process
logger_class = AccessLog
# Without the query string and without the page somebody came from: nonces and codes of sign-ins stand there.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s "%(a)s"'
