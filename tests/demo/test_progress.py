from __future__ import annotations

from io import StringIO

from django.core.management.base import OutputWrapper

from apps.demo.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def run(out: StringIO, total: int) -> str:
    progress = Progress(OutputWrapper(out), "Here:", total)
    progress.add(50)
    progress.add(25)
    progress.finish()
    return out.getvalue()


def test_it_redraws_its_line_on_a_terminal() -> None:
    first, last = (f"Here: [{'#' * filled:-<30}] {done} of 75 records" for filled, done in ((20, 50), (30, 75)))
    assert run(Terminal(), 75) == f"\r{first}\r{last}\n"


def test_it_writes_one_line_elsewhere() -> None:
    assert run(StringIO(), 75) == f"Here: [{'#' * 30}] 75 of 75 records\n"


def test_it_only_counts_when_the_total_is_not_known() -> None:
    assert run(StringIO(), 0) == "Here: 75 records\n"
