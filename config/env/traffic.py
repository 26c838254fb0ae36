"""Variables of traffic: the pump, what is kept, the demo."""

from __future__ import annotations

from config import casts
from config.env.variable import Variable

PUMP = "Pump"
TRAFFIC = "Traffic data"
DEMO = "Demo"

PUMP_KEY_PREFIX = Variable(
    "PUMP_KEY_PREFIX", casts.text, "analytics-", PUMP, "Prefix of the Redis lists that gateways push records to."
)
PUMP_PURGE_DELAY = Variable("PUMP_PURGE_DELAY", casts.number, "10", PUMP, "Seconds from one drain to the next.")
PUMP_SLICE_RECORDS = Variable(
    "PUMP_SLICE_RECORDS", casts.whole_number, "9000", PUMP, "Most records stored in one transaction."
)
PUMP_SLICE_BYTES = Variable(
    "PUMP_SLICE_BYTES", casts.whole_number, "10000000", PUMP, "Most bytes of records stored in one transaction."
)
PUMP_THREADS = Variable(
    "PUMP_THREADS",
    casts.whole_number,
    "1",
    PUMP,
    "Threads that count records in each process. More make a slice a little faster and cost more in all;"
    " the next slice is prepared while PostgreSQL stores the last one anyway.",
)
PUMP_OMIT_DETAILED_RECORDING = Variable(
    "PUMP_OMIT_DETAILED_RECORDING", casts.boolean, "false", PUMP, "Drop the raw request and response of every record."
)
PUMP_MAX_RECORD_SIZE = Variable(
    "PUMP_MAX_RECORD_SIZE",
    casts.whole_number,
    "0",
    PUMP,
    "Most bytes of base64 text kept of a raw request and of a raw response; 0 keeps all.",
)
PUMP_TRACK_ALL_PATHS = Variable(
    "PUMP_TRACK_ALL_PATHS",
    casts.boolean,
    "false",
    PUMP,
    "Count every path, not only those the gateway marks as tracked.",
)
PUMP_IGNORE_TAG_PREFIX_LIST = Variable(
    "PUMP_IGNORE_TAG_PREFIX_LIST", casts.items, "none", PUMP, "Tags that start with one of these are not counted."
)
PUMP_API_IDS = Variable("PUMP_API_IDS", casts.items, "none", PUMP, "Take records of these APIs only.")
PUMP_ORG_IDS = Variable("PUMP_ORG_IDS", casts.items, "none", PUMP, "Take records of these organisations only.")
PUMP_RESPONSE_CODES = Variable(
    "PUMP_RESPONSE_CODES", casts.numbers, "none", PUMP, "Take records with these status codes only."
)
PUMP_SKIP_API_IDS = Variable("PUMP_SKIP_API_IDS", casts.items, "none", PUMP, "Leave out records of these APIs.")
PUMP_SKIP_ORG_IDS = Variable(
    "PUMP_SKIP_ORG_IDS", casts.items, "none", PUMP, "Leave out records of these organisations."
)
PUMP_SKIP_RESPONSE_CODES = Variable(
    "PUMP_SKIP_RESPONSE_CODES", casts.numbers, "none", PUMP, "Leave out records with these status codes."
)
PUMP_DONT_PURGE_UPTIME_DATA = Variable(
    "PUMP_DONT_PURGE_UPTIME_DATA", casts.boolean, "false", PUMP, "Leave the list of uptime checks to another program."
)
PUMP_NORMALISE_URLS = Variable(
    "PUMP_NORMALISE_URLS", casts.boolean, "false", PUMP, "Count paths with their ids replaced; the next four say which."
)
PUMP_NORMALISE_UUIDS = Variable("PUMP_NORMALISE_UUIDS", casts.boolean, "true", PUMP, "UUIDs become `{uuid}`.")
PUMP_NORMALISE_ULIDS = Variable("PUMP_NORMALISE_ULIDS", casts.boolean, "true", PUMP, "ULIDs become `{ulid}`.")
PUMP_NORMALISE_NUMBERS = Variable(
    "PUMP_NORMALISE_NUMBERS", casts.boolean, "true", PUMP, "Path segments that are numbers become `{id}`."
)
PUMP_NORMALISE_CUSTOM_PATTERNS = Variable(
    "PUMP_NORMALISE_CUSTOM_PATTERNS", casts.words, "none", PUMP, "Regular expressions; what matches becomes `{var}`."
)
PUMP_GEO_IP_DB_PATH = Variable(
    "PUMP_GEO_IP_DB_PATH", casts.text, "", PUMP, "An `.mmdb` file to look up the country and city of an IP address in."
)
PUMP_REDACTED_HEADERS = Variable(
    "PUMP_REDACTED_HEADERS",
    casts.items,
    "authorization,proxy-authorization,cookie,set-cookie,x-api-key,api-key,apikey,x-auth-token,x-access-token",
    PUMP,
    "Headers whose values are taken out of raw requests and responses before they are stored.",
)

ANALYTICS_RAW_DAYS = Variable(
    "ANALYTICS_RAW_DAYS", casts.whole_number, "30", TRAFFIC, "Days that single requests are kept (the log browser)."
)
ANALYTICS_MINUTE_DAYS = Variable(
    "ANALYTICS_MINUTE_DAYS", casts.whole_number, "3", TRAFFIC, "Days that figures per minute are kept."
)
ANALYTICS_HOUR_MONTHS = Variable(
    "ANALYTICS_HOUR_MONTHS", casts.whole_number, "13", TRAFFIC, "Months that figures per hour are kept."
)
ANALYTICS_DAY_YEARS = Variable(
    "ANALYTICS_DAY_YEARS", casts.whole_number, "5", TRAFFIC, "Years that figures per day are kept."
)
ANALYTICS_PARTITIONS_AHEAD = Variable(
    "ANALYTICS_PARTITIONS_AHEAD", casts.whole_number, "7", TRAFFIC, "Days for which partitions are made ahead."
)
LAG_LIMIT = Variable(
    "LAG_LIMIT", casts.number, "60", TRAFFIC, "Seconds the pump may be behind before `/ready` answers 503."
)

DEMO_TRAFFIC = Variable(
    "DEMO_TRAFFIC", casts.boolean, "false", DEMO, "Make up traffic for the demo organisation while Weir runs."
)
DEMO_RATE = Variable("DEMO_RATE", casts.number, "0.5", DEMO, "Made-up requests per second.")
