"""Slows down guessing at sign-in, per (account, address): nobody can lock a stranger's account from elsewhere.

The rows are PostgreSQL's, so that many processes count together. An attempt is counted before its password is compared
and taken back when it fits: a thousand at once get no further than five.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta
from typing import Final

from invekto.kernel.errors import Throttled
from invekto.kernel.tx import Tx

WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_ACCOUNT: Final = 5
# Trying one password on many accounts: an office behind one address makes fewer mistakes than this.
FAILURES_PER_ADDRESS: Final = 100
_EVERY_ACCOUNT: Final = "*"

_COUNT = """
insert into sign_in_attempt as attempt (account_key, address, failed, window_started_at)
values ($1, $2, 1, $3)
on conflict (account_key, address) do update
   set failed = case when attempt.window_started_at <= $4 then 1 else attempt.failed + 1 end,
       window_started_at = case when attempt.window_started_at <= $4 then $3 else attempt.window_started_at end
returning failed, window_started_at
"""
_TAKE_BACK = "update sign_in_attempt set failed = greatest(failed - 1, 0) where account_key = $1 and address = $2"
_FORGET = "delete from sign_in_attempt where account_key = $1 and address = $2"
_FORGET_OLD = "delete from sign_in_attempt where window_started_at <= $1"


def account_key(firm_slug: str, username_key: str) -> str:
    """Names an account that may not exist, without keeping what was typed."""
    return hashlib.sha256(f"{firm_slug}\x00{username_key}".encode()).hexdigest()


def network_of(address: str | None) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    if address is None:
        return "none"
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


async def count_attempt(tx: Tx, account: str, network: str) -> Throttled | None:
    """Counts one attempt; gives the refusal when it is one too many. To be committed either way."""
    for key, allowed in ((account, FAILURES_PER_ACCOUNT), (_EVERY_ACCOUNT, FAILURES_PER_ADDRESS)):
        row = await tx.fetchrow(_COUNT, key, network, tx.now, tx.now - WINDOW)
        assert row is not None
        if row["failed"] > allowed:
            return Throttled("sign_in_throttled", retry_after_s=_left(row["window_started_at"], tx.now))
    return None


async def forget_attempts(tx: Tx, account: str, network: str) -> None:
    """The password was right: this account may start anew from here; the address is credited this one attempt."""
    await tx.execute(_FORGET, account, network)
    await tx.execute(_TAKE_BACK, _EVERY_ACCOUNT, network)


async def forget_old_attempts(tx: Tx) -> None:
    """What no longer counts. Anybody can make rows, by typing names that do not exist."""
    await tx.execute(_FORGET_OLD, tx.now - WINDOW)


def _left(window_started_at: datetime, now: datetime) -> float:
    return (window_started_at + WINDOW - now).total_seconds()
