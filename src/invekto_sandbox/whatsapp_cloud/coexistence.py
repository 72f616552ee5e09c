"""A number that stays on the business's phone: its earlier talks and its address book are pushed to the app.

Shapes [D/K]: talks come in three phases, newest first, in chunks; each message says how far it had come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from invekto_sandbox.whatsapp_cloud import payloads
from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.notify import notify
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import WINDOW_S

DAY_S = 86_400
_PHASES_S = (DAY_S, 90 * DAY_S, 180 * DAY_S)


@dataclass(frozen=True, slots=True)
class PastLine:
    """`ours`: the business wrote it. `age_s`: how long ago."""

    ours: bool
    text: str
    age_s: float


def push_history(cloud: WhatsAppCloud, number: Number, talks: Sequence[tuple[Json, Sequence[PastLine]]]) -> int:
    """Puts the talks into the phones' threads and pushes them in phases. Gives how many messages that are."""
    now = time.time()
    chunks: list[list[Json]] = [[], [], []]
    total = 0
    with cloud.core.store.tx():
        for customer, lines in talks:
            threads: list[list[Json]] = [[], [], []]
            for line in sorted(lines, key=lambda one: -one.age_s):
                phase = next(index for index, limit_s in enumerate(_PHASES_S) if line.age_s <= limit_s)
                threads[phase].append(_keep(cloud, number, customer, line, now))
                total += 1
            for phase, messages in enumerate(threads):
                if messages:
                    chunks[phase].append({"id": customer["phone"], "messages": messages})
        for phase, talks_of_phase in enumerate(chunks):
            progress = {"phase": phase, "chunk_order": 1, "progress": (40, 80, 100)[phase]}
            value = payloads.number_value(number) | {"history": [{"metadata": progress, "threads": talks_of_phase}]}
            notify(cloud, number, "history", value, lane=_lane(number), about=number.name)
    return total


def push_contacts(cloud: WhatsAppCloud, number: Number, customers: Sequence[Json]) -> None:
    """The phone's address book."""
    entries = [
        {
            "type": "contact",
            "contact": {
                "full_name": one["name"],
                "first_name": one["name"].split()[0],
                "phone_number": one["phone"],
            },
            "action": "add",
            "metadata": {"timestamp": str(int(time.time()))},
        }
        for one in customers
    ]
    value = payloads.number_value(number) | {"state_sync": entries}
    notify(cloud, number, "smb_app_state_sync", value, lane=_lane(number), about=number.name)


def _lane(number: Number) -> str:
    return f"coexistence:{number.phone_number_id}"


def _keep(cloud: WhatsAppCloud, number: Number, customer: Json, line: PastLine, now: float) -> Json:
    wamid, at = payloads.new_wamid(customer["phone"]), now - line.age_s
    content = {"body": line.text}
    direction = "business" if line.ours else "customer"
    cloud.threads.add(
        wamid=wamid,
        number_id=number.phone_number_id,
        customer_id=customer["id"],
        direction=direction,
        type_="text",
        content=content,
        status="read",
        at=at,
    )
    opened = None if line.ours else at + WINDOW_S
    last = {"at": at, "type": "text", "direction": direction}
    cloud.people.remember(number.phone_number_id, customer["id"], last=last, text=line.text, closes_at=opened)
    sides = (number.digits, customer["phone"]) if line.ours else (customer["phone"], number.digits)
    return {
        "from": sides[0],
        "to": sides[1],
        "id": wamid,
        "timestamp": str(int(at)),
        "type": "text",
        "text": content,
        "history_context": {"status": "READ"},
    }
