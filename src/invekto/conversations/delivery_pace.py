"""Which claimed lanes may go now: draws from the channels' buckets, puts the others off. Asks no provider."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from invekto.channels.pacing import Wish, take_tokens
from invekto.channels.registry import UnknownChannelKind, capabilities_of
from invekto.conversations import delivery_batches as batches
from invekto.conversations.delivery_batches import PutOff
from invekto.conversations.delivery_outcomes import HELD_AT_MOST_S
from invekto.conversations.delivery_rows import Claim
from invekto.kernel.tenancy import Connection

_log = logging.getLogger(__name__)

_UNKNOWN_KIND_S: Final = 60.0


@dataclass
class Pace:
    """One worker's view of its channels."""

    _kinds: dict[UUID, tuple[str, str]] = field(default_factory=dict)

    async def admit(
        self, connection: Connection, claims: Sequence[Claim], troubled: set[UUID]
    ) -> tuple[list[Claim], list[Claim]]:
        """The claims that their channels admit now, and those whose provider has been away for so long that their head is
        given up; all others are put off. Adds to `troubled` the channels whose provider has failed lately.

        The caller holds the lanes.
        """
        by_channel: dict[UUID, list[Claim]] = defaultdict(list)
        for claim in claims:
            by_channel[claim.channel_id].append(claim)
        kinds = await self._kinds_of(connection, claims)
        wishes: list[Wish] = []
        put_off: list[PutOff] = []
        for channel_id, waiting in by_channel.items():
            try:
                capabilities = capabilities_of(*kinds[channel_id])
            except UnknownChannelKind as error:
                # A row of a newer version: its messages wait for a worker of that version, the others' do not.
                _log.error("delivery: no adapter for %s", error)
                put_off += [PutOff(claim, _UNKNOWN_KIND_S) for claim in waiting]
                continue
            wishes.append(Wish(waiting[0].tenant_id, channel_id, len(waiting), capabilities))
        grants = await take_tokens(connection, wishes) if wishes else {}
        admitted: list[Claim] = []
        given_up: list[Claim] = []
        for wish in wishes:
            waiting, grant = by_channel[wish.channel_id], grants[wish.channel_id]
            if grant.failures:
                troubled.add(wish.channel_id)
            admitted += waiting[: grant.granted]
            left = waiting[grant.granted :]
            if grant.open:
                given_up += [claim for claim in left if claim.held_s >= HELD_AT_MOST_S]
                left = [claim for claim in left if claim.held_s < HELD_AT_MOST_S]
            # One behind the other, as the bucket fills: due together, they would all be claimed and put off again.
            put_off += [
                PutOff(claim, grant.again_in_s + place / wish.capabilities.rate_per_s, failing=grant.open)
                for place, claim in enumerate(left)
            ]
        await batches.release_lanes(connection, put_off)
        return admitted, given_up

    async def _kinds_of(self, connection: Connection, claims: Sequence[Claim]) -> Mapping[UUID, tuple[str, str]]:
        """A channel never changes its kind, so one look is enough."""
        missing = {(claim.tenant_id, claim.channel_id) for claim in claims if claim.channel_id not in self._kinds}
        if missing:
            self._kinds.update(await batches.kinds_of(connection, sorted(missing)))
        return self._kinds
