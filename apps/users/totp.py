"""The codes of second factors: time-based ones (RFC 6238), and those for the day the device is lost."""

from __future__ import annotations

import hashlib
import secrets
import string

import pyotp
from django.utils import timezone
from django.utils.crypto import constant_time_compare

STEP = 30  # seconds that a code is shown; RFC 6238's default, and all that some apps know
DRIFT = 1  # steps that a device's clock may be behind or ahead (RFC 6238, 5.2)
DIGITS = 6

RECOVERY_CODE_COUNT = 10  # made at once
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without what is read as something else
GROUPS, GROUP = 4, 4  # 16 characters of 31: 79 random bits


def new_seed() -> str:
    """Make the seed of a device: 160 random bits in base 32, as devices take it."""
    return pyotp.random_base32()


def enrolment_uri(seed: str, name: str) -> str:
    """Give what a device reads from a QR code; ``name`` tells its owner which account the codes are for."""
    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name="Weir")


def normalised_code(code: str) -> str:
    """Give a code as it is compared: without the blanks and dashes it may be written with, in lower case."""
    return "".join(sign for sign in code.lower() if sign in string.ascii_lowercase + string.digits)


def matching_step(seed: str, code: str) -> int | None:
    """Give the time step (30 s since 1970) that a code of this seed is for; ``None`` when it is wrong or too old.

    Every step is compared, and in constant time, so that time tells nothing.
    """
    now, device = int(timezone.now().timestamp()) // STEP, pyotp.TOTP(seed)
    steps = range(now - DRIFT, now + DRIFT + 1)
    right = [step for step in steps if constant_time_compare(device.generate_otp(step), normalised_code(code))]
    return max(right, default=None)


def new_recovery_code() -> str:
    """Make a recovery code: four groups of four characters."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def recovery_code_digest(code: str) -> str:
    """Give the SHA-256 of a recovery code in hex: it is random, so neither salt nor slowness is due."""
    return hashlib.sha256(normalised_code(code).encode()).hexdigest()
