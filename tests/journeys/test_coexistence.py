"""A number that stays on the firm's phone comes by Meta's dialog: its talks come in silence, what is written meanwhile does not."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.desk import Desk, wait_until

pytestmark = pytest.mark.real_ports

DAY_S = 86_400
PEOPLE = 60
LINES = 10


def _phone(place: int) -> str:
    return f"+9055502{place:05}"


def _thread(place: int, now: float) -> dict[str, Any]:
    """Ten lines over half a year, of both sides; the phone calls them otherwise than they call themselves."""
    return {
        "customer": {"phone": _phone(place), "name": f"Defter {place}"},
        "messages": [
            {
                "id": f"wamid.past.{place}.{line}",
                "from": ("customer", "business")[line % 2],
                "type": "text",
                "content": {"body": f"eski {place}.{line}"},
                "at": now - (LINES - line) * 17 * DAY_S + place,
            }
            for line in range(LINES)
        ],
    }


def test_talks_come_in_silence_beside_a_live_message_and_an_echo(desk: Desk) -> None:
    sandbox = httpx.Client(base_url=desk.sandbox_url, timeout=30)
    with desk.signed_in("supervisor", "demo2") as boss, desk.customer() as control, sandbox:
        back = f"{desk.url}/channels/connected"
        confirmed = sandbox.post(
            "/signup/confirm", json={"mode": "coexistence", "redirect_uri": back, "name": "Klinik", "state": "s"}
        ).json()
        assert confirmed["event"] == "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
        ids = confirmed["data"]
        threads = [_thread(place, time.time()) for place in range(PEOPLE)]
        kept = control.post("/whatsapp_cloud/history", json={"number": ids["phone_number_id"], "threads": threads})
        assert kept.json() == {"added": PEOPLE * LINES}
        code = parse_qs(urlsplit(confirmed["next"]).query)["code"][0]
        body = {"code": code, **ids, "mode": "coexistence"}
        origin = {"Origin": desk.url}
        made = boss.post("/api/v1/channels/embedded-signup", json=body, headers=origin)
        assert made.status_code in (200, 201), made.text
        channel_id = made.json()["channel"]["id"]

        live = control.post(
            "/whatsapp_cloud/customers", json={"number": ids["phone_number_id"], "phone": "+905559991122"}
        )
        head = {"number": ids["phone_number_id"], "wait": True}
        customer = live.json()["id"]
        control.post(f"/whatsapp_cloud/customers/{customer}/messages", json=head | {"text": "Bugün açık mısınız?"})
        control.post(f"/whatsapp_cloud/customers/{customer}/echoes", json=head | {"text": "Evet, 18.00'e kadar"})

        count = "select count(*) as n from message where channel_id = $1::uuid and text like 'eski %'"
        wait_until(
            lambda: desk.rows(count, channel_id)[0]["n"] == PEOPLE * LINES,
            lambda: f"all of it is here\n{desk.log('worker')}",
            60,
        )
        health = f"/api/v1/channels/{channel_id}/health"
        wait_until(
            lambda: (boss.get(health).json()["phone_history"] or {}).get("state") == "imported", "it is told as done"
        )
        named = "select count(*) as n from contact where name like 'Defter %' and name_source = 'phone'"
        wait_until(lambda: desk.rows(named)[0]["n"] == PEOPLE, "the address book named everybody")

        # In order, once, of the right side, and resolved before anybody saw it.
        rows = desk.rows(
            "select m.text, m.author_kind, m.seq, c.status, c.past from message m join conversation c on c.id = m.conversation_id"
            " where m.channel_id = $1::uuid and m.text like 'eski 7.%' order by m.seq",
            channel_id,
        )
        assert [row["text"] for row in rows] == [f"eski 7.{line}" for line in range(LINES)]
        assert [row["author_kind"] for row in rows] == ["contact", "phone"] * (LINES // 2)
        assert {(row["status"], row["past"]) for row in rows} == {("resolved", True)}
        # The only conversation that anybody has to look at is the live one, and the phone has answered it.
        every = boss.get("/api/v1/conversations", params={"view": "all", "status": "open", "limit": 100}).json()[
            "items"
        ]
        listed = [row for row in every if row["channel"]["id"] == channel_id]
        assert [row["preview"] for row in listed] == ["Evet, 18.00'e kadar"]
        assert listed[0]["waiting_since"] is None
        thread = boss.get(f"/api/v1/conversations/{listed[0]['id']}/messages").json()["items"]
        said = {row["text"]: (row["direction"], row["author"]["kind"]) for row in thread if row["text"]}
        assert said["Bugün açık mısınız?"] == ("inbound", "contact")
        assert said["Evet, 18.00'e kadar"] == ("outbound", "phone")
        # A storm on the stream it was not: events about conversations are those of the live one.
        told = desk.rows(
            "select count(distinct e.conversation_id) as talks from event e join conversation c on c.id = e.conversation_id"
            " where c.channel_id = $1::uuid",
            channel_id,
        )
        assert told[0]["talks"] == 1
        book = "select count(*) as n from event e join tenant t on t.id = e.tenant_id where e.kind = 'contact.imported'"
        assert 1 <= desk.rows(f"{book} and t.slug = 'demo2'")[0]["n"] <= 3
