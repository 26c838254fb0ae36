"""How callers authenticate: ``server.authentication`` of the extension, joined with the document's own schemes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apps.apis.oas.durations import seconds
from apps.apis.oas.extension import EXTENSION, is_on, listed, objects, section

Block = Mapping[str, Any]
Definition = dict[str, Any]

#: Flow of OpenAPI → the type of access it is to gateways, in their order.
FLOWS = {
    "authorizationCode": "authorization_code",
    "clientCredentials": "client_credentials",
    "password": "password",
    "implicit": "__implicit",
}


def authentication(document: Block) -> Definition:
    """Give the members about authentication."""
    block = section(document, EXTENSION, "server", "authentication")
    lifetime = section(block, "customKeyLifetime")
    found: Definition = {
        "use_keyless": not is_on(block),
        "strip_auth_data": block.get("stripAuthorizationData") is True,
        "base_identity_provided_by": block.get("baseIdentityProvider", ""),
        "session_lifetime": seconds(lifetime.get("value")) if is_on(lifetime) else 0,
        "session_lifetime_respects_key_expiration": lifetime.get("respectValidity") is True,
        "auth_configs": {},
        "scopes": {},
    }
    _merge(found, _hmac(section(block, "hmac")))
    _merge(found, _oidc(section(block, "oidc")))
    _merge(found, _custom(section(block, "custom")))
    for name, scheme, settings in _schemes(document, block):
        if reader := _reader_of(scheme, settings):
            _merge(found, reader(name, scheme, settings))
    if section(block, "certificateAuth").get("enabled") is True:
        found["auth_configs"].setdefault("authToken", {"name": "authToken"})["use_certificate"] = True
    configs = found["auth_configs"]
    if older := configs.get("authToken") or configs.get("jwt"):
        found["auth"] = dict(older)
    return {**found, **_requirements(document, block)}


def _merge(found: Definition, more: Definition) -> None:
    for name, value in more.items():
        if name in {"auth_configs", "scopes"}:
            found[name].update(value)
        else:
            found[name] = value


def _is_compliant(block: Block) -> bool:
    return block.get("securityProcessingMode") == "compliant"


def _schemes(document: Block, block: Block) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Give name, OpenAPI scheme and the extension's settings of each scheme that a requirement names.

    The older mode looks at the first requirement alone.
    """
    declared, settings = section(document, "components", "securitySchemes"), section(block, "securitySchemes")
    requirements = objects(document, "security")
    if not (is_on(block) or settings):
        return []
    wanted = requirements if _is_compliant(block) else requirements[:1]
    names = [name for requirement in wanted for name in requirement]
    if _is_compliant(block):
        names += [name for requirement in listed(block, "security") for name in requirement]
    named = [name for name in dict.fromkeys(names) if name in declared or name in settings]
    return [(name, section(declared, name), section(settings, name)) for name in named]


def _reader_of(scheme: Block, settings: Block) -> Callable[[str, Block, Block], Definition] | None:
    match scheme.get("type"), str(scheme.get("scheme", "")).lower():
        case "apiKey", _:
            return _token
        case "http", "bearer":
            return _jwt
        case "http", "basic":
            return _basic
        case "oauth2", _:
            return _external_oauth if "providers" in settings else _oauth
    return None


def _sources(settings: Block, name: str) -> Definition:
    """Give where credentials may stand in a request; a header only where that is said."""
    header, query, cookie = (section(settings, place) for place in ("header", "query", "cookie"))
    return {
        "name": name,
        "disable_header": not is_on(header),
        "auth_header_name": header.get("name", ""),
        "use_param": is_on(query),
        "param_name": query.get("name", ""),
        "use_cookie": is_on(cookie),
        "cookie_name": cookie.get("name", ""),
    }


def _token(name: str, scheme: Block, settings: Block) -> Definition:
    config = _sources(settings, name)
    key = scheme.get("name", "")
    config |= {
        "header": {"auth_header_name": key, "disable_header": False},
        "query": {"param_name": key, "use_param": True},
        "cookie": {"cookie_name": key, "use_cookie": True},
    }.get(scheme.get("in", ""), {})
    config["use_certificate"] = settings.get("enableClientCertificate") is True
    return {"use_standard_auth": is_on(settings), "auth_configs": {"authToken": {**config, **_signature(settings)}}}


def _signature(settings: Block) -> Definition:
    block = section(settings, "signatureValidation")
    query = section(block, "query")
    return {
        "validate_signature": is_on(block),
        "signature": {
            "algorithm": block.get("algorithm", ""),
            "header": section(block, "header").get("name", ""),
            "use_param": is_on(query),
            "param_name": query.get("name", ""),
            "secret": block.get("secret", ""),
            "allowed_clock_skew": block.get("allowedClockSkew", 0),
            "error_code": block.get("errorCode", 0),
            "error_message": block.get("errorMessage", ""),
        },
    }


def _scopes(block: Block) -> Definition:
    claims = listed(block, "claims")
    return {
        "scope_claim_name": block.get("claimName") or (claims[0] if claims else ""),
        "scope_to_policy": {
            one.get("scope", ""): one.get("policyId", "") for one in objects(block, "scopeToPolicyMapping")
        },
    }


def _first_of(settings: Block, single: str, several: str) -> str:
    """Give a claim: of the newer list the first, or the older single one."""
    found = listed(settings, several)
    return str(found[0] if found else settings.get(single, ""))


def _jwt(name: str, scheme: Block, settings: Block) -> Definition:
    skews = {
        f"jwt_{word}_validation_skew": settings.get(f"{member}ValidationSkew", 0)
        for word, member in (("issued_at", "issuedAt"), ("not_before", "notBefore"), ("expires_at", "expiresAt"))
    }
    return {
        "enable_jwt": is_on(settings),
        "auth_configs": {"jwt": _sources(settings, name)},
        "jwt_source": settings.get("source", ""),
        "jwt_jwks_uris": [
            {"url": one.get("url", ""), "cache_timeout": seconds(one.get("cacheTimeout"))}
            for one in objects(settings, "jwksURIs")
        ],
        "jwt_signing_method": settings.get("signingMethod", ""),
        "jwt_identity_base_field": _first_of(settings, "identityBaseField", "subjectClaims"),
        "jwt_policy_field_name": _first_of(settings, "policyFieldName", "basePolicyClaims"),
        "jwt_client_base_field": settings.get("clientBaseField", ""),
        "jwt_skip_kid": settings.get("skipKid") is True,
        "jwt_default_policies": listed(settings, "defaultPolicies"),
        "idp_client_id_mapping_disabled": settings.get("idpClientIdMappingDisabled") is True,
        **skews,
        **({"scopes": {"jwt": _scopes(section(settings, "scopes"))}} if "scopes" in settings else {}),
    }


def _basic(name: str, scheme: Block, settings: Block) -> Definition:
    body = section(settings, "extractCredentialsFromBody")
    return {
        "use_basic_auth": is_on(settings),
        "auth_configs": {"basic": _sources(settings, name)},
        "basic_auth": {
            "disable_caching": settings.get("disableCaching") is True,
            "cache_ttl": settings.get("cacheTTL", 0),
            "extract_from_body": is_on(body),
            "body_user_regexp": body.get("userRegexp", ""),
            "body_password_regexp": body.get("passwordRegexp", ""),
        },
    }


def _oauth(name: str, scheme: Block, settings: Block) -> Definition:
    flows, notifications = section(scheme, "flows"), section(settings, "notifications")
    refreshes = ["refresh_token"] if settings.get("refreshToken") is True else []
    return {
        "use_oauth2": is_on(settings),
        "auth_configs": {"oauth": _sources(settings, name)},
        "oauth_meta": {
            "allowed_access_types": refreshes + [access for flow, access in FLOWS.items() if flow in flows],
            "allowed_authorize_types": listed(settings, "allowedAuthorizeTypes"),
            "auth_login_redirect": settings.get("authLoginRedirect", ""),
        },
        "notifications": {
            "shared_secret": notifications.get("sharedSecret", ""),
            "oauth_on_keychange_url": notifications.get("onKeyChangeUrl", ""),
        },
    }


def _external_oauth(name: str, scheme: Block, settings: Block) -> Definition:
    return {
        "auth_configs": {"externalOAuth": _sources(settings, name)},
        "external_oauth": {
            "enabled": is_on(settings),
            "providers": [_provider(one) for one in objects(settings, "providers")],
        },
    }


def _provider(provider: Block) -> Definition:
    jwt, introspection = section(provider, "jwt"), section(provider, "introspection")
    cache = section(introspection, "cache")
    return {
        "jwt": {
            "enabled": is_on(jwt),
            "signing_method": jwt.get("signingMethod", ""),
            "source": jwt.get("source", ""),
            "issued_at_validation_skew": jwt.get("issuedAtValidationSkew", 0),
            "not_before_validation_skew": jwt.get("notBeforeValidationSkew", 0),
            "expires_at_validation_skew": jwt.get("expiresAtValidationSkew", 0),
            "identity_base_field": jwt.get("identityBaseField", ""),
        },
        "introspection": {
            "enabled": is_on(introspection),
            "url": introspection.get("url", ""),
            "client_id": introspection.get("clientId", ""),
            "client_secret": introspection.get("clientSecret", ""),
            "identity_base_field": introspection.get("identityBaseField", ""),
            "cache": {"enabled": is_on(cache), "timeout": cache.get("timeout", 0)},
        },
    }


def _hmac(block: Block) -> Definition:
    if not block:
        return {}
    return {
        "enable_signature_checking": is_on(block),
        "auth_configs": {"hmac": _sources(block, "hmac")},
        "hmac_allowed_algorithms": listed(block, "allowedAlgorithms"),
        "hmac_allowed_clock_skew": block.get("allowedClockSkew", 0),
    }


def _oidc(block: Block) -> Definition:
    if not block:
        return {}
    providers = [
        {
            "issuer": provider.get("issuer", ""),
            "client_ids": {
                one.get("clientId", ""): one.get("policyId", "") for one in objects(provider, "clientToPolicyMapping")
            },
        }
        for provider in objects(block, "providers")
    ]
    return {
        "use_openid": is_on(block),
        "auth_configs": {"oidc": _sources(block, "oidc")},
        "openid_options": {"providers": providers, "segregate_by_client": block.get("segregateByClientId") is True},
        **({"scopes": {"oidc": _scopes(section(block, "scopes"))}} if "scopes" in block else {}),
    }


def _custom(block: Block) -> Definition:
    if not block:
        return {}
    return {"custom_plugin_auth_enabled": is_on(block), "auth_configs": {"coprocess": _sources(block, "coprocess")}}


def _requirements(document: Block, block: Block) -> Definition:
    """Give which schemes go together; a single one needs no saying."""
    wanted = objects(document, "security")
    names = [list(requirement) for requirement in wanted]
    if _is_compliant(block):
        names += [list(requirement) for requirement in listed(block, "security")]
    scopes = [requirement for requirement in wanted if any(requirement.values())]
    return {
        "security_requirements": names if len(names) > 1 or (names and len(names[0]) > 1) else None,
        **({"security_requirement_scopes": scopes} if scopes else {}),
    }
