"""How many examples Hypothesis tries: fewer in the fast tier, many more in the full one."""

from __future__ import annotations

from hypothesis import settings

USUAL = 100
FEWEST = 5
#: By the name of the profile, which ``--hypothesis-profile`` chooses.
PROFILES = {"fast": USUAL // 5, "usual": USUAL, "thorough": 10 * USUAL}


def register() -> None:
    """Make the profiles known. A machine that is busy is no error: examples have no deadline, a run has one."""
    for name, count in PROFILES.items():
        settings.register_profile(name, deadline=None, max_examples=count)
    settings.load_profile("usual")


def examples(count: int) -> int:
    """Give the number for a test whose examples take long, so that it tries ``count`` where others try 100."""
    return max(FEWEST, count * settings().max_examples // USUAL)
