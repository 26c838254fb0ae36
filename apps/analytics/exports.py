"""Tables as CSV files: what the analytics pages and REST endpoints use of ``apps.core.exports``."""

from __future__ import annotations

from apps.core.exports import FORMULA, cell, download, lines

__all__ = ["FORMULA", "cell", "download", "lines"]
