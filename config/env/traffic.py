"""Variables of traffic: the pump, what is kept, the demo."""

from __future__ import annotations

from config import casts
from config.env.variable import Section

pump = Section("Pump")
traffic = Section("Traffic data")
demo = Section("Demo")

PUMP_KEY_PREFIX = pump.read(
    "PUMP_KEY_PREFIX", casts.key_prefix, "analytics-", "Prefix of the Redis lists that gateways push records to."
)
PUMP_PURGE_DELAY = pump.read("PUMP_PURGE_DELAY", casts.number_above_zero, "10", "Seconds from one drain to the next.")
PUMP_SLICE_RECORDS = pump.read(
    "PUMP_SLICE_RECORDS", casts.at_least(1), "9000", "Most records stored in one transaction."
)
PUMP_SLICE_BYTES = pump.read(
    "PUMP_SLICE_BYTES", casts.at_least(1), "10000000", "Most bytes of records stored in one transaction."
)
PUMP_THREADS = pump.read(
    "PUMP_THREADS",
    casts.whole_number_from(1, 256),
    "1",
    "Threads that count records in each process. More make a slice a little faster and cost more in all;"
    " the next slice is prepared while PostgreSQL stores the last one anyway.",
)
PUMP_OMIT_DETAILED_RECORDING = pump.read(
    "PUMP_OMIT_DETAILED_RECORDING", casts.boolean, "false", "Drop the raw request and response of every record."
)
PUMP_MAX_RECORD_SIZE = pump.read(
    "PUMP_MAX_RECORD_SIZE",
    casts.at_least(0),
    "0",
    "Most bytes of base64 text kept of a raw request and of a raw response; 0 keeps all.",
)
PUMP_TRACK_ALL_PATHS = pump.read(
    "PUMP_TRACK_ALL_PATHS", casts.boolean, "false", "Count every path, not only those the gateway marks as tracked."
)
PUMP_IGNORE_TAG_PREFIX_LIST = pump.read(
    "PUMP_IGNORE_TAG_PREFIX_LIST", casts.items, "none", "Tags that start with one of these are not counted."
)
PUMP_API_IDS = pump.read("PUMP_API_IDS", casts.names, "none", "Take records of these APIs only.")
PUMP_ORG_IDS = pump.read("PUMP_ORG_IDS", casts.names, "none", "Take records of these organisations only.")
PUMP_RESPONSE_CODES = pump.read(
    "PUMP_RESPONSE_CODES", casts.numbers, "none", "Take records with these status codes only."
)
PUMP_SKIP_API_IDS = pump.read("PUMP_SKIP_API_IDS", casts.names, "none", "Leave out records of these APIs.")
PUMP_SKIP_ORG_IDS = pump.read("PUMP_SKIP_ORG_IDS", casts.names, "none", "Leave out records of these organisations.")
PUMP_SKIP_RESPONSE_CODES = pump.read(
    "PUMP_SKIP_RESPONSE_CODES", casts.numbers, "none", "Leave out records with these status codes."
)
PUMP_MAX_TAGS = pump.read(
    "PUMP_MAX_TAGS",
    casts.whole_number_from(1, 10_000),
    "100",
    "Most tags of a record that are kept and counted; those after them are left out.",
)
PUMP_MAX_VALUE_BYTES = pump.read(
    "PUMP_MAX_VALUE_BYTES",
    casts.whole_number_from(100, 1_000),
    "1000",
    "Most bytes of a path, key, tag or other text that requests are counted by; longer ones are cut and end with a"
    " digest. The requests themselves keep them whole.",
)
PUMP_MAX_VALUES = pump.read(
    "PUMP_MAX_VALUES",
    casts.whole_number_from(1, 1_000_000),
    "10000",
    "Most paths, keys, tags and other values that are counted apart for each API and hour; rarer ones are counted"
    " together. `docs/pump.md` says what is exact.",
)
PUMP_DONT_PURGE_UPTIME_DATA = pump.read(
    "PUMP_DONT_PURGE_UPTIME_DATA", casts.boolean, "false", "Leave the list of uptime checks to another program."
)
PUMP_NORMALISE_URLS = pump.read(
    "PUMP_NORMALISE_URLS", casts.boolean, "false", "Count paths with their ids replaced; the next four say which."
)
PUMP_NORMALISE_UUIDS = pump.read("PUMP_NORMALISE_UUIDS", casts.boolean, "true", "UUIDs become `{uuid}`.")
PUMP_NORMALISE_ULIDS = pump.read("PUMP_NORMALISE_ULIDS", casts.boolean, "true", "ULIDs become `{ulid}`.")
PUMP_NORMALISE_NUMBERS = pump.read(
    "PUMP_NORMALISE_NUMBERS", casts.boolean, "true", "Path segments that are numbers become `{id}`."
)
PUMP_NORMALISE_CUSTOM_PATTERNS = pump.read(
    "PUMP_NORMALISE_CUSTOM_PATTERNS", casts.words, "none", "Regular expressions; what matches becomes `{var}`."
)
PUMP_GEO_IP_DB_PATH = pump.read(
    "PUMP_GEO_IP_DB_PATH", casts.file, "", "An `.mmdb` file to look up the country and city of an IP address in."
)
PUMP_REDACTED_HEADERS = pump.read(
    "PUMP_REDACTED_HEADERS",
    casts.names,
    "authorization,proxy-authorization,cookie,set-cookie,x-api-key,api-key,apikey,x-auth-token,x-access-token",
    "Headers whose values are taken out of raw requests and responses before they are stored.",
)
PUMP_REDACTED_PARAMETERS = pump.read(
    "PUMP_REDACTED_PARAMETERS",
    casts.names,
    "access_token,api_key,auth,authorization,client_secret,id_token,jwt,key,passwd,password,pwd,refresh_token,secret,"
    "session,session_id,sid,sig,signature,token,x-api-key",
    "Parameters of URLs, and cookies, whose values are taken out of the heads of raw requests and responses; case and"
    " punctuation do not matter. What looks like a key is taken out whatever it is called.",
)

ANALYTICS_RAW_DAYS = traffic.read(
    "ANALYTICS_RAW_DAYS", casts.retention(3_650), "30", "Days that single requests are kept (the log browser)."
)
ANALYTICS_MINUTE_DAYS = traffic.read(
    "ANALYTICS_MINUTE_DAYS", casts.retention(3_650), "3", "Days that figures per minute are kept."
)
ANALYTICS_HOUR_MONTHS = traffic.read(
    "ANALYTICS_HOUR_MONTHS", casts.retention(1_200), "13", "Months that figures per hour are kept."
)
ANALYTICS_DAY_YEARS = traffic.read(
    "ANALYTICS_DAY_YEARS", casts.retention(100), "5", "Years that figures per day are kept."
)
ANALYTICS_PARTITIONS_AHEAD = traffic.read(
    "ANALYTICS_PARTITIONS_AHEAD", casts.whole_number_from(1, 366), "7", "Days for which partitions are made ahead."
)
LAG_LIMIT = traffic.read(
    "LAG_LIMIT", casts.number_above_zero, "60", "Seconds the pump may be behind before `/ready` answers 503."
)

DEMO_TRAFFIC = demo.read(
    "DEMO_TRAFFIC", casts.boolean, "false", "Make up traffic for the demo organisation while Weir runs."
)
DEMO_RATE = demo.read("DEMO_RATE", casts.number_above_zero, "0.5", "Made-up requests per second.")
