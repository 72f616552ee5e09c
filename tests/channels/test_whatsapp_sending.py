"""What goes out to Meta, and what each of its answers means: the sandbox as Meta."""

from __future__ import annotations

import base64

import pytest

from invekto.channels.adapter import (
    AccountRefused,
    Address,
    ChannelError,
    ChannelStopped,
    CredentialsRefused,
    InvalidRecipient,
    MarketingStopped,
    MediaGone,
    Outbound,
    OutcomeUnknown,
    PairThrottled,
    Rejected,
    TemplateRefused,
    Throttled,
    Unsupported,
    VendorDown,
    WindowClosed,
)
from invekto.channels.outgoing import OutboundMedia
from invekto.channels.whatsapp_cloud.accounts import WhatsAppAccounts
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.channels.whatsapp_cloud.connect import credentials_of
from invekto.kernel.clock import SystemClock
from tests.channels.conftest import CUSTOMER, Meta
from tests.channels.sends import OGG, PDF, PHONE, PNG, Reader, file, text, with_file


async def test_a_text_goes_by_number_with_our_id_and_the_message_it_answers(meta: Meta) -> None:
    customer = await meta.customer()
    theirs = (await meta.writes(customer, text="Merhaba"))["id"]
    receipt = await meta.adapter.send(meta.http, meta.credentials, text("Ölçü: 3 m² 😀", reply=theirs))
    (sent,) = await meta.sent()
    assert sent["id"] == receipt.provider_id
    assert sent["request"] == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": CUSTOMER,
        "biz_opaque_callback_data": "0193-ours",
        "context": {"message_id": theirs},
        "type": "text",
        "text": {"body": "Ölçü: 3 m² 😀", "preview_url": True},
    }


async def test_somebody_without_a_number_is_reached_by_the_scoped_id(meta: Meta) -> None:
    await meta.adapter.send(
        meta.http, meta.credentials, text("Selam", Address(scheme="bsuid", value="TR.7391026481000000"))
    )
    (sent,) = await meta.sent()
    assert sent["request"]["recipient"] == "TR.7391026481000000"
    assert "to" not in sent["request"]


async def test_the_number_wins_over_the_scoped_id(meta: Meta) -> None:
    both = (Address(scheme="bsuid", value="TR.1"), PHONE)
    await meta.adapter.send(meta.http, meta.credentials, text("Selam", *both))
    (sent,) = await meta.sent()
    assert sent["request"]["to"] == CUSTOMER
    assert "recipient" not in sent["request"]


@pytest.mark.parametrize(
    ("media", "caption", "part"),
    [
        (file("image", PNG, "image/png", name="şema.png"), "Şema", {"caption": "Şema"}),
        (file("document", PDF, "application/pdf", name="Teklif 3.pdf"), None, {"filename": "Teklif 3.pdf"}),
        (file("audio", OGG, "audio/ogg; codecs=opus", voice=True), None, {"voice": True}),
        (file("audio", OGG, "audio/ogg"), None, {}),
    ],
)
async def test_a_file_is_uploaded_and_sent_by_its_id(
    meta: Meta, media: OutboundMedia, caption: str | None, part: dict[str, object]
) -> None:
    await meta.adapter.send(meta.http, meta.credentials, with_file(media, caption))
    (sent,) = await meta.sent()
    request = sent["request"]
    assert request["type"] == media.kind
    assert {key: value for key, value in request[media.kind].items() if key != "id"} == part
    assert sent["media"]["size"] == media.size


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (with_file(file("audio", OGG, "audio/ogg"), "Dinle"), Unsupported),
        (with_file(file("hologram", b"x", "x/y")), Unsupported),
        (with_file(file("image", bytes(6 << 20), "image/png")), Unsupported),
        (with_file(file("image", b"GIF89a", "image/gif")), Rejected),
        (text(""), Unsupported),
        (text("Selam", Address(scheme="psid", value="1")), InvalidRecipient),
    ],
)
async def test_what_whatsapp_cannot_carry_is_refused_and_nothing_goes_out(
    meta: Meta, message: Outbound, error: type[ChannelError]
) -> None:
    with pytest.raises(error):
        await meta.adapter.send(meta.http, meta.credentials, message)
    assert meta.sends() == []


@pytest.mark.parametrize(
    ("code", "http", "error"),
    [
        (190, None, CredentialsRefused),
        (0, None, CredentialsRefused),
        (130429, 429, Throttled),
        (80007, None, Throttled),
        (131048, None, ChannelStopped),
        (131056, None, PairThrottled),
        (1, 500, VendorDown),
        (131000, 500, VendorDown),
        (131016, 503, VendorDown),
        (131047, None, WindowClosed),
        (131026, None, InvalidRecipient),
        (131050, None, MarketingStopped),
        (132001, None, TemplateRefused),
        (131051, None, Unsupported),
        (100, None, Rejected),
        (131031, None, AccountRefused),
        (777777, None, Rejected),
        (777777, 500, VendorDown),
    ],
)
async def test_a_refusal_says_by_its_class_what_to_do(
    meta: Meta, code: int, http: int | None, error: type[ChannelError]
) -> None:
    await meta.fault(refuse={"code": code, "http": http})
    with pytest.raises(error) as raised:
        await meta.adapter.send(meta.http, meta.credentials, text())
    assert type(raised.value) is error
    assert raised.value.vendor_code == str(code)
    assert [sent["accepted"] for sent in meta.sends()] == [False]


async def test_too_fast_comes_with_the_time_to_wait(meta: Meta) -> None:
    await meta.fault(throttle={"every": 1, "code": 130429, "retry_after_s": 7})
    with pytest.raises(Throttled) as raised:
        await meta.adapter.send(meta.http, meta.credentials, text())
    assert raised.value.retry_after_s == 7


async def test_a_slow_answer_is_waited_for(meta: Meta) -> None:
    await meta.fault(slow={"ms": 700})
    await meta.adapter.send(meta.http, meta.credentials, text())
    assert len(meta.sends()) == 1


async def test_an_answer_that_never_comes_leaves_the_outcome_unknown_and_asks_once(meta: Meta) -> None:
    impatient = WhatsAppCloud(meta.sandbox.base_url, send_s=0.5)
    await meta.fault(withhold={"hold_s": 30})
    with pytest.raises(OutcomeUnknown):
        await impatient.send(meta.http, meta.credentials, text())
    # Meta has it: sending again would be twice.
    assert [sent["accepted"] for sent in meta.sends()] == [True]


async def test_a_gateway_that_gives_up_leaves_the_outcome_unknown(meta: Meta) -> None:
    await meta.fault(withhold={"hold_s": 0.2})
    with pytest.raises(OutcomeUnknown):
        await meta.adapter.send(meta.http, meta.credentials, text())
    assert [sent["accepted"] for sent in meta.sends()] == [True]


async def test_reading_is_told_to_the_provider(meta: Meta) -> None:
    customer = await meta.customer()
    theirs = (await meta.writes(customer, text="Merhaba"))["id"]
    await meta.adapter.mark_read(meta.http, meta.credentials, theirs)
    with pytest.raises(Rejected):
        await meta.adapter.mark_read(meta.http, meta.credentials, "wamid.nobody")


async def test_a_customers_file_is_fetched_whole(meta: Meta) -> None:
    customer = await meta.customer()
    given = {"base64": base64.b64encode(PDF).decode(), "mime": "application/pdf", "filename": "a.pdf"}
    await meta.writes(customer, file=given)
    answer = await meta.control.get(f"/whatsapp_cloud/customers/{customer}/messages")
    media_id = answer.json()["items"][-1]["media"]["id"]
    reader = Reader()
    await meta.adapter.fetch_media(meta.http, meta.credentials, str(media_id), reader.store)
    assert (reader.content, reader.mime, reader.size) == (PDF, "application/pdf", len(PDF))


@pytest.mark.parametrize("media_id", ["111111111111111", "../me", "", "7?fields=x"])
async def test_a_file_that_is_not_there_is_gone(meta: Meta, media_id: str) -> None:
    with pytest.raises(MediaGone):
        await meta.adapter.fetch_media(meta.http, meta.credentials, media_id, Reader().store)


async def test_connecting_learns_the_number_and_refuses_a_wrong_token(meta: Meta) -> None:
    base = f"{meta.sandbox.base_url}/v26.0"
    accounts = WhatsAppAccounts(base, SystemClock().now)
    account = await accounts.connect(meta.http, meta.credentials, {})
    number = meta.keys["numbers"][0]
    assert (account.account_key, account.address, account.name) == (
        number["phone_number_id"],
        number["display_phone_number"],
        number["name"],
    )
    wrong = credentials_of(access_token="EAAno", phone_number_id=meta.keys["phone_number_id"], waba_id="1")
    with pytest.raises(CredentialsRefused):
        await accounts.connect(meta.http, wrong, {})
    strange = meta.credentials | {"phone_number_id": meta.keys["numbers"][1]["phone_number_id"]}
    with pytest.raises(Rejected):
        await accounts.connect(meta.http, strange, {})
