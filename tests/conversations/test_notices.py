"""What providers say of accounts reaches the channel, whoever asked for it, or is kept; none of it is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from invekto.channels.adapter import TemplateUpdated
from invekto.kernel.events import Event
from invekto.kernel.tenancy import Connection
from tests.conversations.inlet import Inlet, Json, Line

WABA = "2002"


async def under_waba(inlet: Inlet, *lines: Line) -> None:
    for line in lines:
        await inlet.execute("update channel set parent_account_key = $2 where id = $1", line.id, WABA)
        await inlet.execute("update channel_route set parent_account_key = $2 where channel_id = $1", line.id, WABA)


def of_account(field: str, **value: Any) -> Json:
    return {"field": field, "value": value}


async def test_quality_and_limit_are_on_the_named_number_and_no_other(inlet: Inlet) -> None:
    first, second = await inlet.firm(lines=2)
    await under_waba(inlet, first, second)
    await inlet.execute("update channel set address = '+90 850 111 11 11' where id = $1", second.id)
    flagged = of_account(
        "phone_number_quality_update", display_phone_number="908501111111", event="FLAGGED", current_limit="TIER_1K"
    )
    await inlet.receive(flagged)
    rows = await inlet.rows("select id, quality, messaging_limit, health from channel order by number")
    assert [(row["quality"], row["messaging_limit"]) for row in rows] == [(None, None), ("RED", "TIER_1K")]
    assert json.loads(rows[1]["health"])["phone_number_quality_update"]["event"] == "FLAGGED"
    assert len(await inlet.rows("select 1 from event where kind = 'channel.health_changed'")) == 1
    assert await inlet.count("quarantine") == 0


async def test_an_account_wide_event_reaches_every_number_of_its_firm_alone(inlet: Inlet) -> None:
    first, second = await inlet.firm(lines=2)
    (stranger,) = await inlet.firm("demo2")
    await under_waba(inlet, first, second)
    await inlet.receive(of_account("account_update", event="ACCOUNT_RESTRICTION", restriction_info=[{"x": 1}]))
    told = await inlet.rows("select id from channel where health <> '{}'")
    assert {row["id"] for row in told} == {first.id, second.id}
    assert stranger.id not in {row["id"] for row in told}


async def test_a_template_update_goes_to_whoever_asked_or_is_kept(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await under_waba(inlet, line)
    update = of_account(
        "message_template_status_update",
        event="REJECTED",
        message_template_id=77,
        message_template_name="kampanya",
        message_template_language="tr",
        reason="PROMOTIONAL",
    )
    await inlet.receive(update)
    assert (await inlet.one("select kind from provider_event"))["kind"] == "template_updated"
    seen: list[TemplateUpdated] = []

    async def subscriber(
        _connection: Connection, parts: Sequence[tuple[UUID, UUID, Any]], _now: datetime
    ) -> Sequence[tuple[UUID, Event]]:
        assert [(tenant, channel) for tenant, channel, _ in parts] == [(line.tenant_id, line.id)]
        seen.extend(event for _, _, event in parts)
        return []

    inlet.ingest.subscribers = {TemplateUpdated: subscriber}
    await inlet.receive(update)
    assert await inlet.count("provider_event") == 1
    (one,) = seen
    assert (one.template_key, one.name, one.language, one.status, one.reason) == (
        "77",
        "kampanya",
        "tr",
        "REJECTED",
        "PROMOTIONAL",
    )


async def test_what_is_of_no_use_yet_is_kept_for_thirty_days(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await under_waba(inlet, line)
    calls = inlet.change(line, calls=[{"id": "wacid.1", "event": "connect"}]) | {"field": "calls"}
    errors = inlet.change(line, errors=[{"code": 130429, "title": "Rate limit hit"}])
    await inlet.receive(calls, errors, of_account("brand_new_field", x=1))
    kept = await inlet.rows("select kind, channel_id from provider_event order by kind")
    assert [row["kind"] for row in kept] == ["brand_new_field", "calls", "errors"]
    assert {row["channel_id"] for row in kept} == {line.id}
    assert await inlet.count("quarantine") == 0
    dropped = await inlet.connection.fetchval("select forget_provider_events(now() - interval '29 days')")
    assert dropped == 0
    await inlet.execute("update provider_event set received_at = now() - interval '31 days'")
    assert await inlet.connection.fetchval("select forget_provider_events(now() - interval '30 days')") == 3


async def test_the_phones_address_book_names_people_and_opens_nothing(inlet: Inlet) -> None:
    (line,) = await inlet.firm()
    await inlet.receive(inlet.says(line, "905551112233", name="aysecik"))

    def entry(phone: str, name: str, action: str = "add") -> Json:
        return {"type": "contact", "contact": {"full_name": name, "phone_number": phone}, "action": action}

    book = [entry("905551112233", "Ayşe Yılmaz"), entry("905557776655", "Kargo"), entry("1", "odd")]
    sync = inlet.change(line, state_sync=[*book, entry("905557776655", "Kargo", "remove")])
    await inlet.receive(sync | {"field": "smb_app_state_sync"})
    names = await inlet.rows("select name, name_source from contact order by number")
    assert [tuple(row) for row in names] == [("Ayşe Yılmaz", "phone"), ("Kargo", "phone")]
    assert await inlet.count("conversation") == 1
    # A profile does not overwrite what the firm calls somebody.
    await inlet.receive(inlet.says(line, "905551112233", name="ayse 2"))
    assert (await inlet.rows("select name from contact order by number"))[0]["name"] == "Ayşe Yılmaz"
