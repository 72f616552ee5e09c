"""A template goes out: in a conversation whose window is closed, and as the first message to somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from invekto.kernel.ids import uuid7
from tests.attacks.requests import PNG
from tests.conftest import MORNING
from tests.rest import stored
from tests.templates.conftest import BODY, Counter, Json

PHONE = "0555 111 22 33"
LONG_AGO = MORNING - timedelta(days=3)
VALUES = {"body.1": "Işıl", "body.2": "Cuma"}


async def first(counter: Counter, template: Json, **more: Any) -> Json:
    return {
        "channel_id": str(counter.channel_id),
        "phone": PHONE,
        "template_id": template["id"],
        "values": VALUES,
        **more,
    }


async def test_a_template_is_sent_though_the_window_is_closed(counter: Counter) -> None:
    row = await counter.synced()
    talk = await counter.world.write("+905551112233", channel=counter.channel_id, at=LONG_AGO)
    path = f"/conversations/{talk}/messages"
    free = await counter.agent.refused("POST", path, {"type": "text", "text": "Merhaba"}, idempotency_key="a")
    assert free[1]["code"] == "window_closed", "the customer wrote long ago"
    body = {"type": "template", "template_id": row["id"], "values": VALUES}
    sent = await counter.agent.post(path, body, idempotency_key="b")
    assert (sent["type"], sent["text"]) == ("template", "Merhaba Işıl, randevunuz Cuma günü saat onda.")
    assert sent["payload"]["name"] == "randevu"
    assert sent["payload"]["template_id"] == row["id"]
    assert (await counter.agent.post(path, body, idempotency_key="b"))["id"] == sent["id"]
    (taken,) = await counter.deliver()
    assert taken["content"]["shown"]["body"] == sent["text"]
    assert taken["callback_data"] == sent["id"]


async def test_a_missing_value_and_a_template_that_may_not_be_sent_are_refused(counter: Counter) -> None:
    row = await counter.synced()
    talk = await counter.world.write("+905551112233", channel=counter.channel_id)
    path = f"/conversations/{talk}/messages"
    short = {"type": "template", "template_id": row["id"], "values": {"body.1": "Işıl"}}
    status, error = await counter.agent.refused("POST", path, short, idempotency_key="a")
    assert (status, error["fields"]) == (422, [{"path": "values.body.2", "code": "required"}])
    (node,) = (await counter.control.get("/whatsapp_cloud/templates")).json()["items"]
    await counter.control.patch(f"/whatsapp_cloud/templates/{node['id']}", json={"status": "PAUSED"})
    await counter.sync()
    whole = {**short, "values": VALUES}
    status, error = await counter.agent.refused("POST", path, whole, idempotency_key="a")
    assert (status, error["code"], error["params"]) == (
        409,
        "template_not_sendable",
        {"status": "PAUSED", "reason": "paused"},
    )
    (shown,) = (await counter.agent.get("/templates"))["items"]
    assert (shown["sendable"], shown["blocked"]["code"]) == (False, "paused")
    assert "duraklattı" in shown["blocked"]["message"]
    elsewhere = await counter.world.write("+905551112244", channel=counter.world.firm.channel)
    status, error = await counter.agent.refused(
        "POST", f"/conversations/{elsewhere}/messages", whole, idempotency_key="c"
    )
    assert (status, error["fields"]) == (422, [{"path": "template_id", "code": "not_a_choice"}])


async def test_a_picture_goes_into_the_header(counter: Counter) -> None:
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::x"]}}
    row = await counter.synced(components=[header, BODY])
    without = await counter.agent.refused("POST", "/first-messages", await first(counter, row), idempotency_key="a")
    assert without[1]["fields"] == [{"path": "attachment_id", "code": "required"}]
    upload = await counter.agent.client.post("/media", files={"file": ("plan.png", PNG, "image/png")})
    body = await first(counter, row, attachment_id=upload.json()["id"])
    made = await counter.agent.post("/first-messages", body, idempotency_key="b")
    assert made["message"]["payload"]["header"] == {"format": "IMAGE"}
    assert len(made["message"]["attachments"]) == 1
    (taken,) = await counter.deliver()
    assert taken["media"]["mime"] == "image/png"


async def test_a_first_message_makes_contact_and_conversation_and_is_the_writers(counter: Counter) -> None:
    row = await counter.synced()
    check = {"channel_id": str(counter.channel_id), "phone": PHONE}
    known = await counter.agent.post("/first-messages/check", check)
    assert known == {
        "phone": "+905551112233",
        "contact": None,
        "conversation_id": None,
        "written_lately": None,
        "window_open": False,
    }
    body = await first(counter, row, name="Işıl Kaya")
    made = await counter.agent.post("/first-messages", body, idempotency_key="a")
    talk = made["conversation"]
    assert (talk["contact"]["name"], talk["assignee"]["id"]) == ("Işıl Kaya", str(counter.agent.user_id))
    assert (talk["status"], talk["preview_type"], talk["window"]) == ("open", "template", None)
    again = await counter.agent.post("/first-messages", body, idempotency_key="a")
    assert again["message"]["id"] == made["message"]["id"]
    known = await counter.agent.post("/first-messages/check", check)
    assert known["contact"] == {"id": talk["contact"]["id"], "name": "Işıl Kaya"}
    assert known["conversation_id"] == talk["id"]
    assert known["written_lately"]["by"] == "Agent1 demo"
    second = await counter.agent.post("/first-messages", body, idempotency_key="b")
    assert second["conversation"]["id"] == talk["id"], "one talk with one person"
    assert len(await counter.deliver()) == 2


async def test_a_colleagues_talk_is_not_written_into(counter: Counter) -> None:
    row = await counter.synced()
    body = await first(counter, row)
    await counter.agent.post("/first-messages", body, idempotency_key="a")
    colleague = await counter.world.browser("agent2")
    status, error = await colleague.refused("POST", "/first-messages", body, idempotency_key="b")
    assert (status, error["code"], error["params"]["name"]) == (409, "conversation_taken", "Agent1 demo")
    known = await colleague.post("/first-messages/check", {"channel_id": str(counter.channel_id), "phone": PHONE})
    assert (known["conversation_id"], known["written_lately"]["by"]) == (None, "Agent1 demo")


async def test_numbers_are_read_in_any_spelling_and_others_refused(counter: Counter) -> None:
    for spelling in ("05551112233", "+90 (555) 111-22-33", "0090 555 111 22 33", "555 111 22 33"):
        known = await counter.agent.post(
            "/first-messages/check", {"channel_id": str(counter.channel_id), "phone": spelling}
        )
        assert known["phone"] == "+905551112233"
    for spelling, code in (("0212 555 00 00", "not_mobile"), ("abc", "wrong_format"), ("12", "wrong_format")):
        status, error = await counter.agent.refused(
            "POST", "/first-messages/check", {"channel_id": str(counter.channel_id), "phone": spelling}
        )
        assert (status, error["fields"]) == (422, [{"path": "phone", "code": code}])


async def test_what_is_refused_leaves_nothing_behind(counter: Counter, superuser_url: str) -> None:
    row = await counter.synced()
    changes: list[Json] = [
        {"values": {}},
        {"phone": "12"},
        {"template_id": str(uuid7())},
        {"attachment_id": str(uuid7())},
    ]
    for change in changes:
        body = await first(counter, row, **change)
        assert (await counter.agent.refused("POST", "/first-messages", body, idempotency_key="a"))[0] == 422
    for table in ("contact", "identity", "conversation", "message"):
        assert await stored(superuser_url, f"select 1 from {table}") == []


async def test_a_provider_that_refuses_later_shows_why_in_the_line(counter: Counter) -> None:
    row = await counter.synced()
    (node,) = (await counter.control.get("/whatsapp_cloud/templates")).json()["items"]
    await counter.control.patch(f"/whatsapp_cloud/templates/{node['id']}", json={"status": "DISABLED"})
    made = await counter.agent.post("/first-messages", await first(counter, row), idempotency_key="a")
    await counter.deliver()
    page = await counter.agent.get(f"/conversations/{made['conversation']['id']}/messages")
    (line,) = [one for one in page["items"] if one["type"] == "template"]
    assert (line["status"], line["error"]["code"], line["error"]["vendor_code"]) == (
        "failed",
        "template_refused",
        "132016",
    )


async def test_a_failed_template_is_sent_again_as_it_was(counter: Counter) -> None:
    row = await counter.synced()
    made = await counter.agent.post("/first-messages", await first(counter, row), idempotency_key="a")
    counter.world.firm.channel = counter.channel_id
    await counter.world.report(made["message"]["id"], "failed", error_code="provider_unavailable")
    path = f"/conversations/{made['conversation']['id']}/messages/{made['message']['id']}"
    again = await counter.agent.post(f"{path}/resend", idempotency_key="b")
    assert (again["text"], again["payload"]) == (made["message"]["text"], made["message"]["payload"])
