"""The tables of traffic. Those that are partitioned, or whose rows share keys, are written as SQL."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

AGGREGATE = """
    organisation text NOT NULL, bucket timestamptz NOT NULL, dimension smallint NOT NULL,
    api text NOT NULL, value text NOT NULL, detail text NOT NULL, name text NOT NULL,
    hits bigint NOT NULL, successes bigint NOT NULL, errors bigint NOT NULL,
    request_time bigint NOT NULL, latency bigint NOT NULL, upstream_latency bigint NOT NULL,
    min_latency bigint NOT NULL, max_latency bigint NOT NULL,
    min_upstream_latency bigint NOT NULL, max_upstream_latency bigint NOT NULL,
    last_hit timestamptz NOT NULL, histogram text NOT NULL
"""

RECORD = """
CREATE TABLE analytics_record (
    organisation text NOT NULL, id uuid NOT NULL, "timestamp" timestamptz NOT NULL,
    api_id text NOT NULL, api_name text NOT NULL, api_version text NOT NULL,
    method text NOT NULL, host text NOT NULL, path text NOT NULL, raw_path text NOT NULL,
    original_path text NOT NULL, listen_path text NOT NULL, status integer NOT NULL,
    key text NOT NULL, alias text NOT NULL, oauth_client text NOT NULL,
    content_length bigint NOT NULL, user_agent text NOT NULL, ip_address text NOT NULL,
    country text NOT NULL, request_time bigint NOT NULL, latency bigint NOT NULL,
    upstream_latency bigint NOT NULL, gateway_latency bigint NOT NULL, tags text[] NOT NULL,
    tracked boolean NOT NULL, expire_at timestamptz NOT NULL,
    raw_request text NOT NULL, raw_response text NOT NULL, details jsonb
) PARTITION BY RANGE ("timestamp")
"""

# Rows of one slice lie together and slices come in order, so this index grows at its right edge.
MINUTE = f"""
CREATE TABLE analytics_minute (slice bigint NOT NULL, {AGGREGATE}) PARTITION BY RANGE (bucket);
CREATE INDEX analytics_minute_slice ON analytics_minute (slice, dimension);
"""


def level(table: str, *, partitioned: bool = False) -> str:
    """Settled rows are read by dimension or by one value; pending ones are few and change."""
    return f"""
    CREATE TABLE {table} ({AGGREGATE}, pending boolean NOT NULL)
        {"PARTITION BY RANGE (bucket)" if partitioned else ""};
    CREATE INDEX {table}_pending ON {table} (organisation, dimension, bucket) WHERE pending;
    CREATE INDEX {table}_settled ON {table} (organisation, dimension, bucket) WHERE NOT pending;
    CREATE INDEX {table}_value ON {table} (organisation, dimension, value, bucket)
        WHERE NOT pending AND value <> '';
    """



class Migration(migrations.Migration):
    """Raw records, aggregates of four levels, and the ledger."""

    initial = True
    dependencies = []

    operations = [
        migrations.RunSQL(RECORD, "DROP TABLE analytics_record", state_operations=[
migrations.CreateModel(
            name='AnalyticsRecord',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.TextField()),
                ('id', models.UUIDField()),
                ('timestamp', models.DateTimeField(help_text='When the gateway had finished the response.')),
                ('api_id', models.TextField()),
                ('api_name', models.TextField()),
                ('api_version', models.TextField()),
                ('method', models.TextField()),
                ('host', models.TextField()),
                ('path', models.TextField(help_text='Normalised, or the pattern of a tracked endpoint.')),
                ('raw_path', models.TextField()),
                ('original_path', models.TextField()),
                ('listen_path', models.TextField()),
                ('status', models.IntegerField()),
                ('key', models.TextField(help_text='The access key, hashed unless the gateway was told otherwise.')),
                ('alias', models.TextField()),
                ('oauth_client', models.TextField()),
                ('content_length', models.BigIntegerField(help_text='Bytes of the request; −1 when chunked.')),
                ('user_agent', models.TextField()),
                ('ip_address', models.TextField()),
                ('country', models.TextField(help_text='ISO 3166-1 alpha-2, empty when unknown.')),
                ('request_time', models.BigIntegerField()),
                ('latency', models.BigIntegerField()),
                ('upstream_latency', models.BigIntegerField()),
                ('gateway_latency', models.BigIntegerField()),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('tracked', models.BooleanField()),
                ('expire_at', models.DateTimeField()),
                ('raw_request', models.TextField(help_text='Base64 of the HTTP message, secrets removed.')),
                ('raw_response', models.TextField(help_text='Base64 of the HTTP message, secrets removed.')),
                ('details', models.JSONField(help_text='What few records have: city, location, network, GraphQL, MCP.', null=True)),
            ],
            options={
                'db_table': 'analytics_record',
            },
        )
        ]),
        migrations.RunSQL(level("analytics_day"), "DROP TABLE analytics_day", state_operations=[
migrations.CreateModel(
            name='DayAggregate',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation', 'bucket', 'dimension', 'api', 'value', 'detail', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.TextField()),
                ('bucket', models.DateTimeField(help_text='The start of the time bucket.')),
                ('dimension', models.SmallIntegerField()),
                ('api', models.TextField()),
                ('value', models.TextField()),
                ('detail', models.TextField()),
                ('name', models.TextField(help_text="The value in words: an API's name, a key's alias.")),
                ('hits', models.BigIntegerField()),
                ('successes', models.BigIntegerField(help_text='Answers 200 to 299.')),
                ('errors', models.BigIntegerField(help_text='Answers from 400.')),
                ('request_time', models.BigIntegerField()),
                ('latency', models.BigIntegerField()),
                ('upstream_latency', models.BigIntegerField()),
                ('min_latency', models.BigIntegerField()),
                ('max_latency', models.BigIntegerField()),
                ('min_upstream_latency', models.BigIntegerField()),
                ('max_upstream_latency', models.BigIntegerField()),
                ('last_hit', models.DateTimeField()),
                ('histogram', models.TextField()),
                ('pending', models.BooleanField()),
            ],
            options={
                'db_table': 'analytics_day',
            },
        )
        ]),
        migrations.RunSQL(level("analytics_hour", partitioned=True), "DROP TABLE analytics_hour", state_operations=[
migrations.CreateModel(
            name='HourAggregate',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation', 'bucket', 'dimension', 'api', 'value', 'detail', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.TextField()),
                ('bucket', models.DateTimeField(help_text='The start of the time bucket.')),
                ('dimension', models.SmallIntegerField()),
                ('api', models.TextField()),
                ('value', models.TextField()),
                ('detail', models.TextField()),
                ('name', models.TextField(help_text="The value in words: an API's name, a key's alias.")),
                ('hits', models.BigIntegerField()),
                ('successes', models.BigIntegerField(help_text='Answers 200 to 299.')),
                ('errors', models.BigIntegerField(help_text='Answers from 400.')),
                ('request_time', models.BigIntegerField()),
                ('latency', models.BigIntegerField()),
                ('upstream_latency', models.BigIntegerField()),
                ('min_latency', models.BigIntegerField()),
                ('max_latency', models.BigIntegerField()),
                ('min_upstream_latency', models.BigIntegerField()),
                ('max_upstream_latency', models.BigIntegerField()),
                ('last_hit', models.DateTimeField()),
                ('histogram', models.TextField()),
                ('pending', models.BooleanField()),
            ],
            options={
                'db_table': 'analytics_hour',
            },
        )
        ]),
        migrations.RunSQL(MINUTE, "DROP TABLE analytics_minute", state_operations=[
migrations.CreateModel(
            name='MinuteAggregate',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation', 'bucket', 'dimension', 'api', 'value', 'detail', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.TextField()),
                ('bucket', models.DateTimeField(help_text='The start of the time bucket.')),
                ('dimension', models.SmallIntegerField()),
                ('api', models.TextField()),
                ('value', models.TextField()),
                ('detail', models.TextField()),
                ('name', models.TextField(help_text="The value in words: an API's name, a key's alias.")),
                ('hits', models.BigIntegerField()),
                ('successes', models.BigIntegerField(help_text='Answers 200 to 299.')),
                ('errors', models.BigIntegerField(help_text='Answers from 400.')),
                ('request_time', models.BigIntegerField()),
                ('latency', models.BigIntegerField()),
                ('upstream_latency', models.BigIntegerField()),
                ('min_latency', models.BigIntegerField()),
                ('max_latency', models.BigIntegerField()),
                ('min_upstream_latency', models.BigIntegerField()),
                ('max_upstream_latency', models.BigIntegerField()),
                ('last_hit', models.DateTimeField()),
                ('histogram', models.TextField()),
                ('slice', models.BigIntegerField()),
            ],
            options={
                'db_table': 'analytics_minute',
            },
        )
        ]),
        migrations.RunSQL(level("analytics_month"), "DROP TABLE analytics_month", state_operations=[
migrations.CreateModel(
            name='MonthAggregate',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation', 'bucket', 'dimension', 'api', 'value', 'detail', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.TextField()),
                ('bucket', models.DateTimeField(help_text='The start of the time bucket.')),
                ('dimension', models.SmallIntegerField()),
                ('api', models.TextField()),
                ('value', models.TextField()),
                ('detail', models.TextField()),
                ('name', models.TextField(help_text="The value in words: an API's name, a key's alias.")),
                ('hits', models.BigIntegerField()),
                ('successes', models.BigIntegerField(help_text='Answers 200 to 299.')),
                ('errors', models.BigIntegerField(help_text='Answers from 400.')),
                ('request_time', models.BigIntegerField()),
                ('latency', models.BigIntegerField()),
                ('upstream_latency', models.BigIntegerField()),
                ('min_latency', models.BigIntegerField()),
                ('max_latency', models.BigIntegerField()),
                ('min_upstream_latency', models.BigIntegerField()),
                ('max_upstream_latency', models.BigIntegerField()),
                ('last_hit', models.DateTimeField()),
                ('histogram', models.TextField()),
                ('pending', models.BooleanField()),
            ],
            options={
                'db_table': 'analytics_month',
            },
        )
        ]),
        migrations.CreateModel(
            name='ClosedHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.TextField(blank=True)),
                ('hour', models.DateTimeField()),
                ('ledger', models.BigIntegerField(help_text='Stored records of the hour, by the ledger.')),
                ('records', models.BigIntegerField(help_text='Requests of the hour, by the raw records.')),
                ('hits', models.BigIntegerField(help_text='Requests of the hour, by the aggregates as found.')),
                ('proved_at', models.DateTimeField()),
                ('repaired_at', models.DateTimeField(help_text='When the aggregates were written again.', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'hour'), name='analytics_closed_hour_once')],
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.TextField(blank=True)),
                ('hour', models.DateTimeField()),
                ('received', models.BigIntegerField()),
                ('stored', models.BigIntegerField()),
                ('duplicates', models.BigIntegerField()),
                ('rejected', models.BigIntegerField()),
                ('filtered', models.BigIntegerField()),
                ('network', models.BigIntegerField(help_text='Of the stored records, those of network statistics.')),
            ],
            options={
                'verbose_name_plural': 'ledger entries',
                'indexes': [models.Index(fields=['organisation', 'hour'], name='analytics_ledger_hour')],
            },
        ),
        migrations.CreateModel(
            name='NetworkStatistic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.TextField()),
                ('bucket', models.DateTimeField()),
                ('api', models.TextField()),
                ('records', models.IntegerField()),
                ('open_connections', models.BigIntegerField()),
                ('closed_connections', models.BigIntegerField()),
                ('bytes_in', models.BigIntegerField()),
                ('bytes_out', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['organisation', 'bucket'], name='analytics_network_bucket')],
            },
        ),
        migrations.CreateModel(
            name='RejectedRecord',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('organisation', models.TextField(blank=True, help_text='Empty when the payload does not tell.')),
                ('rejected_at', models.DateTimeField(auto_now_add=True)),
                ('source', models.TextField(help_text='The Redis list it came from.')),
                ('reason', models.TextField(choices=[('undecodable', 'not an analytics record'), ('out_of_window', 'its time is outside the days that are kept'), ('refused', 'refused by the database')])),
                ('detail', models.TextField(help_text='What was wrong, in words.')),
                ('payload', models.BinaryField()),
            ],
            options={
                'indexes': [models.Index(fields=['rejected_at'], name='analytics_rejected_at')],
            },
        ),
        migrations.CreateModel(
            name='Slice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('claim', models.TextField()),
                ('start', models.BigIntegerField()),
                ('stop', models.BigIntegerField()),
                ('source', models.TextField(help_text='The Redis list that was claimed.')),
                ('received', models.BigIntegerField()),
                ('stored', models.BigIntegerField()),
                ('duplicates', models.BigIntegerField()),
                ('rejected', models.BigIntegerField()),
                ('filtered', models.BigIntegerField(help_text='Left out because the settings say so.')),
                ('first_bucket', models.DateTimeField(help_text='Oldest minute with a row of this slice.', null=True)),
                ('last_bucket', models.DateTimeField(help_text='Newest minute with a row of this slice.', null=True)),
                ('last_record', models.DateTimeField(help_text='Newest record stored.', null=True)),
                ('committed_at', models.DateTimeField()),
                ('folded', models.BooleanField(default=False, help_text='Its minutes are in the hour rows too.')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('folded', False)), fields=['id'], name='analytics_slice_unfolded'), models.Index(fields=['last_bucket'], name='analytics_slice_last_bucket'), models.Index(fields=['committed_at'], name='analytics_slice_committed')],
                'constraints': [models.UniqueConstraint(fields=('claim', 'start'), name='analytics_slice_once')],
            },
        ),
        migrations.CreateModel(
            name='UptimeRecord',
            fields=[
                ('pk', models.CompositePrimaryKey('organisation', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('organisation', models.TextField()),
                ('id', models.UUIDField()),
                ('timestamp', models.DateTimeField()),
                ('api_id', models.TextField()),
                ('url', models.TextField()),
                ('request_time', models.BigIntegerField(help_text='Milliseconds.')),
                ('status', models.IntegerField(help_text='521 when no connection was possible.')),
                ('tcp_error', models.BooleanField()),
                ('server_error', models.BooleanField()),
            ],
            options={
                'indexes': [models.Index(fields=['timestamp'], name='analytics_uptime_timestamp')],
            },
        ),
    ]
