"""Templates at the sandbox: Meta's rules when they are made and sent, the review, the webhooks; asked by a client of others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pywa import errors as pywa_errors
from pywa.types.templates import (
    BodyText,
    Buttons,
    FooterText,
    HeaderText,
    ParamFormat,
    PhoneNumberButton,
    QuickReplyButton,
    Template,
    TemplateCategory,
    TemplateLanguage,
    TemplateStatus,
    URLButton,
)

from tests.sandbox.conftest import Player, Receiver

BODY = {
    "type": "BODY",
    "text": "Merhaba {{1}}, randevunuz {{2}} günü saat onda.",
    "example": {"body_text": [["Ayşe", "Salı"]]},
}


def wish(**more: Any) -> dict[str, Any]:
    return {"name": "randevu", "language": "tr", "category": "UTILITY", "components": [BODY], **more}


async def made(player: Player, **more: Any) -> dict[str, Any]:
    answer = await player.control.post("/whatsapp_cloud/templates", json={"templates": [wish(**more)]})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["items"][0]
    return found


async def created(player: Player, **more: Any) -> Any:
    return await player.graph.post(f"/v24.0/{player.keys['waba_id']}/message_templates", json=wish(**more))


async def judged_at_once(player: Player, **verdict: str) -> None:
    await player.control.put(
        "/whatsapp_cloud/review", json={"after_s": 0, "verdict": verdict or {"status": "APPROVED"}}
    )


@pytest.mark.parametrize(
    ("body", "subcode"),
    [
        ({"type": "BODY", "text": "x" * 1025}, 2388040),
        ({"type": "BODY", "text": "{{1}} merhaba size güzel bir gün", "example": {"body_text": [["a"]]}}, 2388299),
        ({"type": "BODY", "text": "Sayın {{1}} ve {{2}} gelin", "example": {"body_text": [["a", "b"]]}}, 2388293),
        ({"type": "BODY", "text": "Merhaba {{1}}, sizi bekliyoruz yarın"}, 2388047),
        ({"type": "BODY", "text": "Merhaba {{2}}, sizi bekliyoruz yarın", "example": {"body_text": [["a"]]}}, 2388047),
    ],
)
async def test_a_body_that_breaks_a_rule_is_refused_with_metas_subcode(
    player: Player, body: dict[str, Any], subcode: int
) -> None:
    answer = await created(player, components=[body])
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["error_subcode"]) == (400, 100, subcode)
    assert error["error_user_msg"]


async def test_a_footer_with_a_variable_and_a_name_that_is_there_are_refused(player: Player) -> None:
    footer = await created(player, components=[BODY, {"type": "FOOTER", "text": "{{1}}"}])
    assert footer.json()["error"]["error_subcode"] == 2388073
    assert (await created(player)).status_code == 200
    assert (await created(player)).json()["error"]["error_subcode"] == 2388024


async def test_a_review_ends_after_a_while_and_is_told_by_a_webhook(player: Player, receiver: Receiver) -> None:
    await judged_at_once(player, status="REJECTED", reason="PROMOTIONAL")
    answer = await created(player)
    assert answer.json()["status"] == "PENDING"
    await receiver.until(lambda: len(receiver.posts) == 1)
    entry = receiver.posts[0].update["entry"][0]
    change = entry["changes"][0]
    assert (entry["id"], change["field"]) == (player.keys["waba_id"], "message_template_status_update")
    assert change["value"]["event"] == "REJECTED"
    assert change["value"]["reason"] == "PROMOTIONAL"
    assert change["value"]["message_template_id"] == int(answer.json()["id"])


async def test_quality_category_and_pause_are_told_each_by_their_webhook(player: Player, receiver: Receiver) -> None:
    row = await made(player)
    wanted = {"status": "PAUSED", "quality": "RED", "category": "MARKETING"}
    answer = await player.control.patch(f"/whatsapp_cloud/templates/{row['id']}", json=wanted)
    assert answer.json()["status"] == "PAUSED"
    await receiver.until(lambda: len(receiver.posts) == 3)
    fields = [post.update["entry"][0]["changes"][0]["field"] for post in receiver.posts]
    assert fields == ["message_template_status_update", "message_template_quality_update", "template_category_update"]


async def test_the_list_comes_page_by_page(player: Player) -> None:
    for number in range(5):
        await made(player, name=f"sablon_{number}")
    url: str | None = f"/v24.0/{player.keys['waba_id']}/message_templates?fields=name&limit=2"
    names: list[str] = []
    pages = 0
    while url:
        page = (await player.graph.get(url)).json()
        names += [one["name"] for one in page["data"]]
        url, pages = page["paging"].get("next"), pages + 1
    assert (sorted(names), pages) == ([f"sablon_{number}" for number in range(5)], 3)


def sent(*parameters: Any, name: str = "randevu", language: str = "tr") -> dict[str, Any]:
    components = [{"type": "body", "parameters": [{"type": "text", "text": one} for one in parameters]}]
    return {"name": name, "language": {"code": language}, "components": components}


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (sent("Ayşe"), 132000),
        (sent("Ayşe", "Salı", name="yok"), 132001),
        (sent("Ayşe", "Salı", language="en"), 132001),
        (sent("x" * 1000, "y" * 100), 132005),
        (sent("Ayşe\nFatma", "Salı"), 132018),
    ],
)
async def test_a_send_that_does_not_fit_the_template_is_refused(
    player: Player, template: dict[str, Any], code: int
) -> None:
    await made(player)
    answer = await player.send(type="template", text=None, template=template)
    assert answer.json()["error"]["code"] == code


async def test_a_paused_template_and_another_format_are_refused(player: Player) -> None:
    row = await made(player)
    wrong = sent("a", "b")
    wrong["components"][0]["parameters"][0] = {"type": "image", "image": {"link": "http://127.0.0.1/a.png"}}
    assert (await player.send(type="template", text=None, template=wrong)).json()["error"]["code"] == 132012
    await player.control.patch(f"/whatsapp_cloud/templates/{row['id']}", json={"status": "PAUSED"})
    answer = await player.send(type="template", text=None, template=sent("Ayşe", "Salı"))
    assert answer.json()["error"]["code"] == 132015


async def test_a_sent_template_is_shown_filled_in_and_priced_by_its_category(
    player: Player, receiver: Receiver
) -> None:
    await made(player, category="MARKETING")
    answer = await player.send(type="template", text=None, template=sent("Ayşe", "Salı"))
    wamid = answer.json()["messages"][0]["id"]
    await receiver.until(lambda: "sent" in receiver.steps(wamid))
    shown = (await player.control.get("/whatsapp_cloud/sent")).json()["items"][0]
    assert shown["content"]["shown"]["body"] == "Merhaba Ayşe, randevunuz Salı günü saat onda."
    assert receiver.values("statuses")[0]["pricing"]["category"] == "marketing"


async def test_pywa_makes_lists_sends_and_deletes_a_template(player: Player) -> None:
    await judged_at_once(player)
    keys = player.keys
    wa = player.pywa(waba_id=keys["waba_id"])
    draft = Template(
        name="siparis_yolda",
        category=TemplateCategory.UTILITY,
        language=TemplateLanguage.TURKISH,
        parameter_format=ParamFormat.NAMED,
        components=[
            HeaderText("Siparişiniz {{no}} yolda", no="S-1"),
            BodyText("Merhaba {{ad}}, siparişiniz bugün kargoya verildi.", ad="Ayşe"),
            FooterText(text="Mavera"),
            Buttons(
                buttons=[
                    QuickReplyButton(text="Teşekkürler"),
                    URLButton(text="Takip", url="https://ornek.test/{{1}}", example="S-1"),
                    PhoneNumberButton(text="Ara", phone_number="+902120000000"),
                ]
            ),
        ],
    )

    def plays() -> tuple[str, str]:
        made_id = wa.create_template(draft).id
        assert [(one.id, one.name) for one in wa.get_templates()] == [(made_id, "siparis_yolda")]
        with pytest.raises(pywa_errors.WhatsAppError):
            wa.create_template(draft)
        while wa.get_template(made_id).status is not TemplateStatus.APPROVED:
            pass
        message = wa.send_template(
            "905551112233",
            "siparis_yolda",
            TemplateLanguage.TURKISH,
            params=[
                HeaderText.params(no="S-77"),
                BodyText.params(ad="Işıl"),
                QuickReplyButton.params(callback_data="tesekkur", index=0),
                URLButton.params(url_variable="S-77", index=1),
            ],
        )
        return made_id, message.id

    made_id, wamid = await asyncio.to_thread(plays)
    (shown,) = [one for one in (await player.control.get("/whatsapp_cloud/sent")).json()["items"] if one["id"] == wamid]
    assert shown["content"]["shown"]["header"]["text"] == "Siparişiniz S-77 yolda"
    assert shown["content"]["shown"]["body"].startswith("Merhaba Işıl,")
    assert shown["content"]["shown"]["buttons"][1]["url"] == "https://ornek.test/S-77"
    await asyncio.to_thread(wa.delete_template, "siparis_yolda", template_id=made_id)
    assert await asyncio.to_thread(lambda: list(wa.get_templates())) == []
