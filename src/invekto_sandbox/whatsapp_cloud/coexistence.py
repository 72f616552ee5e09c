"""A number that stays on the business's phone: its earlier talks and its address book are pushed to the app.

Shapes [D/K]: talks come in three phases, newest first, in chunks; each message says how far it had come."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from invekto_sandbox.store import Row
from invekto_sandbox.whatsapp_cloud import payloads
from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.notify import notify
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import WINDOW_S

DAY_S = 86_400
_PHASES_S = (DAY_S, 90 * DAY_S, 180 * DAY_S)
_CHUNK = 200
_MEDIA = ("image", "video", "audio", "document", "sticker")


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


def push_phone(cloud: WhatsAppCloud, number: Number, kind: str) -> None:
    """What the phone of a number has, once it is asked for: its address book (`smb_app_state_sync`), or its talks of half a
    year (`history`): the newest phase first, within a phase the later chunks before the earlier ones."""
    rows = cloud.core.store.all("select * from wa_message where number_id = ? order by at", number.phone_number_id)
    found = {one: cloud.people.find(one) for one in dict.fromkeys(row["customer_id"] for row in rows)}
    people = {one: person for one, person in found.items() if person is not None and person["phone"]}
    if kind == "smb_app_state_sync":
        if people:
            push_contacts(cloud, number, list(people.values()))
        return
    phases: list[list[tuple[str, Json]]] = [[], [], []]
    for row in rows:
        age_s = time.time() - row["at"]
        phase = next((index for index, limit_s in enumerate(_PHASES_S) if age_s <= limit_s), None)
        if phase is not None and row["customer_id"] in people:
            phone = people[row["customer_id"]]["phone"]
            phases[phase].append((phone, _told(number, phone, row)))
    chunks = [
        (phase, order + 1, told[order * _CHUNK : (order + 1) * _CHUNK])
        for phase, told in enumerate(phases)
        for order in reversed(range(-(-len(told) // _CHUNK)))
    ]
    for place, (phase, order, told) in enumerate(chunks, 1):
        progress = {"phase": phase, "chunk_order": order, "progress": 100 * place // len(chunks)}
        threads: dict[str, list[Json]] = {}
        for phone, message in told:
            threads.setdefault(phone, []).append(message)
        talks = [{"id": phone, "messages": messages} for phone, messages in threads.items()]
        value = payloads.number_value(number) | {"history": [{"metadata": progress, "threads": talks}]}
        notify(cloud, number, "history", value, lane=_lane(number), about=number.name)


def _told(number: Number, phone: str, row: Row) -> Json:
    """A line as history tells it; its file would follow later under the same id."""
    ours = row["direction"] == "business"
    type_ = "media_placeholder" if row["type"] in _MEDIA else row["type"]
    return {
        "from": number.digits if ours else phone,
        "to": phone if ours else number.digits,
        "id": row["wamid"],
        "timestamp": str(int(row["at"])),
        "type": type_,
        **({} if type_ == "media_placeholder" else {type_: json.loads(row["content"])}),
        "history_context": {"status": row["status"].upper()},
    }


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
