"""Webhooks of other fields than `messages`: about an account, a template, or the business's own phone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from invekto_sandbox.posting import Outcome, Webhook
from invekto_sandbox.whatsapp_cloud import payloads
from invekto_sandbox.whatsapp_cloud.accounts import KIND, Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.payloads import Json


def notify(
    cloud: WhatsAppCloud, number: Number, field: str, value: Json, *, lane: str, about: str
) -> Sequence[asyncio.Future[Outcome]]:
    """Queues `value` as a change of `field`. Gives the first attempt's outcome, nothing when nobody is subscribed."""
    url = cloud.subscriptions.url_for(number)
    if url is None:
        return []
    webhook = Webhook(
        provider=KIND,
        account=number.phone_number_id,
        url=url,
        body=payloads.encode(payloads.envelope([(number.waba_id, value)], field, at=int(time.time()))),
        lane=lane,
        label=field,
        about=about,
        events=(),
    )
    return cloud.core.dispatcher.add([webhook])
