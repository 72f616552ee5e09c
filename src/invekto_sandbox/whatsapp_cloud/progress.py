"""From accepted to read: what happens to a business message after the answer, and the status webhooks about it.

A number nobody plays delivers and reads by itself after short delays. A played one (see `live`) delivers when its
page is connected and reads when the thread is on the screen. The plan is in the row, so a restart goes on with it.
"""

from __future__ import annotations

import asyncio
import json
import time

from invekto_sandbox.core import Core
from invekto_sandbox.posting import Outcome, Webhook
from invekto_sandbox.settings import Delays
from invekto_sandbox.store import Row
from invekto_sandbox.whatsapp_cloud import media as media_rules
from invekto_sandbox.whatsapp_cloud import payloads
from invekto_sandbox.whatsapp_cloud.accounts import KIND, Accounts, Number
from invekto_sandbox.whatsapp_cloud.errors import status_error
from invekto_sandbox.whatsapp_cloud.media import MediaShelf
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import People
from invekto_sandbox.whatsapp_cloud.subscriptions import Subscriptions
from invekto_sandbox.whatsapp_cloud.threads import Threads
from invekto_sandbox.wire import WireError

RANK = {"accepted": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}
_PLAYED_DELIVERED_S = 0.15
_PLAYED_READ_S = 0.3
_FETCH_S = 20.0


class Progress:
    def __init__(
        self,
        core: Core,
        accounts: Accounts,
        people: People,
        threads: Threads,
        media: MediaShelf,
        subscriptions: Subscriptions,
    ) -> None:
        self._core = core
        self._store = core.store
        self._accounts = accounts
        self._people = people
        self._threads = threads
        self._media = media
        self._subscriptions = subscriptions
        self.delays: Delays = core.settings.delays
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._fetches: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        """Steps that will happen by themselves."""
        return len(self._timers) + len(self._fetches)

    def resume(self) -> None:
        """Goes on with what an earlier process had planned."""
        for row in self._store.all("select * from wa_message where next_status is not null"):
            self._arm(row["wamid"], row["next_status"], max(0.0, (row["next_at"] or 0) - time.time()))
        for row in self._store.all(
            "select * from wa_message where direction = 'business' and next_status is null"
            " and status in ('sent', 'delivered') and type <> 'reaction' and request is not null"  # null: history
        ):
            self._continue(row)  # its page went with the old process

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        for task in self._fetches:
            task.cancel()
        self._timers.clear()

    def begin(self, row: Row) -> None:
        """A message was accepted; called in the transaction that stored it."""
        content = json.loads(row["content"])
        if row["fate"] is not None:
            self._plan(row["wamid"], "failed", self.delays.sent_s)
        elif row["type"] in media_rules.TYPES and content.get("link"):
            self._plan(row["wamid"], "fetch", 0)
        else:
            self._plan(row["wamid"], "sent", self.delays.sent_s)

    def set_by_hand(
        self, row: Row, status: str, code: int | None, details: str | None
    ) -> asyncio.Future[Outcome] | None:
        """Emits a status at once, in any order; the automatic steps of this message end. The row only moves forward."""
        self._disarm(row["wamid"])
        errors = [status_error(code or 131000, details)] if status == "failed" else None
        self._store.run("update wa_message set next_status = null where wamid = ?", row["wamid"])
        return self._apply(row, status, errors)

    def opened(self, number_id: str, customer_id: int) -> None:
        """A page took this phone: what waited for it is delivered."""
        for row in self._waiting(number_id, customer_id, "sent"):
            self._plan(row["wamid"], "delivered", _PLAYED_DELIVERED_S)

    def seen(self, number_id: str, customer_id: int) -> None:
        """The thread is on the screen."""
        for row in self._waiting(number_id, customer_id, "delivered"):
            self._plan(row["wamid"], "read", _PLAYED_READ_S)

    def left(self, number_id: str, customer_id: int) -> None:
        """Nobody plays this phone any more: it goes on by itself."""
        for status in ("sent", "delivered"):
            for row in self._waiting(number_id, customer_id, status):
                self._continue(row)

    def _waiting(self, number_id: str, customer_id: int, status: str) -> list[Row]:
        return self._store.all(
            "select * from wa_message where number_id = ? and customer_id = ? and direction = 'business'"
            " and status = ? and next_status is null and type <> 'reaction' order by seq",
            number_id,
            customer_id,
            status,
        )

    def _plan(self, wamid: str, status: str, delay_s: float) -> None:
        self._store.run(
            "update wa_message set next_status = ?, next_at = ? where wamid = ?", status, time.time() + delay_s, wamid
        )
        self._store.after_commit(lambda: self._arm(wamid, status, delay_s))

    def _arm(self, wamid: str, status: str, delay_s: float) -> None:
        self._disarm(wamid)
        self._timers[wamid] = asyncio.get_running_loop().call_later(delay_s, self._fire, wamid, status)

    def _disarm(self, wamid: str) -> None:
        timer = self._timers.pop(wamid, None)
        if timer is not None:
            timer.cancel()

    def _fire(self, wamid: str, status: str) -> None:
        self._timers.pop(wamid, None)
        row = self._threads.find(wamid)
        if row is None or row["next_status"] != status:
            return
        if status == "fetch":
            task = asyncio.create_task(self._fetch(row))
            self._fetches.add(task)
            task.add_done_callback(self._fetches.discard)
            return
        with self._store.tx():
            self._store.run("update wa_message set next_status = null where wamid = ?", wamid)
            errors = [status_error(row["fate"] or 131000, row["fate_details"])] if status == "failed" else None
            self._apply(row, status, errors)
            fresh = self._threads.find(wamid)
            assert fresh is not None
            self._continue(fresh)

    def _continue(self, row: Row) -> None:
        """Plans the next step, or leaves it to the phone that is being played."""
        phone = (row["number_id"], row["customer_id"])
        hub = self._core.hub
        played = hub.played(phone)
        if row["status"] == "sent":
            if not played:
                self._plan(row["wamid"], "delivered", self.delays.delivered_s)
            elif hub.connected(phone):
                self._plan(row["wamid"], "delivered", _PLAYED_DELIVERED_S)
        elif row["status"] == "delivered" and row["type"] != "reaction":
            if not played:
                self._plan(row["wamid"], "read", self.delays.read_s)
            elif hub.visible(phone):
                self._plan(row["wamid"], "read", _PLAYED_READ_S)

    def _apply(self, row: Row, status: str, errors: list[Json] | None) -> asyncio.Future[Outcome] | None:
        """The status into the row (never backwards) and its webhook into the queue."""
        if RANK[status] > RANK.get(row["status"], 0) or (row["status"] == "failed" and status == "delivered"):
            self._store.run(
                "update wa_message set status = ?, errors = ? where wamid = ?",
                status,
                json.dumps(errors) if errors else None,
                row["wamid"],
            )
            self._core.hub.changed((row["number_id"], row["customer_id"]), row["seq"])
        return self._emit(row, status, errors)

    def _emit(self, row: Row, status: str, errors: list[Json] | None) -> asyncio.Future[Outcome] | None:
        number = self._accounts.numbers.get(row["number_id"])
        customer = self._people.find(row["customer_id"])
        url = self._subscriptions.url_for(number) if number is not None else None
        if number is None or customer is None or url is None:
            return None
        value = payloads.status_value(
            number,
            customer,
            self._people.user_id(number, customer),
            wamid=row["wamid"],
            status=status,
            timestamp=int(time.time()),
            category=None if status == "failed" else _category(row),
            callback_data=row["callback_data"],
            errors=errors,
        )
        webhook = Webhook(
            provider=KIND,
            account=number.phone_number_id,
            url=url,
            body=payloads.encode(payloads.envelope([(number.waba_id, value)])),
            lane=lane_of(number, row["customer_id"]),
            label=f"statuses.{status}",
            about=customer["name"],
            events=({"type": "status", "id": row["wamid"], "status": status},),
        )
        with self._store.tx():
            return self._core.dispatcher.add([webhook])[0]

    async def _fetch(self, row: Row) -> None:
        """Meta gets a linked file itself, follows no redirect, and says only later that it could not."""
        link = json.loads(row["content"])["link"]
        problem: str | None = None
        media: Row | None = None
        number = self._accounts.numbers[row["number_id"]]
        kind = row["type"]
        try:
            answer = await self._core.wire.request(
                "GET", link, timeout_s=_FETCH_S, limit=media_rules.LIMITS[kind] + 65_536
            )
        except WireError as error:
            problem = f"Downloading media from weblink failed: {error}"
        else:
            mime = answer.headers.get("content-type", "application/octet-stream")
            if answer.status != 200:
                problem = f"Downloading media from weblink failed with http code {answer.status}"
            else:
                problem = media_rules.flaw(kind, mime, answer.body[:1024], len(answer.body))
            if problem is None:
                media = self._media.put(
                    answer.body,
                    media_rules.base_mime(mime),
                    waba_id=number.waba_id,
                    number_id=number.phone_number_id,
                    filename=json.loads(row["content"]).get("filename"),
                )
        if self._threads.find(row["wamid"]) is None:
            return  # a reset came in between
        with self._store.tx():
            self._store.run(
                "update wa_message set media_id = ?, fate = ?, fate_details = ? where wamid = ?",
                media["id"] if media is not None else None,
                None if problem is None else 131053,
                problem,
                row["wamid"],
            )
            self._plan(row["wamid"], "sent" if problem is None else "failed", self.delays.sent_s)
        self._core.hub.changed((row["number_id"], row["customer_id"]), row["seq"])


def lane_of(number: Number, customer_id: int) -> str:
    """One person's events leave in the order they happened; Meta promises none, tests that want chaos ask for it."""
    return f"{KIND}:{number.phone_number_id}:{customer_id}"


def _category(row: Row) -> str:
    """What it is priced as: a template by its category, anything else as an answer."""
    if row["type"] != "template":
        return "service"
    shown = json.loads(row["content"]).get("shown") or {}
    return str(shown.get("category", "utility")).lower()
