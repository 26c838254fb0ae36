"""How callers of a classic API authenticate, as a document says it: the way back of ``authentication``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.apis.oas.authentication import FLOWS
from apps.apis.oas.extension import listed, section

Block = Mapping[str, Any]
TOKEN_DEFAULT = "Authorization"


def authentication(definition: Block) -> dict[str, Any]:
    """Give the ``authentication`` of the extension, OpenAPI's ``schemes`` and its ``security``."""
    if definition.get("use_keyless") is True:
        return {"authentication": {}, "schemes": {}, "security": []}
    schemes: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    for switch, name, make in MAKERS:
        if definition.get(switch) is True:
            schemes[name], settings[name] = make(definition, section(definition, "auth_configs"))
    block: dict[str, Any] = {"enabled": True, "stripAuthorizationData": definition.get("strip_auth_data") is True}
    if len(schemes) > 1 and definition.get("base_identity_provided_by"):
        block["baseIdentityProvider"] = definition["base_identity_provided_by"]
    if seconds := definition.get("session_lifetime"):
        respects = definition.get("session_lifetime_respects_key_expiration") is True
        block["customKeyLifetime"] = {"enabled": True, "value": f"{seconds}s", "respectValidity": respects}
    if settings:
        block["securitySchemes"] = settings
    if definition.get("enable_signature_checking") is True:
        block["hmac"] = _hmac(definition)
    security: list[dict[str, Any]] = [{name: [] for name in schemes}] if schemes else []
    return {"authentication": block, "schemes": schemes, "security": security}


def _sources(config: Block) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if config.get("disable_header") is not True:
        found["header"] = {"enabled": True, "name": config.get("auth_header_name") or TOKEN_DEFAULT}
    if config.get("use_param") is True:
        found["query"] = {"enabled": True, "name": config.get("param_name", "")}
    if config.get("use_cookie") is True:
        found["cookie"] = {"enabled": True, "name": config.get("cookie_name", "")}
    return found


def _token(definition: Block, configs: Block) -> tuple[dict[str, Any], dict[str, Any]]:
    config = section(configs, "authToken") or section(definition, "auth")
    sources = _sources(config)
    place = next(iter(sources), "header")
    name = sources.pop(place, {"name": TOKEN_DEFAULT})["name"]
    used = {"enableClientCertificate": True} if config.get("use_certificate") is True else {}
    return {"type": "apiKey", "in": place, "name": name}, {"enabled": True, **sources, **used}


def _jwt(definition: Block, configs: Block) -> tuple[dict[str, Any], dict[str, Any]]:
    names = {
        "source": "jwt_source",
        "signingMethod": "jwt_signing_method",
        "identityBaseField": "jwt_identity_base_field",
        "policyFieldName": "jwt_policy_field_name",
        "clientBaseField": "jwt_client_base_field",
        "skipKid": "jwt_skip_kid",
        "defaultPolicies": "jwt_default_policies",
        "issuedAtValidationSkew": "jwt_issued_at_validation_skew",
        "notBeforeValidationSkew": "jwt_not_before_validation_skew",
        "expiresAtValidationSkew": "jwt_expires_at_validation_skew",
        "idpClientIdMappingDisabled": "idp_client_id_mapping_disabled",
    }
    said = {name: definition[member] for name, member in names.items() if definition.get(member)}
    scopes = section(definition, "scopes", "jwt")
    claim = scopes.get("scope_claim_name") or definition.get("jwt_scope_claim_name")
    policies = section(scopes, "scope_to_policy") or section(definition, "jwt_scope_to_policy_mapping")
    if claim or policies:
        mapping = [{"scope": scope, "policyId": policy} for scope, policy in policies.items()]
        said["scopes"] = {"claimName": claim or "", "scopeToPolicyMapping": mapping}
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    return scheme, {"enabled": True, **_sources(section(configs, "jwt") or section(definition, "auth")), **said}


def _basic(definition: Block, configs: Block) -> tuple[dict[str, Any], dict[str, Any]]:
    basic = section(definition, "basic_auth")
    body = {
        "enabled": basic.get("extract_from_body") is True,
        "userRegexp": basic.get("body_user_regexp", ""),
        "passwordRegexp": basic.get("body_password_regexp", ""),
    }
    said = {
        "disableCaching": basic.get("disable_caching") is True,
        "cacheTTL": basic.get("cache_ttl") or 0,
        **({"extractCredentialsFromBody": body} if any(body.values()) else {}),
    }
    return {"type": "http", "scheme": "basic"}, {"enabled": True, **_sources(section(configs, "basic")), **said}


def _oauth(definition: Block, configs: Block) -> tuple[dict[str, Any], dict[str, Any]]:
    meta, told = section(definition, "oauth_meta"), section(definition, "notifications")
    types = listed(meta, "allowed_access_types")
    urls = {"authorizationUrl": "/oauth/authorize", "tokenUrl": "/oauth/token"}
    needs = {"authorizationCode": urls, "implicit": {"authorizationUrl": urls["authorizationUrl"]}}
    token = {"tokenUrl": urls["tokenUrl"]}
    flows = {flow: {**needs.get(flow, token), "scopes": {}} for flow, access in FLOWS.items() if access in types}
    said = {
        "refreshToken": "refresh_token" in types,
        "allowedAuthorizeTypes": listed(meta, "allowed_authorize_types"),
        "authLoginRedirect": meta.get("auth_login_redirect", ""),
        "notifications": {
            "sharedSecret": told.get("shared_secret", ""),
            "onKeyChangeUrl": told.get("oauth_on_keychange_url", ""),
        },
    }
    return {"type": "oauth2", "flows": flows}, {"enabled": True, **_sources(section(configs, "oauth")), **said}


def _hmac(definition: Block) -> dict[str, Any]:
    return {
        "enabled": True,
        **_sources(section(definition, "auth_configs", "hmac")),
        "allowedAlgorithms": listed(definition, "hmac_allowed_algorithms"),
        "allowedClockSkew": definition.get("hmac_allowed_clock_skew") or 0,
    }


#: Switch of a definition, name of the scheme, what makes scheme and settings.
MAKERS = (
    ("use_standard_auth", "authToken", _token),
    ("enable_jwt", "jwtAuth", _jwt),
    ("use_basic_auth", "basicAuth", _basic),
    ("use_oauth2", "oauth", _oauth),
)
