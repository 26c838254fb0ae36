"""The members of a classic definition with their types, as gateways decode them: one declaration, a JSON schema.

Members and their types: gateway 5.8 to 5.13 (``apidef.APIDefinition``). Others are allowed and kept.
"""

from __future__ import annotations

from apps.apis.member_types import (
    EXPIRY,
    FLAG,
    NATURAL,
    NUMBER,
    OBJECT,
    OBJECTS,
    TEXT,
    TEXT_MAP,
    TEXTS,
    TIME,
    TLS_VERSION,
    WHOLE,
    WHOLES,
    Schema,
    each,
    listed,
    mapped,
    record,
)

# Proxy

SERVICE_DISCOVERY = record(
    **each(FLAG, "use_discovery_service use_nested_query use_target_list cache_disabled endpoint_returns_list"),
    **each(TEXT, "query_endpoint parent_data_path data_path port_data_path target_path"),
    cache_timeout=WHOLE,
)
TRANSPORT = record(
    **each(FLAG, "ssl_insecure_skip_verify ssl_force_common_name_check"),
    **each(TLS_VERSION, "ssl_min_version ssl_max_version"),
    ssl_ciphers=TEXTS,
    proxy_url=TEXT,
)
PROXY = record(
    **each(FLAG, "preserve_host_header disable_strip_slash strip_listen_path enable_load_balancing"),
    **each(TEXT, "listen_path target_url"),
    check_host_against_uptime_tests=FLAG,
    target_list=TEXTS,
    service_discovery=SERVICE_DISCOVERY,
    transport=TRANSPORT,
)

# Authentication

SIGNATURE = record(
    **each(TEXT, "algorithm header param_name secret error_message"),
    **each(WHOLE, "allowed_clock_skew error_code"),
    use_param=FLAG,
)
AUTH = record(
    **each(FLAG, "use_param use_cookie disable_header use_certificate validate_signature"),
    **each(TEXT, "name param_name cookie_name auth_header_name"),
    signature=SIGNATURE,
)
SKEWS = each(NATURAL, "issued_at_validation_skew not_before_validation_skew expires_at_validation_skew")
EXTERNAL_PROVIDER = record(
    jwt=record(enabled=FLAG, **each(TEXT, "signing_method source identity_base_field"), **SKEWS),
    introspection=record(
        enabled=FLAG,
        **each(TEXT, "url client_id client_secret identity_base_field"),
        cache=record(enabled=FLAG, timeout=WHOLE),
    ),
)
SCOPE = record(scope_claim_name=TEXT, scope_to_policy=TEXT_MAP)
STORED_BY = record(name=TEXT, storage_engine=TEXT, meta=OBJECT)
AUTHENTICATION = {
    **each(FLAG, "use_keyless use_standard_auth use_oauth2 use_openid use_basic_auth use_mutual_tls_auth enable_jwt"),
    **each(FLAG, "enable_signature_checking custom_plugin_auth_enabled enable_coprocess_auth use_go_plugin_auth"),
    **each(FLAG, "strip_auth_data jwt_skip_kid idp_client_id_mapping_disabled"),
    **each(FLAG, "upstream_certificates_disabled certificate_pinning_disabled"),
    **each(TEXT, "base_identity_provided_by jwt_signing_method jwt_source jwt_identity_base_field"),
    **each(TEXT, "jwt_client_base_field jwt_policy_field_name jwt_scope_claim_name"),
    **each(TEXTS, "jwt_default_policies hmac_allowed_algorithms client_certificates certificates"),
    **each(TEXT_MAP, "jwt_scope_to_policy_mapping upstream_certificates pinned_public_keys"),
    **{f"jwt_{name}": schema for name, schema in SKEWS.items()},
    **each(STORED_BY, "auth_provider session_provider"),
    "jwt_jwks_uris": listed(record(url=TEXT, cache_timeout=WHOLE)),
    "hmac_allowed_clock_skew": NUMBER,
    "auth": AUTH,
    "auth_configs": mapped(AUTH),
    "scopes": record(jwt=SCOPE, oidc=SCOPE),
    "oauth_meta": record(**each(TEXTS, "allowed_access_types allowed_authorize_types"), auth_login_redirect=TEXT),
    "notifications": record(**each(TEXT, "shared_secret oauth_on_keychange_url")),
    "external_oauth": record(enabled=FLAG, providers=listed(EXTERNAL_PROVIDER)),
    "openid_options": record(
        providers=listed(record(issuer=TEXT, client_ids=TEXT_MAP)),
        segregate_by_client=FLAG,
    ),
    "basic_auth": record(
        **each(FLAG, "disable_caching extract_from_body"),
        **each(TEXT, "body_user_regexp body_password_regexp"),
        cache_ttl=WHOLE,
    ),
    "request_signing": record(
        **each(TEXT, "secret key_id algorithm certificate_id signature_header"),
        is_enabled=FLAG,
        header_list=TEXTS,
    ),
    "security_requirements": listed(TEXTS),
    "upstream_auth": record(
        enabled=FLAG,
        basic_auth=record(enabled=FLAG, **each(TEXT, "username password")),
        oauth=record(enabled=FLAG, allowed_authorize_types=TEXTS),
    ),
}

# Versions and their endpoints

ENDPOINT = {"disabled": FLAG, "path": TEXT, "method": TEXT}


def endpoints(**members: Schema) -> Schema:
    """Give the schema of a list of endpoints, each with a path, a method and these members."""
    return listed(record(**ENDPOINT, **members))


ACCESS = endpoints(
    ignore_case=FLAG, method_actions=mapped(record(action=TEXT, code=WHOLE, data=TEXT, headers=TEXT_MAP))
)
TRANSFORM = endpoints(
    template_data=record(**each(TEXT, "input_type template_mode template_source"), enable_session=FLAG)
)
HEADERS = endpoints(delete_headers=TEXTS, add_headers=TEXT_MAP, act_on=FLAG)
MATCH = record(match_rx=TEXT, reverse=FLAG)
MATCHES = "header_matches query_val_matches path_part_matches session_meta_matches request_context_matches"
EXTENDED_PATHS = record(
    **each(ACCESS, "ignored white_list black_list"),
    **each(TRANSFORM, "transform transform_response"),
    **each(endpoints(filter=TEXT), "transform_jq transform_jq_response"),
    **each(HEADERS, "transform_headers transform_response_headers"),
    **each(endpoints(), "track_endpoints do_not_track_endpoints internal"),
    cache=TEXTS,
    mock_response=endpoints(code=WHOLE, body=TEXT, headers=TEXT_MAP, ignore_case=FLAG),
    advance_cache_config=endpoints(cache_key_regex=TEXT, cache_response_codes=WHOLES, timeout=WHOLE),
    hard_timeouts=endpoints(timeout=WHOLE, duration=TEXT),
    circuit_breakers=endpoints(
        threshold_percent=NUMBER, **each(WHOLE, "samples return_to_service_after"), disable_half_open_state=FLAG
    ),
    url_rewrites=endpoints(
        **each(TEXT, "match_pattern rewrite_to"),
        triggers=listed(
            record(
                **each(TEXT, "on rewrite_to"),
                options=record(**each(mapped(MATCH), MATCHES), payload_matches=MATCH),
            )
        ),
    ),
    virtual=endpoints(
        **each(TEXT, "response_function_name function_source_type function_source_uri"),
        **each(FLAG, "use_session proxy_on_error"),
    ),
    size_limits=endpoints(size_limit=WHOLE),
    method_transforms=endpoints(to_method=TEXT),
    validate_json=endpoints(schema=OBJECT, schema_b64=TEXT, error_response_code=WHOLE),
    validate_request=endpoints(enabled=FLAG, error_response_code=WHOLE),
    go_plugin=endpoints(plugin_path=TEXT, func_name=TEXT),
    persist_graphql=endpoints(operation=TEXT, variables=OBJECT),
    rate_limit=endpoints(rate=NUMBER, per=NUMBER),
)
VERSION = record(
    **each(TEXT, "name override_target global_enforce_timeout"),
    **each(TEXT_MAP, "global_headers global_response_headers"),
    **each(TEXTS, "global_headers_remove global_response_headers_remove"),
    **each(FLAG, "use_extended_paths global_headers_disabled global_response_headers_disabled ignore_endpoint_case"),
    **each(FLAG, "global_size_limit_disabled global_enforce_timeout_disabled"),
    expires=EXPIRY,
    global_size_limit=WHOLE,
    paths=record(**each(TEXTS, "ignored white_list black_list")),
    extended_paths=EXTENDED_PATHS,
)
VERSIONING = {
    "definition": record(
        **each(FLAG, "enabled strip_path strip_versioning_data fallback_to_default"),
        **each(TEXT, "name default location key url_versioning_pattern"),
        versions=TEXT_MAP,
    ),
    "version_data": record(not_versioned=FLAG, default_version=TEXT, versions=mapped(VERSION)),
}

# Limits, plugins, events

PLUGIN = record(**each(TEXT, "name path code"), **each(FLAG, "require_session raw_body_only disabled"))
OVERRIDE = record(
    match=record(**each(TEXT, "flag message_pattern body_field body_value")),
    response=record(status_code=WHOLE, **each(TEXT, "body message template"), headers=TEXT_MAP),
)
BEHAVIOUR = {
    "global_rate_limit": record(disabled=FLAG, rate=NUMBER, per=NUMBER),
    "cache_options": record(
        **each(FLAG, "enable_cache cache_all_safe_requests enable_upstream_cache_control"),
        cache_timeout=WHOLE,
        cache_response_codes=WHOLES,
        cache_control_ttl_header=TEXT,
        cache_by_headers=TEXTS,
    ),
    "CORS": record(
        **each(FLAG, "enable allow_credentials options_passthrough debug"),
        **each(TEXTS, "allowed_origins allowed_methods allowed_headers exposed_headers"),
        max_age=WHOLE,
    ),
    "error_overrides": mapped(listed(OVERRIDE)),
    "analytics_plugin": record(enable=FLAG, plugin_path=TEXT, func_name=TEXT),
    "custom_middleware": record(
        **each(listed(PLUGIN), "pre post post_key_auth response traffic_logs"),
        auth_check=PLUGIN,
        driver=TEXT,
        id_extractor=record(disabled=FLAG, extract_from=TEXT, extract_with=TEXT, extractor_config=OBJECT),
    ),
    "response_processors": listed(record(name=TEXT)),
    "event_handlers": record(events=mapped(listed(record(handler_name=TEXT, handler_meta=OBJECT)))),
}
HOST_CHECK = record(
    **each(TEXT, "url protocol method body"),
    timeout=WHOLE,
    enable_proxy_protocol=FLAG,
    commands=listed(record(name=TEXT, message=TEXT)),
    headers=TEXT_MAP,
)
UPTIME_TESTS = record(
    disabled=FLAG,
    check_list=listed(HOST_CHECK),
    config=record(**each(WHOLE, "expire_utime_after recheck_wait"), service_discovery=SERVICE_DISCOVERY),
)
GRAPHQL = record(
    enabled=FLAG,
    **each(TEXT, "execution_mode version schema"),
    last_schema_update=TIME,
    type_field_configurations=OBJECTS,
    playground=record(enabled=FLAG, path=TEXT),
    engine=record(**each(OBJECTS, "field_configs data_sources global_headers")),
    proxy=record(
        **each(OBJECT, "features use_response_extensions request_headers_rewrite"),
        **each(TEXT_MAP, "auth_headers request_headers"),
        subscription_type=TEXT,
        sse_use_post=FLAG,
    ),
    subgraph=record(sdl=TEXT),
    supergraph=record(
        updated_at=TIME, subgraphs=OBJECTS, merged_sdl=TEXT, global_headers=TEXT_MAP, disable_query_batching=FLAG
    ),
    introspection=record(disabled=FLAG),
)

#: A whole classic definition.
DEFINITION = record(
    **each(TEXT, "id name slug api_id org_id domain protocol json_rpc_version application_protocol"),
    **each(TEXT, "custom_middleware_bundle"),
    **each(FLAG, "active internal is_oas domain_disabled enable_proxy_protocol tags_disabled disable_rate_limit"),
    **each(FLAG, "disable_quota dont_set_quota_on_create session_lifetime_respects_key_expiration"),
    **each(FLAG, "enable_batch_request_support enable_ip_whitelisting enable_ip_blacklisting"),
    **each(FLAG, "ip_access_control_disabled error_overrides_disabled do_not_track enable_detailed_recording"),
    **each(FLAG, "detailed_tracing enable_context_vars custom_middleware_bundle_disabled config_data_disabled"),
    **each(WHOLE, "listen_port session_lifetime expire_analytics_after"),
    **each(TEXTS, "tags tag_headers allowed_ips blacklisted_ips"),
    expiration=EXPIRY,
    config_data=OBJECT,
    proxy=PROXY,
    uptime_tests=UPTIME_TESTS,
    graphql=GRAPHQL,
    **AUTHENTICATION,
    **VERSIONING,
    **BEHAVIOUR,
)
#: What names a webhook for an event beside a definition; the copy of the webhook follows in ``hook``.
HOOK_REFERENCES = listed(
    record(
        event_name=TEXT,
        event_timeout=NATURAL,
        hook=record(
            **each(TEXT, "id name org_id method target_path template_path webhook_id"),
            header_map=TEXT_MAP,
            event_timeout=NATURAL,
        ),
    )
)
#: What else stands beside a definition.
BESIDE = record(
    **each(TEXTS, "user_owners user_group_owners categories"),
    is_site=FLAG,
    sort_by={**WHOLE, "minimum": -(2**31), "maximum": 2**31 - 1},
)
