"""A catalogue to look at: APIs in every state, their owners and their traffic."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.apis.models import Api
from apps.apis.services import create_api, set_owners
from apps.organisations.models import Organisation
from apps.users.models import UserGroup
from tests.analytics.factories import RequestFactory, store_traffic
from tests.factories import UserFactory, UserGroupFactory


def definition(name: str, path: str, **more: Any) -> dict[str, Any]:
    """A definition as clients send it."""
    return {"name": name, "proxy": {"listen_path": path, "target_url": f"http://{path.strip('/')}.internal:8080"},
            "use_standard_auth": True, "active": True, **more}  # fmt: skip


def make_api(organisation: Organisation, name: str, path: str, **more: Any) -> Api:
    """An API as REST makes it; ``document`` is kept beside its definition."""
    document = more.pop("document", None)
    return create_api(Api(organisation=organisation, definition=definition(name, path, **more), document=document))


def age(api: Api, days: int) -> None:
    """Let an API be older than it is."""
    Api.objects.filter(pk=api.pk).update(created_at=timezone.now() - timedelta(days=days))


def make_shop(organisation: Organisation) -> dict[str, Api]:
    """Make APIs by name: called and not, logged and not, owned and not."""
    apis = {
        "Orders": make_api(organisation, "Orders #core #checkout", "/orders/"),
        "Payments": make_api(organisation, "Payments #core", "/payments/", use_jwt=True, enable_jwt=True),
        "Price feed": make_api(organisation, "Price feed #public", "/feeds/prices/", do_not_track=True),
        "Loyalty": make_api(organisation, "Loyalty #core #crm #mobile #eu", "/loyalty/", use_keyless=True),
        "Summer sale": make_api(organisation, "Summer sale", "/sale/", active=False),
        "Storefront": make_api(organisation, "Storefront", "/storefront/graphql/",
                               graphql={"enabled": True, "execution_mode": "proxyOnly"}),
    }  # fmt: skip
    for api in apis.values():
        age(api, days=80)
    team: UserGroup = UserGroupFactory(organisation=organisation, name="Checkout team")
    ana = UserFactory(organisation=organisation, email="ana@example.com", first_name="Ana", last_name="Lyst")
    set_owners(api=apis["Orders"], users=[ana], groups=[team])
    set_owners(api=apis["Loyalty"], users=[ana])
    store_traffic([request for name in ("Orders", "Payments", "Storefront") for request in _calls(apis[name])])
    return apis


def _calls(api: Api) -> list[Any]:
    now, few = timezone.now(), {"Payments #core": 3, "Storefront": 1}.get(api.name, 6)
    made = {"organisation": api.organisation_id, "api_id": api.api_id, "api_name": api.name, "path": api.route}
    return [
        RequestFactory(**made, timestamp=now - timedelta(minutes=30 * turn + 1), status=503 if turn == 7 else 200)
        for turn in range(40)
        for _ in range(few + turn % 5)
    ]
