"""Ready-made scenes: what happens at a desk, played by one click or one call.

Each is a function of a `Scene`; a new one is a function and a line in SCENARIOS. Customers speak Turkish, as the sample people do.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from invekto_sandbox.faults import EVERYWHERE
from invekto_sandbox.whatsapp_cloud.accounts import Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.coexistence import DAY_S, PastLine, push_contacts, push_history
from invekto_sandbox.whatsapp_cloud.crowd import Crowds, CrowdWish
from invekto_sandbox.whatsapp_cloud.inbound import Draft
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import WINDOW_S
from invekto_sandbox.whatsapp_cloud.pictures import picture

log = logging.getLogger("invekto_sandbox.scenarios")
_PHONES_FROM: Final = 905_570_000_000  # a range that no operator gives out
_CLOSES_IN_S: Final = 20.0
_OUTAGE_S: Final = 60.0


@dataclass(slots=True)
class Run:
    """One playing of a scenario. `customer` is whom to look at, once there is somebody."""

    id: int
    name: str
    number: str
    customer: int | None = None
    running: bool = True
    problem: str | None = None

    def report(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "number": self.number,
            "customer": self.customer,
            "running": self.running,
            "problem": self.problem,
        }


@dataclass(slots=True)
class Scene:
    """What a scenario works with. `pace` stretches its pauses; 0 plays it without any."""

    cloud: WhatsAppCloud
    crowds: Crowds
    number: Number
    run: Run
    pace: float
    tell: Callable[[], None]

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self.pace)

    def newcomer(self, name: str) -> Json:
        """Somebody who never wrote, on the screen from now on."""
        row = self.cloud.core.store.one(
            "select max(cast(phone as integer)) as top from wa_customer where phone between ? and ?",
            str(_PHONES_FROM),
            str(_PHONES_FROM + 9_999_999),
        )
        phone = max(_PHONES_FROM, (row["top"] if row else None) or 0) + 1
        customer = self.cloud.people.create({"phone": f"+{phone}", "name": name})
        self.run.customer = customer["id"]
        self.cloud.core.hub.changed((self.number.phone_number_id, customer["id"]))
        self.tell()
        return customer

    def write(self, customer: Json, body: Json, age_s: float | None = None) -> str:
        """Gives the message's id."""
        return self.cloud.inbound.write(self.number, customer, [Draft(body, age_s=age_s)])[0].wamid

    def say(self, customer: Json, text: str, **more: Any) -> str:
        return self.write(customer, {"type": "text", "text": {"body": text}, **more})

    def send_picture(self, customer: Json, index: int, caption: str | None) -> None:
        draft = self.cloud.inbound.media_draft(
            self.number,
            "image",
            picture(index),
            "image/png",
            filename=None,
            caption=caption,
            voice=False,
            context=None,
        )
        self.cloud.inbound.write(self.number, customer, [draft])


async def new_customer(scene: Scene) -> None:
    """Somebody new greets and asks for a price."""
    customer = scene.newcomer("Gülşen Aktaş")
    scene.say(customer, "Merhaba 👋")
    await scene.pause(2)
    scene.say(customer, "6 üst diş için zirkonyum fiyatı nedir?")


async def album(scene: Scene) -> None:
    """Six pictures one after another, the first with a caption."""
    customer = scene.newcomer("Umut Şener")
    for index in range(6):
        scene.send_picture(customer, index, "Filmlerim burada" if index == 0 else None)
        await scene.pause(0.3)


async def rush(scene: Scene) -> None:
    """Twenty new customers write within ten seconds."""
    rate = 2 / scene.pace if scene.pace else None
    run = scene.crowds.start(CrowdWish(numbers=[scene.number], customers=20, rate=rate))
    await scene.crowds.wait(run)


async def from_ad(scene: Scene) -> None:
    """Somebody comes from an advertisement."""
    customer = scene.newcomer("Derya Korkmaz")
    referral = {
        "source_url": "https://fb.me/3sandbox",
        "source_id": "120210000000000001",
        "source_type": "ad",
        "headline": "Ağız Sağlığı Haftası",
        "body": "Ücretsiz muayene için bize yazın.",
        "media_type": "image",
        "image_url": "https://scontent.example/ad.jpg",
        "ctwa_clid": "ARAkLkA8rmlFeiCktEJQ-QTwRiyYHAFDLMNDBH0CD3qpjd0HR4irJ6LEkR7JwLF4XvnO",
        "welcome_message": {"text": "Merhaba! Size nasıl yardımcı olabiliriz?"},
    }
    scene.say(customer, "Merhaba, reklamdaki kampanya için yazıyorum.", referral=referral)


async def edit_and_delete(scene: Scene) -> None:
    """An angry customer writes, then softens one message and deletes another for everyone."""
    customer = scene.newcomer("İrem Öz")
    first = scene.say(customer, "Üç gündür cevap bekliyorum, bu nasıl hizmet!")
    await scene.pause(1)
    second = scene.say(customer, "Rezaletsiniz!!!")
    await scene.pause(3)
    softer = {"type": "text", "text": {"body": "Üç gündür cevap bekliyorum, bakar mısınız?"}}
    scene.write(customer, {"type": "edit", "edit": {"original_message_id": first, "message": softer}})
    await scene.pause(1)
    scene.write(customer, {"type": "revoke", "revoke": {"original_message_id": second}})


async def window_closes(scene: Scene) -> None:
    """The customer wrote almost a day ago: the window closes while somebody is answering."""
    customer = scene.newcomer("Emre Yalçın")
    body = {"type": "text", "text": {"body": "Randevumu cumaya alabilir miyiz?"}}
    scene.write(customer, body, age_s=WINDOW_S - _CLOSES_IN_S)
    await scene.pause(_CLOSES_IN_S)
    scene.cloud.core.hub.changed((scene.number.phone_number_id, customer["id"]))


async def template_rejected(scene: Scene) -> None:
    """The newest template that waits for its review, or a new one, is rejected."""
    templates, waba_id = scene.cloud.templates, scene.number.waba_id
    row = next((one for one in templates.all_of(waba_id) if one["status"] == "PENDING"), None)
    if row is None:
        wish: Json = {
            "name": f"kampanya_{int(time.time() * 1000)}",
            "language": "tr",
            "category": "MARKETING",
            "components": [{"type": "BODY", "text": "Bu haftaya özel indirim, hemen yazın!"}],
            "held": True,
        }
        row = templates.put(waba_id, wish, "PENDING")
    await scene.pause(3)
    templates.change(row, {"status": "REJECTED", "reason": "PROMOTIONAL"})


async def number_changed(scene: Scene) -> None:
    """A customer takes another phone number and goes on writing."""
    customer = scene.newcomer("Selin Arslan")
    scene.say(customer, "Merhaba, salı günkü randevum duruyor mu?")
    await scene.pause(2)
    scene.cloud.inbound.move(scene.number, customer, f"+{int(customer['phone']) + 5_000_000}")
    await scene.pause(2)
    moved = scene.cloud.people.find(customer["id"])
    assert moved is not None
    scene.say(moved, "Yeni numaram bu, buradan devam edelim.")


async def history(scene: Scene) -> None:
    """A number that stays on its phone is shared: earlier talks and the address book arrive."""
    hour_s = 3600
    people = [scene.newcomer(name) for name in ("Hatice Şimşek", "Khalid Mansour", "Bora Tekin")]
    talks = [
        (
            people[0],
            [
                PastLine(False, "Çocuğum için kontrol randevusu alabilir miyim?", 40 * DAY_S),
                PastLine(True, "Tabii, perşembe 15.00 uygun mu?", 40 * DAY_S - hour_s),
                PastLine(False, "Uygun, teşekkürler.", 40 * DAY_S - 2 * hour_s),
                PastLine(False, "Yarın geliyoruz, değil mi?", 6 * hour_s),
            ],
        ),
        (
            people[1],
            [
                PastLine(False, "مرحبا، هل يمكنني حجز موعد؟", 120 * DAY_S),
                PastLine(True, "Merhaba, evet. Hangi gün istersiniz?", 120 * DAY_S - hour_s),
            ],
        ),
        (
            people[2],
            [
                PastLine(True, "Randevunuz yarın 11.30'da.", 12 * DAY_S),
                PastLine(False, "Geleceğim 👍", 12 * DAY_S - hour_s),
            ],
        ),
    ]
    push_contacts(scene.cloud, scene.number, people)
    await scene.pause(1)
    push_history(scene.cloud, scene.number, talks)


async def outage(scene: Scene) -> None:
    """The provider is away for a minute; what was written meanwhile arrives afterwards."""
    customer = scene.newcomer("Can Aydın")
    scene.say(customer, "Merhaba, orada mısınız?")
    await scene.pause(1)
    for_s = max(0.5, _OUTAGE_S * scene.pace)
    scene.cloud.core.faults.change(EVERYWHERE, {"outage": {"for_s": for_s}})
    await scene.pause(3)
    scene.say(customer, "Bu ileti kesinti sırasında yazıldı.")


SCENARIOS: Final[Mapping[str, Callable[[Scene], Awaitable[None]]]] = {
    "new_customer": new_customer,
    "album": album,
    "rush": rush,
    "from_ad": from_ad,
    "edit_and_delete": edit_and_delete,
    "window_closes": window_closes,
    "template_rejected": template_rejected,
    "number_changed": number_changed,
    "history": history,
    "outage": outage,
}


class Scenarios:
    def __init__(self, cloud: WhatsAppCloud, crowds: Crowds) -> None:
        self._cloud = cloud
        self._crowds = crowds
        self._ids = itertools.count(1)
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @property
    def running(self) -> int:
        return len(self._tasks)

    def start(self, name: str, number: Number, pace: float) -> Run:
        """Raises KeyError when there is no such scenario."""
        play = SCENARIOS[name]
        run = Run(next(self._ids), name, number.phone_number_id)
        scene = Scene(self._cloud, self._crowds, number, run, pace, lambda: self._tell(run))
        task = asyncio.create_task(self._play(play, scene))
        self._tasks[run.id] = task
        task.add_done_callback(lambda _task: self._tasks.pop(run.id, None))
        return run

    async def wait(self, run: Run) -> None:
        task = self._tasks.get(run.id)
        if task is not None:
            await asyncio.shield(task)

    def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def _play(self, play: Callable[[Scene], Awaitable[None]], scene: Scene) -> None:
        began = time.monotonic()
        try:
            await play(scene)
        except Exception as error:
            # Said where it was asked for: nobody waits for this task.
            scene.run.problem = f"{type(error).__name__}: {error}"
            log.exception("scenario %s broke after %.1f s", scene.run.name, time.monotonic() - began)
        finally:
            scene.run.running = False
            self._tell(scene.run)

    def _tell(self, run: Run) -> None:
        self._cloud.core.hub.notice({"type": "scenario", "run": run.report()})
