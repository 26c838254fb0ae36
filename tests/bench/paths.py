"""Which of our files a reader opens to follow one request: ``python -m tests.bench.paths [NAME ...] [--verbose]``.

Counts the files under ``apps/`` and ``config/`` of which a function runs on the way; what only is imported does not
count. Of a request, those are counted by themselves that are entered from the view's dispatch to its answer: the others
are middleware, which every request passes. Starts throw-away servers, with the settings they have without any of ours.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

from django.core.handlers.base import BaseHandler

from .stack import throw_away_stack

ROOT = Path(__file__).resolve().parents[2]
_OURS = (f"{ROOT / 'apps'}/", f"{ROOT / 'config'}/")


Files = dict[str, set[str]]  # file → its functions that ran


class Profile:
    """The files that are entered during an action, in any thread that starts meanwhile, and those inside a view."""

    def __init__(self) -> None:
        self.entered: Files = {}
        self.in_view: Files = {}
        self._views = 0  # that run

    def run(self, action: Callable[[], object]) -> None:
        """Do it and look."""
        with mock.patch.object(BaseHandler, "make_view_atomic", lambda _, view: self._watched(view)):
            threading.setprofile(self._note)
            sys.setprofile(self._note)
            try:
                action()
            finally:
                sys.setprofile(None)
                threading.setprofile(None)

    def _watched(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Give a view that says when it runs."""

        def watched(*arguments: Any, **options: Any) -> Any:
            self._views += 1
            try:
                return view(*arguments, **options)
            finally:
                self._views -= 1

        return watched

    def _note(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        # The body of a module or of a class runs when it is imported.
        is_function = code.co_flags & inspect.CO_OPTIMIZED
        if event == "call" and is_function and code.co_filename.startswith(_OURS) and not _is_imported(frame):
            for files in (self.entered, self.in_view) if self._views else (self.entered,):
                files.setdefault(str(Path(code.co_filename).relative_to(ROOT)), set()).add(code.co_name)


def _is_imported(frame: FrameType | None) -> bool:
    """Whether a function runs because a module is imported."""
    while frame:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(_OURS):
            return True
        frame = frame.f_back
    return False


def record() -> Callable[[], object]:
    """A record, from the list in Redis to its row."""
    from datetime import UTC, datetime, timedelta

    from apps.core.redis import gateway_redis
    from apps.pump.claims import list_names
    from apps.pump.tasks import drain

    from .records import batches

    [payloads] = batches(100, datetime.now(UTC) - timedelta(days=1))
    gateway_redis().rpush(list_names()[0], *payloads)
    return drain


def rest() -> Callable[[], object]:
    """A user who is changed by REST, with what the audit log says of it."""
    from rest_framework.test import APIClient

    from apps.users.services import reset_access_key
    from tests.factories import UserFactory

    user = UserFactory()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=reset_access_key(user=user))
    return lambda: _checked(client.put(f"/api/users/{user.pk}", {"first_name": "Erin"}, format="json"), 200)


def staff() -> Callable[[], object]:
    """A user who is changed on the staff site, with what the audit log says of it."""
    from django.test import Client

    from tests.factories import UserFactory

    user = UserFactory(is_staff=True)
    changed = UserFactory(organisation=user.organisation)
    client = Client()
    client.force_login(user)
    form = {"email": changed.email, "organisation": changed.organisation_id, "is_active": "on"}
    form |= {"first_name": "Erin", "last_name": "", "time_zone": "", "password_max_days": "0"}
    form |= {"user_permissions_apis": "read"}
    return lambda: _checked(client.post(f"/staff/users/user/{changed.pk}/change/", form), 302)


def _checked(response: Any, status: int) -> None:
    if response.status_code != status:
        sys.exit(f"{response.status_code} {response.content.decode()}")


PATHS = {"record": record, "rest": rest, "staff": staff}


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", default=list(PATHS), help=f"of {', '.join(PATHS)}")
    parser.add_argument("--verbose", action="store_true", help="name the functions too")
    options = parser.parse_args()
    with throw_away_stack():
        from django.test import override_settings

        with override_settings(ALLOWED_HOSTS=["*"]):
            for name in options.names:
                profile = Profile()
                profile.run(PATHS[name]())
                _print(PATHS[name].__doc__ or "", profile, verbose=options.verbose)


def _print(title: str, profile: Profile, *, verbose: bool) -> None:
    """Say what was found; files inside the view first."""
    outside = {file: functions for file, functions in profile.entered.items() if file not in profile.in_view}
    inside = f", {len(profile.in_view)} inside the view" if profile.in_view else ""
    sys.stdout.write(f"{title}: {len(profile.entered)} files{inside}\n")
    for files in (profile.in_view, outside):
        for file, functions in sorted(files.items()):
            sys.stdout.write(f"  {file}{'  ' + ' '.join(sorted(functions)) if verbose else ''}\n")
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
