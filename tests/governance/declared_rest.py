"""REST endpoints: what each route is declared to be."""

from __future__ import annotations

from typing import Any

from tests.governance.roles import EVERY, OWNING, Door
from tests.governance.rules import ACCOUNT, Answer, Call, Rule, route

DATES = "{start_day}/{start_month}/{start_year}/{end_day}/{end_month}/{end_year}"
NOT_THEIR_API = Answer(403, "User does not have access to the API with ID")
#: What cannot be told apart by API.
MIXED: dict[str, Any] = {"GET": 200, "limited": 403}

TRAFFIC: dict[str, Rule] = {
    f"/api/usage/{DATES}": route(Door.REST, "analytics", GET=200),
    f"/api/usage/apis/{DATES}": route(Door.REST, "analytics", GET=200),
    f"/api/usage/apis/{{api}}/{DATES}": route(
        Door.REST, "analytics", GET=200, things={"api": "api_id"}, outside=NOT_THEIR_API
    ),
    f"/api/activity/keys/{DATES}": route(Door.REST, "analytics", **MIXED),
    f"/api/activity/keys/{{key}}/{DATES}": route(Door.REST, "analytics", **MIXED),
    f"/api/activity/keys/aggregate/{{keys}}/{DATES}": route(Door.REST, "analytics", **MIXED),
    f"/api/activity/oauthid/{{client}}/{DATES}": route(Door.REST, "analytics", **MIXED),
    f"/api/activity/keys/endpoint/{{key}}/{DATES}": route(Door.REST, "analytics", **MIXED),
    f"/api/activity/oauthid/endpoint/{{client}}/{DATES}": route(Door.REST, "analytics", **MIXED),
    "/api/logs": route(Door.REST, "log", GET=Call(400, says="start: This field is required")),
}

ORGANISATION = {"owner_name": "Gamma"}
ORGANISATIONS: dict[str, Rule] = {
    path.replace("organisations", name): rule
    for name in ("organisations", "organisation")
    for path, rule in {
        "/admin/organisations": route(Door.SECRET, GET=200, POST=(200, ORGANISATION)),
        "/admin/organisations/import": route(Door.SECRET, POST=(200, {**ORGANISATION, "id": "c" * 24})),
        "/admin/organisations/{pk}": route(
            Door.SECRET, GET=200, PUT=(200, ORGANISATION), DELETE=200, things={"pk": "organisation"}
        ),
        "/admin/organisations/{pk}/generate-portals": route(
            Door.SECRET, POST=Call(404, says="Could not generate APIs"), things={"pk": "organisation"}
        ),
    }.items()
}

PERMISSIONS = {"additional_permissions": {"custom": "Custom"}}
BELONGS_NOWHERE = {("super user", method): Answer(500, "Failed to identify organisation") for method in ("GET", "PUT")}
OPTIONS: dict[str, Rule] = {
    f"/api/org/{name}": route(Door.REST, None, GET=200, PUT=(200, PERMISSIONS), but=BELONGS_NOWHERE)
    for name in ("permissions", "permission")
}

PERSON = {"first_name": "New", "last_name": "Person", "email_address": "new@example.com", "active": True}
NEW_USER = {**PERSON, "org_id": "a" * 24, "user_permissions": {"IsAdmin": "deny"}}
USER = {"pk": "user"}
# Everybody may read their own account; what else could be done with it, if there were anything, needs the permission.
NOT_OWN = {("account without permissions", method): 403 for method in ("POST", "PUT", "PATCH", "DELETE")}
# Who may see users gets past the permission; passwords of others are set by administrators alone.
NOT_TRUSTED = {
    (role.name, "POST"): Answer(403, "You do not have permission to reset the password for other users")
    for role in (*EVERY, *OWNING)
    if role.may("users", "read") and not role.is_admin
}
NO_USER = Answer(404, "Could not retrieve user detail")
NO_USER_TO = {"PUT": Answer(400, "user does not exist"), **dict.fromkeys(("GET", "POST", "DELETE"), NO_USER)}
USERS: dict[str, Rule] = {
    "/api/users": route(Door.REST, "users", GET=200, POST=(200, NEW_USER)),
    "/api/users/me": route(Door.REST, ACCOUNT, GET=200, but=NOT_OWN),
    "/api/users/search": route(
        Door.REST, "users", GET=200, POST=Call(200, {"filters": {"query": "target"}}, level="read")
    ),
    "/api/users/{pk}": route(
        Door.REST, "users", GET=200, PUT=(200, {"first_name": "Other"}), DELETE=200, things=USER, elsewhere=NO_USER_TO
    ),
    "/api/users/{pk}/actions/reset": route(
        Door.REST,
        "users",
        POST=Call(200, {"new_password": "Vio7%let&rain9"}, level="read"),
        things=USER,
        elsewhere=NO_USER,
        but=NOT_TRUSTED,
    ),
    "/api/users/{pk}/actions/key/reset": route(Door.REST, "users", PUT=200, things=USER, elsewhere=NO_USER),
    "/api/users/{pk}/actions/revoke": route(
        Door.REST, "users", PUT=200, things=USER, elsewhere=Answer(400, NO_USER.says)
    ),
    "/admin/users": route(Door.SECRET, POST=(200, NEW_USER)),
    "/admin/users/{pk}": route(Door.SECRET, GET=200, PUT=(200, {"first_name": "Other"}), things=USER),
    "/admin/users/{pk}/actions/allow_reset_passwords": route(Door.SECRET, PUT=200, things=USER),
    "/admin/users/{pk}/actions/disallow_reset_passwords": route(Door.SECRET, PUT=200, things=USER),
}

NO_GROUP = {
    "GET": Answer(404, "Could not retrieve user group detail"),
    "PUT": Answer(400, "Group ID does not exist"),
    "DELETE": NO_USER,  # so it is documented
}
GROUP = {"name": "New", "org_id": "a" * 24, "user_permissions": {"IsAdmin": "deny"}}
GROUPS: dict[str, Rule] = {
    "/api/usergroups": route(Door.REST, "user_groups", GET=200, POST=(200, GROUP)),
    "/api/usergroups/{pk}": route(
        Door.REST, "user_groups", GET=200, PUT=(200, {"description": "Other"}), DELETE=200,
        things={"pk": "group"}, elsewhere=NO_GROUP,
    ),
}  # fmt: skip

OWNERS = {"userIds": [], "userGroupIds": []}
DEFINITION = {"name": "New", "org_id": "a" * 24, "proxy": {"listen_path": "/new/", "target_url": "http://new.example"}}
NO_API = Answer(404, "Could not retrieve API detail")
NO_API_TO = {
    "GET": Answer(400, NO_API.says),
    "PUT": Answer(404, "API definition does not exist"),
    "DELETE": NO_API,
}
API: dict[str, Any] = {"things": {"pk": "api"}, "outside": 401}
APIS: dict[str, Rule] = {
    "/admin/apis/import": route(Door.SECRET, POST=(200, {"apis": [{"api_definition": DEFINITION}]})),
    "/api/apis": route(Door.REST, "apis", GET=200, POST=(200, {"api_definition": DEFINITION})),
    **{f"/api/apis/{name}": route(Door.REST, "apis", GET=200) for name in ("search", "categories", "groups")},
    "/api/apis/{pk}": route(
        Door.REST, "apis", GET=200, PUT=(200, {"api_definition": DEFINITION}), DELETE=200, elsewhere=NO_API_TO, **API
    ),
    "/api/apis/{pk}/url": route(Door.REST, "apis", GET=200, elsewhere=NO_API_TO["GET"], **API),
    "/api/apis/{pk}/access": route(
        Door.REST, "apis", GET=200, PUT=(200, OWNERS), elsewhere=Answer(404, "API not found"), **API
    ),
}

PLAIN = {"openapi": "3.0.3", "info": {"title": "New", "version": "1"}, "paths": {}}
EXTENSION = {
    "info": {"name": "New", "state": {"active": True}, "orgId": "a" * 24},
    "upstream": {"url": "http://new.example"},
    "server": {"listenPath": {"value": "/new/", "strip": True}},
}
DOCUMENT = {**PLAIN, "x-tyk-api-gateway": EXTENSION}
KEPT: dict[str, Any] = {"things": {"pk": "document"}, "outside": 401}
NO_DOCUMENT = Answer(404, "API not found")
UPSTREAM = {**PLAIN, "servers": [{"url": "http://new.example"}]}
#: Whose APIs an import makes is known of everybody but a super user.
NOBODYS_IMPORT = {("super user", "POST"): Answer(400, "x-tyk-api-gateway.info.orgId: names no organisation")}
OAS: dict[str, Rule] = {
    "/api/apis/oas": route(Door.REST, "apis", POST=(200, DOCUMENT)),
    "/api/apis/migrate": route(Door.REST, "apis", POST=(200, {"mode": "dryRun", "all": True})),
    "/api/apis/oas/import": route(Door.REST, "apis", POST=(200, UPSTREAM), but=NOBODYS_IMPORT),
    "/api/apis/oas/dry-run": route(Door.REST, "apis", POST=(200, {"tyk_oas": DOCUMENT})),
    "/api/apis/oas/export": route(Door.REST, "apis", GET=200),
    "/api/apis/oas/{pk}": route(
        Door.REST,
        "apis",
        GET=200,
        PUT=(200, DOCUMENT),
        PATCH=(200, PLAIN),
        DELETE=200,
        elsewhere={**NO_API_TO, "PATCH": NO_DOCUMENT},
        **KEPT,
    ),
    "/api/apis/oas/{pk}/export": route(Door.REST, "apis", GET=200, elsewhere=Answer(400, NO_API.says), **KEPT),
    "/api/apis/oas/{pk}/categories": route(
        Door.REST, "apis", GET=200, PUT=(200, {"categories": ["new"]}), elsewhere=NO_DOCUMENT, **KEPT
    ),
    "/api/apis/oas/{pk}/versions": route(
        Door.REST, "apis", GET=Call(422, says="is not recognised"), elsewhere=NO_DOCUMENT, **KEPT
    ),
    "/api/apis/oas/{pk}/urls": route(Door.REST, "apis", GET=200, elsewhere=NO_DOCUMENT, **KEPT),
    **{
        path: route(
            Door.REST,
            "apis",
            PATCH=Call(400, says="current-base-apiId must be a base API"),
            things={"pk": "document", "following": "document"},
            elsewhere=Answer(404, "Could not retrieve current base API"),
            outside=401,
        )
        for path in ("/api/apis/oas/{pk}/rebase/{following}", "/api/apis/oas/{pk}/{following}")
    },
}

STREAMS_DOCUMENT = {**DOCUMENT, "x-tyk-streaming": {"streams": {}}}
NO_PROXY = Answer(404, "MCP Proxy not found")
PROXY: dict[str, Any] = {"things": {"pk": "proxy"}, "outside": 401}
KINDS_OF_DOCUMENTS: dict[str, Rule] = {
    "/api/apis/streams": route(Door.REST, "apis", POST=(200, STREAMS_DOCUMENT)),
    "/api/apis/streams/{pk}": route(
        Door.REST,
        "apis",
        GET=200,
        PUT=(200, STREAMS_DOCUMENT),
        PATCH=(200, STREAMS_DOCUMENT),
        DELETE=200,
        elsewhere={**NO_API_TO, "PATCH": NO_DOCUMENT},
        things={"pk": "streams"},
        outside=401,
    ),
    "/api/cache/jwks/{pk}": route(
        Door.REST,
        None,
        DELETE=200,
        things={"pk": "api"},
        elsewhere=Answer(404, "API not found"),
    ),
    "/api/proxy": route(
        Door.REST,
        "apis",
        POST=Call(403, {"method": "GET", "url": "http://elsewhere.example/"}, says="Provided URL is not a recognised"),
    ),
    "/api/examples": route(Door.REST, "apis", GET=Call(400, says="Invalid examples index file")),
    "/api/examples/{location}": route(
        Door.REST,
        "apis",
        GET=Call(400, says="Invalid examples index file"),
        things={"location": "nothing"},
    ),
    "/api/mcps": route(Door.REST, "mcp", GET=200, POST=(200, DOCUMENT)),
    "/api/mcps/{pk}": route(Door.REST, "mcp", GET=200, PUT=(200, DOCUMENT), DELETE=200, elsewhere=NO_PROXY, **PROXY),
    "/api/mcps/{pk}/versions": route(
        Door.REST,
        "mcp",
        GET=Call(422, says="is not recognised"),
        elsewhere=Answer(422, "is not recognised"),
        **PROXY,
    ),
    **{
        path: route(Door.REST, "apis", GET=200)
        for path in ("/api/schema", *(f"/api/schemas/apidefs{kind}" for kind in ("", "/oas", "/streams-oas", "/mcp")))
    },
}

NO_POLICY = {
    **{method: Answer(404, "Could not retrieve portal object") for method in ("GET", "PUT")},
    "DELETE": Answer(404, "Could not retrieve object for deletion"),
}
POLICY = {"name": "New", "org_id": "a" * 24}
POLICIES: dict[str, Rule] = {
    "/api/portal/policies": route(Door.REST, "policies", GET=200, POST=(200, POLICY)),
    "/api/portal/policies/search": route(Door.REST, "policies", GET=200),
    "/api/portal/policies/{pk}": route(
        Door.REST, "policies", GET=200, PUT=(200, POLICY), DELETE=200,
        things={"pk": "policy"}, elsewhere=NO_POLICY, outside=401,
    ),
    "/api/portal/catalogue": route(Door.REST, "portal", GET=200),
    "/admin/policies/import": route(Door.SECRET, POST=(200, {"Data": [POLICY]})),
}  # fmt: skip

WEBHOOK = {"method": "POST", "target_path": "https://hooks.example.com/new", "org_id": "a" * 24}
NO_WEBHOOK = {
    "GET": Answer(400, "Could not retrieve webhook detail"),
    "PUT": Answer(400, "Webhook not found"),
    "DELETE": Answer(404, "Could not retrieve webhook detail"),
}
HOOKS: dict[str, Rule] = {
    "/api/hooks": route(Door.REST, "hooks", GET=200, POST=(200, WEBHOOK)),
    "/api/hooks/{pk}": route(
        Door.REST, "hooks", GET=200, PUT=(200, WEBHOOK), DELETE=200, things={"pk": "webhook"}, elsewhere=NO_WEBHOOK
    ),
}

ASSET = {"kind": "oas-template", "data": {}, "org_id": "a" * 24}
NO_ASSET = {
    **{method: Answer(404, "Asset not found") for method in ("GET", "PUT")},
    "DELETE": Answer(404, "asset not found"),
}
TEMPLATES: dict[str, Rule] = {
    "/api/assets": route(Door.REST, "api_assets", GET=200, POST=(201, ASSET)),
    "/api/assets/{pk}": route(
        Door.REST, "api_assets", GET=200, PUT=(200, ASSET), DELETE=200, things={"pk": "template"}, elsewhere=NO_ASSET
    ),
}

AUDIT: dict[str, Rule] = {
    "/api/audit-logs": route(Door.REST, "audit_logs", GET=200),
    "/api/audit-logs/{pk}": route(
        Door.REST,
        "audit_logs",
        GET=200,
        things={"pk": "audit record"},
        elsewhere=Answer(404, "could not retrieve audit record"),
    ),
}

ARRIVAL = {"ForSection": "dashboard", "OrgID": "a" * 24, "EmailAddress": "somebody@example.com"}
SSO: dict[str, Rule] = {
    "/api/sso": route(Door.REST, ACCOUNT, POST=(200, ARRIVAL), elsewhere=403),
    "/admin/sso": route(Door.SECRET, POST=(200, ARRIVAL)),
    "/admin/system/reload": route(Door.SECRET, GET=200),
}
