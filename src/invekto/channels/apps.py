"""Whose secret signs a webhook: finds and opens the app behind an address, and keeps it for a short while.

A provider posts hundreds of times a second with one secret; a changed secret counts after SECRETS_KEPT_S at the latest.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg

from invekto.channels.adapter import Credentials
from invekto.channels.service import open_app
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database
from invekto.kernel.errors import Unavailable
from invekto.kernel.tenancy import RECEIPTS

_log = logging.getLogger(__name__)

SECRETS_KEPT_S: Final = 10.0
# Somebody who has just saved an app tries its address at once.
ABSENCE_KEPT_S: Final = 2.0
ANSWER_S: Final = 3.0
"""The provider waits for its answer some seconds only: then it had better be told to come again."""
_KEPT_MAX: Final = 1_000

_Place: TypeAlias = tuple[str, UUID | None]

_PLATFORM: Final = "select id, tenant_id, secret, verify_token, null::uuid as channel_id from app where kind = $1 and tenant_id is null"
# An app's own id, or a channel's: then the app that the channel is bound to signs, and for that channel alone.
_BY_KEY: Final = """
select a.id, a.tenant_id, a.secret, a.verify_token, null::uuid as channel_id from app a where a.id = $2 and a.kind = $1
union all
select a.id, a.tenant_id, a.secret, a.verify_token, r.channel_id
  from channel_route r join app a on a.id = r.app_id
 where r.channel_id = $2 and r.kind = $1
limit 1
"""


@dataclass(frozen=True, slots=True)
class SigningApp:
    """Who signs at one webhook address. `channel_id` when the address is a channel's own."""

    app_id: UUID
    channel_id: UUID | None
    credentials: Credentials = field(repr=False)


@dataclass
class Apps:
    """One process's opened app secrets."""

    database: Database
    keys: KeyRing
    _kept: dict[_Place, tuple[float, SigningApp | None]] = field(default_factory=dict)
    _asking: dict[_Place, asyncio.Task[SigningApp | None]] = field(default_factory=dict)

    async def find(self, kind: str, key: UUID | None) -> SigningApp | None:
        """The app behind `/hooks/{kind}` or `/hooks/{kind}/{key}`. None when nobody can sign there.

        Raises:
            Unavailable: the database is away, so nobody can tell.
        """
        place = (kind, key)
        kept = self._kept.get(place)
        if kept is not None:
            kept_s = ABSENCE_KEPT_S if kept[1] is None else SECRETS_KEPT_S
            if self.database.clock.monotonic() - kept[0] < kept_s:
                return kept[1]
        # However many requests wait for it, the question is asked once.
        task = self._asking.get(place)
        if task is None:
            task = self._asking[place] = asyncio.create_task(self._ask(place))
            task.add_done_callback(lambda done: self._asked(place, done))
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.shield(task)
        except TimeoutError:
            # It stands still, or waits for a lock. The question stays under way; whoever comes next waits for the same one.
            raise Unavailable(retry_after_s=1) from None

    def _asked(self, place: _Place, done: asyncio.Task[SigningApp | None]) -> None:
        self._asking.pop(place, None)
        if not done.cancelled() and (error := done.exception()) is not None:
            # Perhaps nobody waits for it any more.
            _log.debug("the question for %s has ended: %r", place[0], error)

    def forget(self) -> None:
        self._kept.clear()

    async def _ask(self, place: _Place) -> SigningApp | None:
        kind, key = place
        try:
            pool = await self.database.pool(RECEIPTS)
            async with pool.acquire() as connection:
                row = await (
                    connection.fetchrow(_PLATFORM, kind) if key is None else connection.fetchrow(_BY_KEY, kind, key)
                )
        except DATABASE_TROUBLE as error:
            _log.warning("the secret of a webhook address cannot be looked up: %r", error)
            raise Unavailable(retry_after_s=1) from error
        found = None if row is None else self._opened(row)
        if len(self._kept) >= _KEPT_MAX:
            # Addresses that a stranger guesses must not fill the memory.
            self._kept.clear()
        self._kept[place] = (self.database.clock.monotonic(), found)
        return found

    def _opened(self, row: asyncpg.Record) -> SigningApp | None:
        try:
            credentials = open_app(self.keys, row["tenant_id"], row["secret"], row["verify_token"])
        except SecretUnreadable as error:
            _log.error("the secrets of app %s cannot be opened (%s): its webhooks are refused", row["id"], error)
            return None
        return SigningApp(row["id"], row["channel_id"], credentials)
