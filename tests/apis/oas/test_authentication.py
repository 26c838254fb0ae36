"""How callers authenticate."""

from __future__ import annotations

from typing import Any

import pytest

from apps.apis.oas.compiling import definition_of
from tests.apis.oas.documents import document, extension, part

TOKEN = {"type": "apiKey", "in": "header", "name": "X-Key"}
JWT = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
BASIC = {"type": "http", "scheme": "basic"}
HEADER = {"header": {"enabled": True, "name": "Authorization"}}
NOWHERE = {
    "disable_header": True,
    "auth_header_name": "",
    "use_param": False,
    "param_name": "",
    "use_cookie": False,
    "cookie_name": "",
}

CUSTOM = {
    "enabled": True,
    **HEADER,
    "config": {
        "enabled": True,
        "functionName": "check",
        "path": "c.py",
        "rawBodyOnly": True,
        "requireSession": True,
        "idExtractor": {
            "enabled": True,
            "source": "form",
            "with": "regex",
            "config": {"formParamName": "f", "regexp": "x", "regexpMatchIndex": 1, "xPathExp": "//a"},
        },
    },
}


def compiled(
    schemes: dict[str, Any] | None = None, security: Any = None, settings: Any = None, also: Any = None, **block: Any
) -> dict[str, Any]:
    """Compile a document with schemes, root requirements, and the extension's settings of the schemes.

    ``also`` are requirements of the extension.
    """
    block = {"enabled": True, "securitySchemes": settings or {}, "security": also or [], **block}
    made = document(server={**extension()["server"], "authentication": block})
    made |= {"components": {"securitySchemes": schemes or {}}}
    made |= {"security": [{name: []} for name in schemes or {}] if security is None else security}
    return definition_of(made)


def test_who_needs_no_key() -> None:
    assert definition_of(document())["use_keyless"] is True
    assert compiled()["use_keyless"] is False
    assert compiled(enabled=False)["use_keyless"] is True


def test_what_holds_for_every_way() -> None:
    found = compiled(
        stripAuthorizationData=True,
        baseIdentityProvider="jwt_claim",
        customKeyLifetime={"enabled": True, "value": "1h", "respectValidity": True},
    )
    expected = {
        "strip_auth_data": True,
        "base_identity_provided_by": "jwt_claim",
        "session_lifetime": 3600,
        "session_lifetime_respects_key_expiration": True,
    }
    assert part(found, *expected) == expected
    assert compiled(customKeyLifetime={"enabled": False, "value": "1h"})["session_lifetime"] == 0


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("header", {"auth_header_name": "X-Key", "disable_header": False}),
        ("query", {"param_name": "X-Key", "use_param": True}),
        ("cookie", {"cookie_name": "X-Key", "use_cookie": True}),
    ],
)
def test_a_token_stands_where_openapi_says(place: str, expected: dict[str, Any]) -> None:
    found = compiled({"key": {**TOKEN, "in": place}}, settings={"key": {"enabled": True}})
    config = found["auth_configs"]["authToken"]
    assert found["use_standard_auth"] is True
    assert part(config, "name", *NOWHERE) == {"name": "key", **NOWHERE, **expected}
    assert found["auth"] == config


def test_a_token_may_stand_elsewhere_too_and_be_signed() -> None:
    settings = {
        "enabled": True,
        "enableClientCertificate": True,
        "query": {"enabled": True, "name": "k"},
        "signatureValidation": {
            "enabled": True,
            "algorithm": "MasheryMD5",
            "header": {"enabled": True, "name": "Sig"},
            "query": {"enabled": True, "name": "sig"},
            "secret": "s",
            "allowedClockSkew": 2,
            "errorCode": 401,
            "errorMessage": "no",
        },
    }
    assert compiled({"key": TOKEN}, settings={"key": settings})["auth_configs"]["authToken"] == {
        **NOWHERE,
        "name": "key",
        "disable_header": False,
        "auth_header_name": "X-Key",
        "use_param": True,
        "param_name": "k",
        "use_certificate": True,
        "validate_signature": True,
        "signature": {
            "algorithm": "MasheryMD5",
            "header": "Sig",
            "use_param": True,
            "param_name": "sig",
            "secret": "s",
            "allowed_clock_skew": 2,
            "error_code": 401,
            "error_message": "no",
        },
    }


def test_a_jwt() -> None:
    settings = {
        "enabled": True,
        **HEADER,
        "source": "c291cmNl",
        "signingMethod": "rsa",
        "identityBaseField": "sub",
        "skipKid": True,
        "policyFieldName": "pol",
        "clientBaseField": "client",
        "defaultPolicies": ["p1"],
        "issuedAtValidationSkew": 1,
        "notBeforeValidationSkew": 2,
        "expiresAtValidationSkew": 3,
        "idpClientIdMappingDisabled": True,
        "jwksURIs": [{"url": "http://k.example", "cacheTimeout": "5m"}],
        "scopes": {"claimName": "scope", "scopeToPolicyMapping": [{"scope": "read", "policyId": "p2"}]},
    }
    found = compiled({"jwt": JWT}, settings={"jwt": settings})
    expected = {
        "enable_jwt": True,
        "jwt_source": "c291cmNl",
        "jwt_signing_method": "rsa",
        "jwt_identity_base_field": "sub",
        "jwt_skip_kid": True,
        "jwt_policy_field_name": "pol",
        "jwt_client_base_field": "client",
        "jwt_default_policies": ["p1"],
        "jwt_issued_at_validation_skew": 1,
        "jwt_not_before_validation_skew": 2,
        "jwt_expires_at_validation_skew": 3,
        "idp_client_id_mapping_disabled": True,
        "jwt_jwks_uris": [{"url": "http://k.example", "cache_timeout": 300}],
        "scopes": {"jwt": {"scope_claim_name": "scope", "scope_to_policy": {"read": "p2"}}},
    }
    assert part(found, *expected) == expected
    assert found["auth_configs"] == {
        "jwt": {**NOWHERE, "name": "jwt", "disable_header": False, "auth_header_name": "Authorization"}
    }
    assert found["auth"] == found["auth_configs"]["jwt"]


def test_the_first_of_several_claims_fills_the_old_fields() -> None:
    settings = {
        "enabled": True,
        "identityBaseField": "old",
        "subjectClaims": ["sub", "user"],
        "basePolicyClaims": ["pol", "policy"],
        "scopes": {"claims": ["scope", "scp"]},
    }
    found = compiled({"jwt": JWT}, settings={"jwt": settings})
    assert (found["jwt_identity_base_field"], found["jwt_policy_field_name"]) == ("sub", "pol")
    assert found["scopes"]["jwt"]["scope_claim_name"] == "scope"


def test_basic_auth() -> None:
    settings = {
        "enabled": True,
        **HEADER,
        "disableCaching": True,
        "cacheTTL": 5,
        "extractCredentialsFromBody": {"enabled": True, "userRegexp": "u", "passwordRegexp": "p"},
    }
    found = compiled({"basic": BASIC}, settings={"basic": settings})
    assert found["use_basic_auth"] is True
    assert found["auth_configs"]["basic"]["auth_header_name"] == "Authorization"
    assert found["basic_auth"] == {
        "disable_caching": True,
        "cache_ttl": 5,
        "extract_from_body": True,
        "body_user_regexp": "u",
        "body_password_regexp": "p",
    }


def test_oauth_takes_its_access_types_from_the_flows() -> None:
    scheme = {
        "type": "oauth2",
        "flows": {"implicit": {}, "password": {}, "clientCredentials": {}, "authorizationCode": {}},
    }
    settings = {
        "enabled": True,
        **HEADER,
        "refreshToken": True,
        "allowedAuthorizeTypes": ["code"],
        "authLoginRedirect": "http://l.example",
        "notifications": {"sharedSecret": "s", "onKeyChangeUrl": "http://n.example"},
    }
    found = compiled({"oauth": scheme}, settings={"oauth": settings})
    assert found["use_oauth2"] is True
    assert found["oauth_meta"] == {
        "allowed_access_types": [
            *("refresh_token", "authorization_code", "client_credentials", "password", "__implicit"),
        ],
        "allowed_authorize_types": ["code"],
        "auth_login_redirect": "http://l.example",
    }
    assert found["notifications"] == {"shared_secret": "s", "oauth_on_keychange_url": "http://n.example"}


def test_oauth_of_others() -> None:
    providers = [
        {
            "jwt": {"enabled": True, "signingMethod": "rsa", "source": "s", "identityBaseField": "sub"},
            "introspection": {
                "enabled": True,
                "url": "http://i.example",
                "clientId": "c",
                "clientSecret": "t",
                "cache": {"enabled": True, "timeout": 5},
            },
        }
    ]
    found = compiled({"oauth": {"type": "oauth2"}}, settings={"oauth": {"enabled": True, "providers": providers}})
    assert "use_oauth2" not in found
    provider = found["external_oauth"]["providers"][0]
    assert found["external_oauth"]["enabled"] is True
    assert part(provider["jwt"], "enabled", "signing_method", "source", "identity_base_field") == {
        "enabled": True,
        "signing_method": "rsa",
        "source": "s",
        "identity_base_field": "sub",
    }
    assert provider["introspection"] == {
        "enabled": True,
        "url": "http://i.example",
        "client_id": "c",
        "client_secret": "t",
        "identity_base_field": "",
        "cache": {"enabled": True, "timeout": 5},
    }


def test_what_is_no_scheme_of_openapi() -> None:
    found = compiled(
        hmac={"enabled": True, **HEADER, "allowedAlgorithms": ["hmac-sha256"], "allowedClockSkew": 1.5},
        oidc={
            "enabled": True,
            **HEADER,
            "segregateByClientId": True,
            "providers": [
                {"issuer": "http://i.example", "clientToPolicyMapping": [{"clientId": "Yw==", "policyId": "p"}]}
            ],
            "scopes": {"claimName": "s"},
        },
        custom=CUSTOM,
    )
    expected = {
        "enable_signature_checking": True,
        "hmac_allowed_algorithms": ["hmac-sha256"],
        "hmac_allowed_clock_skew": 1.5,
        "use_openid": True,
        "custom_plugin_auth_enabled": True,
        "openid_options": {
            "providers": [{"issuer": "http://i.example", "client_ids": {"Yw==": "p"}}],
            "segregate_by_client": True,
        },
        "scopes": {"oidc": {"scope_claim_name": "s", "scope_to_policy": {}}},
    }
    assert part(found, *expected) == expected
    assert set(found["auth_configs"]) == {"hmac", "oidc", "coprocess"}


def test_a_function_of_somebodys_own_may_check_callers() -> None:
    found = compiled(custom=CUSTOM)
    assert found["custom_middleware"]["auth_check"] == {
        "disabled": False,
        "name": "check",
        "path": "c.py",
        "require_session": True,
        "raw_body_only": True,
    }
    assert found["custom_middleware"]["id_extractor"] == {
        "disabled": False,
        "extract_from": "form",
        "extract_with": "regex",
        "extractor_config": {
            "param_name": "f",
            "regex_expression": "x",
            "regex_match_index": 1,
            "xpath_expression": "//a",
        },
    }


def test_certificates_may_be_keys() -> None:
    assert compiled(certificateAuth={"enabled": True})["auth_configs"]["authToken"]["use_certificate"] is True


BOTH = {"key": TOKEN, "basic": BASIC}
SWITCHED_ON = {"key": {"enabled": True}, "basic": {"enabled": True, **HEADER}}


@pytest.mark.parametrize(
    ("mode", "security", "types", "requirements"),
    [
        ("legacy", [{"key": []}], {"authToken"}, None),
        ("legacy", [{"key": []}, {"basic": []}], {"authToken"}, [["key"], ["basic"]]),
        ("legacy", [{"key": [], "basic": []}], {"authToken", "basic"}, [["key", "basic"]]),
        ("compliant", [{"key": []}, {"basic": []}], {"authToken", "basic"}, [["key"], ["basic"]]),
        ("legacy", [], set(), None),
        ("legacy", [{"unknown": []}], set(), None),
    ],
)
def test_the_older_mode_looks_at_the_first_requirement(
    mode: str, security: Any, types: set[str], requirements: Any
) -> None:
    found = compiled(BOTH, security, SWITCHED_ON, securityProcessingMode=mode)
    assert set(found["auth_configs"]) == types
    assert found["security_requirements"] == requirements


def test_the_newer_mode_reads_requirements_of_the_extension_too() -> None:
    found = compiled(BOTH, [{"key": []}], SWITCHED_ON, securityProcessingMode="compliant", also=[["basic"]])
    assert set(found["auth_configs"]) == {"authToken", "basic"}
    assert found["security_requirements"] == [["key"], ["basic"]]


def test_scopes_of_requirements_are_kept() -> None:
    found = compiled({"oauth": {"type": "oauth2"}}, [{"oauth": ["read"]}], {"oauth": {"enabled": True}})
    assert found["security_requirement_scopes"] == [{"oauth": ["read"]}]


def test_a_scheme_alone_switches_nothing_on() -> None:
    found = compiled(BOTH, enabled=False)
    assert found["auth_configs"] == {}
