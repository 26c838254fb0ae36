"""Imports point one way: down the list of apps, and from doors to services to models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import ROOT, imports, python_files, references, shown, tree

# App → the apps it may import. Nobody imports catalogue, pump or demo.
BELOW: dict[str, set[str]] = {
    "core": set(),
    "audit": {"core"},
    "outbox": {"core", "audit"},
    "organisations": {"core", "audit", "outbox"},
    "history": {"core", "organisations", "audit"},
    "users": {"core", "organisations", "audit", "outbox"},
    "sso": {"core", "organisations", "users", "audit", "outbox"},
    "hooks": {"core", "organisations", "audit", "outbox"},
    "apis": {"core", "organisations", "users", "audit", "outbox", "history", "hooks"},
    "keys": {"core", "organisations", "users", "apis", "audit", "outbox", "history"},
    "analytics": {"core", "organisations", "users", "apis", "outbox"},
    "catalogue": {
        *("core", "organisations", "users", "hooks", "apis", "keys", "analytics", "audit", "outbox", "history"),
    },
    "pump": {"core", "organisations", "audit", "analytics", "outbox"},
    "demo": {"core", "organisations", "users", "apis", "analytics"},
}
# Who reads the environment.
ENVIRONMENT = {"config/env/__init__.py", "config/env/variable.py"}
# What the apps may know of the house.
HOUSE = {"core": ("config.env", "config.reference_docs")}

# Kind of module → the kinds it may not import, from its own app or another.
DOORS = {"views", "viewsets", "admin", "tasks", "urls", "serializers", "forms", "filters", "management"}
NEVER_BACK = {"querysets": DOORS | {"services"}, "models": DOORS | {"services"}, "services": DOORS}


def imported_by_apps() -> Iterator[tuple[Path, str]]:
    """Give every import of every app: the file, and the dotted name it imports."""
    for path in python_files("apps"):
        yield from ((path, name) for name in imports(path))


def named_by_apps() -> Iterator[tuple[Path, str]]:
    """Give everything of ours that apps name by strings: the file, and the dotted name."""
    for path in python_files("apps"):
        yield from ((path, name) for reference in references(path) if (name := as_import(reference)))


def as_import(reference: str) -> str:
    """Give the dotted name that a string stands for; "" when it names no app of ours."""
    name = reference.removeprefix("apps.")
    return f"apps.{name}" if name.split(".")[0] in BELOW else ""


def app_of(path: Path) -> str:
    return path.relative_to(ROOT / "apps").parts[0]


def points_down(path: Path, name: str) -> bool:
    """Tell whether an app may import a name."""
    app, (first, *rest) = app_of(path), name.split(".")
    if first == "apps" and rest:
        return rest[0] == app or rest[0] in BELOW[app]
    if first == "config":
        return name.startswith(HOUSE.get(app, ("nothing",)))
    return first not in {"tests", "launching"}


def points_forward(path: Path, name: str) -> bool:
    """Tell whether a kind of module may import a name."""
    kind = path.stem if path.stem in NEVER_BACK else path.parent.name
    return not name.startswith("apps.") or NEVER_BACK.get(kind, set()).isdisjoint(name.split(".")[2:3])


def test_every_app_has_its_place_in_the_list() -> None:
    assert {path.parent.name for path in (ROOT / "apps").glob("*/__init__.py")} == set(BELOW)


def test_an_app_imports_only_what_lies_below_it() -> None:
    assert not [f"{shown(path)}: {name}" for path, name in imported_by_apps() if not points_down(path, name)]


def test_an_app_names_nothing_above_it_by_strings_either() -> None:
    assert not [f"{shown(path)}: {name}" for path, name in named_by_apps() if not points_down(path, name)]


def test_nothing_of_the_product_knows_the_demo() -> None:
    product = [
        path for path in python_files("apps", "config", "bin") if path.is_relative_to(ROOT / "apps" / "demo") is False
    ]
    known = [(shown(path), name) for path in product for name in (*imports(path), *references(path))]
    assert [each for each in known if each[1].startswith("apps.demo")] == [("config/settings.py", "apps.demo")]


def test_services_do_not_know_their_doors_nor_models_their_services() -> None:
    assert not [f"{shown(path)}: {name}" for path, name in imported_by_apps() if not points_forward(path, name)]


def test_nothing_happens_by_signal() -> None:
    signals = ("django.dispatch", "django.db.models.signals", "django.core.signals", "django.contrib.auth.signals")
    assert not [f"{shown(path)}: {name}" for path, name in imported_by_apps() if name.startswith(signals)]


def test_only_one_module_reads_the_environment() -> None:
    for path in python_files("apps", "config"):
        source = ast.unparse(tree(path)).replace("os.environ.setdefault('DJANGO_SETTINGS_MODULE'", "")
        reads = "os.environ" in source or "getenv" in source
        assert reads == (shown(path) in ENVIRONMENT), shown(path)


def test_the_rules_catch_what_they_are_for() -> None:
    core, models = ROOT / "apps" / "core" / "tenancy.py", ROOT / "apps" / "users" / "models.py"
    assert not points_down(core, "apps.users.models.User")
    assert not points_down(models, "apps.analytics.models.Slice")
    assert not points_down(models, "config.env.server.DEBUG")
    assert points_down(models, "apps.core.ids.ObjectIdField")
    assert not points_down(core, as_import("apis.own_api"))
    assert not points_forward(models, "apps.users.services.create_user")
    assert not points_forward(models.with_name("services.py"), "apps.users.admin.UserAdmin")
    assert points_forward(models.with_name("services.py"), "apps.users.models.User")


def test_names_in_strings_are_found(tmp_path: Path) -> None:
    path = tmp_path / "models.py"
    path.write_text('''
"""What is said of apis.Api is no reference."""
model = apps.get_model("apis", "Api")
owner = ForeignKey("users.User")
check = import_string("apps.pump.health.check")
picture = "apis.png/x"
''')
    found = [as_import(reference) for reference in references(path)]
    assert found == ["apps.apis.Api", "apps.users.User", "apps.pump.health.check"]
