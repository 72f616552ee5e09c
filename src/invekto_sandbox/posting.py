"""One webhook over the wire: what it is, what came of it, and its lines in the event log and the ledger."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from invekto_sandbox.eventlog import EventLog
from invekto_sandbox.ledger import Ledger
from invekto_sandbox.wire import Answer, Wire, WireError

Event = Mapping[str, Any]
"""What a webhook carries: {"type": "message"|"status"|"other", "id", "status"?}."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """`lane`: webhooks of one lane go out one after another; an empty lane waits for nobody."""

    provider: str
    account: str
    url: str
    body: bytes
    lane: str
    label: str
    about: str
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one attempt. `status` is None when no answer came; `error` says why then."""

    status: int | None
    ms: float
    error: str | None = None
    forged: bool = False

    @property
    def delivered(self) -> bool:
        return self.status == 200 and not self.forged


@dataclass(frozen=True, slots=True)
class Poster:
    wire: Wire
    log: EventLog
    ledger: Ledger

    async def ask(
        self,
        webhook: Webhook,
        headers: Mapping[str, str],
        *,
        timeout_s: float,
        forged: bool = False,
        note: str | None,
    ) -> Outcome:
        began = time.perf_counter()
        answer: Answer | None = None
        error: str | None = None
        try:
            answer = await self.wire.request("POST", webhook.url, headers, webhook.body, timeout_s=timeout_s)
        except WireError as problem:
            error = str(problem)
        took_ms = (time.perf_counter() - began) * 1000
        outcome = Outcome(None if answer is None else answer.status, took_ms, error, forged)
        self.write(webhook, outcome, note=note, headers=headers, answer=answer)
        return outcome

    def write(
        self,
        webhook: Webhook,
        outcome: Outcome,
        *,
        note: str | None,
        headers: Mapping[str, str] | None = None,
        answer: Answer | None = None,
    ) -> None:
        self.log.add(
            "webhook",
            provider=webhook.provider,
            account=webhook.account,
            label=webhook.label,
            about=webhook.about,
            status=outcome.status,
            ms=outcome.ms,
            note=joined("forged" if outcome.forged else None, note, outcome.error),
            request=webhook.body,
            answer=b"" if answer is None else answer.body,
            url=webhook.url,
            request_headers=headers,
            answer_headers=None if answer is None else answer.headers,
        )

    async def witness(self, webhook: Webhook, outcome: Outcome, *, item_id: int, attempt: int, copy: int) -> None:
        if not self.ledger.on:
            return
        await self.ledger.append(
            "webhook",
            id=item_id,
            provider=webhook.provider,
            number=webhook.account,
            attempt=attempt,
            copy=copy,
            events=list(webhook.events),
            sha256=hashlib.sha256(webhook.body).hexdigest(),
            status=outcome.status,
            error=outcome.error,
            forged=outcome.forged,
            ms=round(outcome.ms, 2),
        )


def joined(*notes: str | None) -> str | None:
    return " · ".join(filter(None, notes)) or None
