"""Variables of who comes in and what they may do: access, passwords, single sign-on."""

from __future__ import annotations

from config import casts
from config.env.variable import Section

access = Section("Access")
passwords = Section("Passwords")
sso = Section("Single sign-on")

ADMIN_SECRET = access.read(
    "ADMIN_SECRET",
    casts.text,
    "",
    "Value of the `admin-auth` header for everything under `/admin`. Without it nobody is let in there.",
    secret=True,
)
MONITORING_TOKEN = access.read(
    "MONITORING_TOKEN",
    casts.text,
    "",
    "Token that `/ready` and `/metrics` ask for as `Authorization: Bearer`. Without one they answer everybody.",
    secret=True,
)
NODE_SECRET = access.read(
    "NODE_SECRET", casts.text, "", "Secret that gateways register with (their `node_secret`).", secret=True
)
SESSION_LIFETIME = access.read(
    "SESSION_LIFETIME", casts.at_least(1), "43200", "Seconds after which a person must log in again."
)
DISABLE_PARALLEL_SESSIONS = access.read(
    "DISABLE_PARALLEL_SESSIONS", casts.boolean, "false", "Logging in ends a person's other sessions."
)
LOGIN_FAILURE_USERNAME_LIMIT = access.read(
    "LOGIN_FAILURE_USERNAME_LIMIT",
    casts.at_least(0),
    "10",
    "Wrong passwords for an e-mail address, known or not, after which whoever tries from the same IP address has to"
    " wait: a second, and twice as long after each further one; 0 for no limit. Codes of second factors are limited to"
    " 5 whatever stands here.",
)
LOGIN_FAILURE_IP_LIMIT = access.read(
    "LOGIN_FAILURE_IP_LIMIT",
    casts.at_least(0),
    "50",
    "Wrong passwords for any names after which an IP address (of IPv6 its first 64 bits) has to wait until they are"
    " forgotten. 0 for no limit, where everybody comes from one address.",
)
LOGIN_FAILURE_EXPIRATION = access.read(
    "LOGIN_FAILURE_EXPIRATION",
    casts.at_least(1),
    "900",
    "Seconds from the first wrong password until those of an IP address are forgotten; the longest wait for a name.",
)
HIDE_LOGIN_FAILURE_LIMIT_ERROR = access.read(
    "HIDE_LOGIN_FAILURE_LIMIT_ERROR",
    casts.boolean,
    "false",
    "Answer whoever has to wait as if the password were wrong.",
)
LOGIN_DISALLOW_FORWARD_PROXY = access.read(
    "LOGIN_DISALLOW_FORWARD_PROXY",
    casts.boolean,
    "false",
    "Count by the address that connects, whatever `TRUST_FORWARDED_FOR` says.",
)
ENABLE_MULTI_ORG_USERS = access.read(
    "ENABLE_MULTI_ORG_USERS",
    casts.boolean,
    "false",
    "One e-mail address may have an account in each of several organisations; people choose one when they log in.",
)
ENABLE_OWNERSHIP = access.read(
    "ENABLE_OWNERSHIP",
    casts.boolean,
    "false",
    "An API that has owners is seen by them and by administrators only, and so is what names it. Figures of its traffic"
    " are narrowed by the permission `owned_analytics` only.",
)
ENABLE_DUPLICATE_SLUGS = access.read(
    "ENABLE_DUPLICATE_SLUGS",
    casts.boolean,
    "false",
    "Several APIs of an organisation may listen to one path of one domain, because gateways with different tags serve"
    " them.",
)
ALLOW_UNSAFE_OAS = access.read(
    "ALLOW_UNSAFE_OAS",
    casts.boolean,
    "false",
    "APIs that are kept as OpenAPI documents may be changed through `/api/apis` too, at one's own risk.",
)
ALLOW_UNSAFE_POLICY_IDS = access.read(
    "ALLOW_UNSAFE_POLICY_IDS",
    casts.boolean,
    "false",
    "Explicit ids of policies may have other characters than letters, digits, `.`, `_`, `-` and `~`.",
)
OWNED_ANALYTICS = access.read(
    "OWNED_ANALYTICS",
    casts.one_of("hide", "filter"),
    "hide",
    "What `owned_analytics` does to screens beyond traffic by API: `hide` them as older dashboards do, or show them"
    " all, limited to the owned APIs (`filter`).",
)
ADDITIONAL_PERMISSIONS = access.read(
    "ADDITIONAL_PERMISSIONS",
    casts.texts_by_name,
    "{}",
    "Permissions beside the built-in ones, name → label, of organisations that have none of their own.",
)
FORBID_ADMIN_VIEW_ACCESS_TOKEN = access.read(
    "FORBID_ADMIN_VIEW_ACCESS_TOKEN",
    casts.boolean,
    "false",
    "A new access key is shown to the user it belongs to, and to no administrator.",
)
FORBID_ADMIN_RESET_ACCESS_TOKEN = access.read(
    "FORBID_ADMIN_RESET_ACCESS_TOKEN",
    casts.boolean,
    "false",
    "Nobody resets the access key of somebody else, administrators included.",
)
PAGE_SIZE = access.read("PAGE_SIZE", casts.at_least(1), "10", "Items on one page of a REST list.")

PASSWORD_MIN_LENGTH = passwords.read(
    "PASSWORD_MIN_LENGTH", casts.at_least(0), "6", "Least characters of a password; below 6 counts as 6."
)
PASSWORD_MULTI_CASE = passwords.read(
    "PASSWORD_MULTI_CASE", casts.boolean, "false", "A password needs both upper and lower case letters."
)
PASSWORD_MIN_NUMERIC = passwords.read("PASSWORD_MIN_NUMERIC", casts.at_least(0), "0", "Least digits of a password.")
PASSWORD_MIN_SPECIAL = passwords.read(
    "PASSWORD_MIN_SPECIAL",
    casts.at_least(0),
    "0",
    "Least characters of a password that are neither letters nor digits.",
)
PASSWORD_DISABLE_SEQUENTIAL = passwords.read(
    "PASSWORD_DISABLE_SEQUENTIAL",
    casts.boolean,
    "false",
    "Refuse three characters in sequence or repeated: `abc`, `321`, `xxx`.",
)
PASSWORD_RULES_FILE = passwords.read(
    "PASSWORD_RULES_FILE",
    casts.text,
    "",
    "A `password.json` of the dashboard that Weir replaces; what it says goes before the five rules above.",
)
USER_PASSWORD_MAX_DAYS = passwords.read(
    "USER_PASSWORD_MAX_DAYS",
    casts.whole_number_from(0, 36_500),
    "0",
    "Days after which a password must be changed; 0 is never. Users and groups may have a number of their own.",
)
ENFORCE_PASSWORD_HISTORY = passwords.read(
    "ENFORCE_PASSWORD_HISTORY",
    casts.at_least(0),
    "0",
    "A new password may be none of the last so many, the present one included; that one it may never be.",
)
FORCE_FIRST_LOGIN_PW_RESET = passwords.read(
    "FORCE_FIRST_LOGIN_PW_RESET",
    casts.boolean,
    "false",
    "Ask new users for a password of their own at their first log-in.",
)
ALLOW_ADMIN_RESET_PASSWORD = passwords.read(
    "ALLOW_ADMIN_RESET_PASSWORD",
    casts.boolean,
    "false",
    "Administrators may set the passwords of others in their organisation; otherwise those only who have the"
    " permission `ResetPassword`.",
)

SSO_ENABLE_USER_LOOKUP = sso.read(
    "SSO_ENABLE_USER_LOOKUP", casts.boolean, "false", "Look for the accounts of people whom a broker sends."
)
SSO_PERMISSION_DEFAULTS = sso.read(
    "SSO_PERMISSION_DEFAULTS", casts.levels, "none", "Permissions of every external user; those of groups are added."
)
SSO_DEFAULT_GROUP_ID = sso.read(
    "SSO_DEFAULT_GROUP_ID", casts.text, "", "The user group of external users who come without one."
)
SSO_DEFAULT_ADMIN = sso.read(
    "SSO_DEFAULT_ADMIN", casts.boolean, "false", "Whom a broker sends without group administers, as of old."
)
SSO_ADMIT_SUPER_ADMINS = sso.read(
    "SSO_ADMIT_SUPER_ADMINS",
    casts.boolean,
    "false",
    "Let super-admins in by single sign-on. Then every administrator of their organisation can become one, for"
    " administrators set up who vouches. Brokers with the admin secret bring them in whatever stands here.",
)
SSO_CUSTOM_LOGIN_URL = sso.read(
    "SSO_CUSTOM_LOGIN_URL", casts.link, "", "The log-in page to use; ours stays at `/login/?local=true`."
)
SSO_CUSTOM_LOGIN_ERROR_URL = sso.read(
    "SSO_CUSTOM_LOGIN_ERROR_URL", casts.link, "", "Where people go who could not be signed in."
)
