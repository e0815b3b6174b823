"""Rules about passwords: what a new one must be like, and how many wrong ones lock an account.

Source: Zimbra's LdapProvisioning and LdapLockoutPolicy. The administrator sets them as attributes of the account or
its class of service.
"""

from __future__ import annotations

import time
from calendar import timegm

from zimbra.simulator.fault import SoapFault
from zimbra.simulator.store.accounts import Account, generalized_time

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(text: str, default: int) -> int:
    """A length of time: "30s", "5m", "1h", "2d", or plain seconds."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    return int(number) * _UNITS[unit] if number.isdecimal() and len(number) < 10 else default


def check_strength(account: Account, password: str) -> None:
    """account.INVALID_PASSWORD, saying which rule is broken."""
    counts = (
        ("zimbraPasswordMinUpperCaseChars", sum(c.isupper() for c in password), "not enough upper case characters"),
        ("zimbraPasswordMinLowerCaseChars", sum(c.islower() for c in password), "not enough lower case characters"),
        ("zimbraPasswordMinNumericChars", sum(c.isdigit() for c in password), "not enough numeric characters"),
        (
            "zimbraPasswordMinPunctuationChars",
            sum(not c.isalnum() and not c.isspace() for c in password),
            "not enough punctuation characters",
        ),
    )
    least, most = account.limit("zimbraPasswordMinLength"), account.limit("zimbraPasswordMaxLength")
    reason = ""
    if len(password) < max(least, 1):
        reason = "too short"
    elif most and len(password) > most:
        reason = "too long"
    for name, found, what in counts:
        if not reason and found < account.limit(name):
            reason = what
    if reason:
        raise SoapFault("account.INVALID_PASSWORD", f"invalid password: {reason}")


def is_locked_out(account: Account) -> bool:
    """Whether too many wrong passwords keep the account shut for the time being."""
    if account.status != "lockout":
        return False
    since = account.first("zimbraPasswordLockoutLockedTime")
    lasts = seconds(account.first("zimbraPasswordLockoutDuration"), 3600)
    return lasts == 0 or not since or _moment(since) + lasts > time.time()


def after_failure(account: Account) -> dict[str, list[str]]:
    """The changes to an account after a wrong password; none when it keeps no count."""
    allowed = account.limit("zimbraPasswordLockoutMaxFailures")
    if not account.flag("zimbraPasswordLockoutEnabled") or not allowed:
        return {}
    lasts = seconds(account.first("zimbraPasswordLockoutFailureLifetime"), 3600)
    now = time.time()
    failures = [
        one for one in account.values("zimbraPasswordLockoutFailureTime") if not lasts or _moment(one) + lasts > now
    ]
    failures.append(_precise(now))
    changes = {"zimbraPasswordLockoutFailureTime": failures}
    if len(failures) >= allowed:
        changes["zimbraPasswordLockoutLockedTime"] = [generalized_time(now)]
        changes["zimbraAccountStatus"] = ["lockout"]
    return changes


def after_success(account: Account) -> dict[str, list[str]]:
    """The changes to an account after the right password."""
    changes: dict[str, list[str]] = {}
    if account.values("zimbraPasswordLockoutFailureTime"):
        changes["zimbraPasswordLockoutFailureTime"] = []
    if account.status == "lockout":
        changes["zimbraPasswordLockoutLockedTime"] = []
        changes["zimbraAccountStatus"] = ["active"]
    now, last = time.time(), account.first("zimbraLastLogonTimestamp")
    pause = seconds(account.first("zimbraLastLogonTimestampFrequency"), 7 * 86_400)
    if not last or _moment(last) + pause < now:
        changes["zimbraLastLogonTimestamp"] = [generalized_time(now)]
    return changes


def _moment(text: str) -> float:
    """Seconds of a generalized time; one that cannot be read is long ago."""
    whole, _, part = text.rstrip("Z").partition(".")
    try:
        return timegm(time.strptime(whole, "%Y%m%d%H%M%S")) + (float(f"0.{part}") if part.isdecimal() else 0.0)
    except ValueError:
        return 0.0


def _precise(moment: float) -> str:
    """Two failures in the same second are two."""
    return f"{generalized_time(moment)[:-1]}.{time.time_ns() % 1_000_000_000:09d}Z"
