"""The Celery app and everything that happens by the clock.

The numbers of ``app.conf`` are for tasks that may be killed at any moment and run again: each task is
idempotent and takes an advisory lock where only one may run, so a message is never worth keeping for a
late worker (``expires``) and results are never read. Values come from the environment and not from Django's settings:
this module is imported while those load.
"""

from __future__ import annotations

import os
import ssl

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

from config.casts import broker_url
from config.env.server import REDIS_URL
from config.env.traffic import PUMP_PURGE_DELAY

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("weir")

app.conf.update(
    broker_url=broker_url(REDIS_URL),
    broker_use_ssl={"ssl_cert_reqs": ssl.CERT_REQUIRED} if REDIS_URL.startswith("rediss:") else None,
    broker_transport_options={
        "global_keyprefix": "weir-",  # the gateways may share this Redis
        "visibility_timeout": 3600,  # seconds; above the longest task, or it is delivered while it runs
        "unacked_restore_throttle": 1,  # seconds between looks for messages of a killed worker
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # for ever: Redis may be away for longer than any count
    task_ignore_result=True,
    task_default_queue="weir",
    task_routes={"pump.drain": {"queue": "pump"}},
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,  # or whoever writes to this Redis, as gateways may, stops and asks workers
    accept_content=["json"],
    timezone="UTC",
)

app.conf.beat_schedule = {
    "take records from Redis": {
        "task": "pump.drain",
        "schedule": PUMP_PURGE_DELAY,
        "options": {"queue": "pump", "expires": PUMP_PURGE_DELAY},
    },
    "save the gateways' lists, however long a drain takes": {
        "task": "pump.claim",
        "schedule": PUMP_PURGE_DELAY,
        "options": {"expires": PUMP_PURGE_DELAY},
    },
    "fold minutes into hours": {
        "task": "analytics.fold",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "roll hours into days and prove them": {
        "task": "analytics.roll_up",
        "schedule": crontab(minute=5),
        "options": {"expires": 3000},
    },
    "make and drop partitions": {
        "task": "analytics.maintain_partitions",
        "schedule": crontab(minute=0),
        "options": {"expires": 3000},
    },
    "sum up what nobody in particular asked": {
        "task": "audit.record_anonymous_requests",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "forget old audit records": {
        "task": "audit.forget",
        "schedule": crontab(hour=3, minute=50),
        "options": {"expires": 3000},
    },
    "forget old versions": {
        "task": "history.forget",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expires": 3000},
    },
    "check the audit chains": {
        "task": "audit.verify",
        "schedule": crontab(hour=4, minute=20),
        "options": {"expires": 3000},
    },
    "deliver what the outbox still holds": {
        "task": "outbox.sweep",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "forget what was delivered": {
        "task": "outbox.forget",
        "schedule": crontab(hour=3, minute=40),
        "options": {"expires": 3000},
    },
    "forget what was sent to others": {
        "task": "hooks.forget",
        "schedule": crontab(hour=3, minute=45),
        "options": {"expires": 3000},
    },
    "forget sessions that are over": {
        "task": "users.forget_sessions",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expires": 3000},
    },
}

app.autodiscover_tasks()


@setup_logging.connect
def leave_logging_alone(**_: object) -> None:
    """Log as the settings say: with a receiver here, Celery sets up nothing of its own."""
