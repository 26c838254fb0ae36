"""bin/check: everything that CI runs. The tests come last, so that their closing line does too."""

from __future__ import annotations

from collections.abc import Sequence

from launching.suite import Step
from launching.testing import TWO_WORKERS, suite

# As on a server that people reach through a proxy over HTTPS.
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "a long text with {many} different characters, 0123456789, made for this check",
    "ALLOWED_HOSTS": "weir.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://weir.example.com",
    "SECURE_COOKIES": "true",
}
#: They tell in two seconds.
QUICK = (
    Step("format", ("-m", "ruff", "format", "--check", ".")),
    Step("lint", ("-m", "ruff", "check", ".")),
)
BESIDE = (
    Step("types", ("-m", "mypy")),
    Step("migrations", ("manage.py", "makemigrations", "--check", "--dry-run"), PRODUCTION),
    Step("deployment", ("manage.py", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
)
#: What starts processes of its own waits most of the time, and does so beside the rest.
WAITING = "chaos or processes"
#: Ten times the examples, and an hour for a test: one that takes long has not hung.
LONG = ("--hypothesis-profile=thorough", "-o", "faulthandler_timeout=3600")


def run(arguments: Sequence[str]) -> int:
    """Run every check and every test, the long ones too after ``--full``. Other arguments are for pytest instead.

    Gives the first exit code that is not 0, else 0.
    """
    is_full = "--full" in arguments
    with suite() as ready:
        if given := [argument for argument in arguments if argument != "--full"]:
            return ready.run([*QUICK, ready.tests("tests", given)], BESIDE)
        more = LONG if is_full else ()
        left_out = "" if is_full else " and not long"
        tests = ready.tests("tests", [*TWO_WORKERS, "-m", f"not ({WAITING}){left_out}", *more])
        waiting = ready.tests("waiting", ["-m", f"({WAITING}){left_out}", *more])
        return ready.run([*QUICK, tests], [*BESIDE, waiting])
