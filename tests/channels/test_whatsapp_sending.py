"""What goes out to Meta, and what each of its answers means. Meta is the sandbox, or a server that answers badly."""

from __future__ import annotations

import asyncio
import base64
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from invekto.channels.adapter import (
    Address,
    ChannelError,
    CredentialsRefused,
    FetchedMedia,
    InvalidRecipient,
    MediaGone,
    Outbound,
    OutboundMedia,
    OutcomeUnknown,
    Rejected,
    TemplateRefused,
    Throttled,
    Transient,
    Unsupported,
    VendorDown,
    WindowClosed,
)
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.channels.whatsapp_cloud.connect import connect, credentials_of
from invekto.kernel.http import Http
from tests.channels.conftest import CUSTOMER, Meta
from tests.kernel.fault_server import Answer, Call, serve

PHONE = Address(scheme="phone", value=f"+{CUSTOMER}")
CREDENTIALS = {"access_token": "EAAsecret", "phone_number_id": "42", "waba_id": "2002"}


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")
    )


PNG = _png()
OGG = b"OggS" + bytes(24) + b"OpusHead" + bytes(200)
PDF = b"%PDF-1.7\n" + bytes(300_000)


def text(said: str = "Selam", *to: Address, reply: str | None = None) -> Outbound:
    return Outbound(to=to or (PHONE,), callback_data="0193-ours", text=said, reply_to_provider_id=reply)


def file(kind: str, content: bytes, mime: str, *, name: str | None = None, voice: bool = False) -> OutboundMedia:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 64_000):
            yield content[start : start + 64_000]

    return OutboundMedia(kind=kind, mime=mime, name=name, size=len(content), voice=voice, open=chunks)


def with_file(media: OutboundMedia, caption: str | None = None) -> Outbound:
    return Outbound(to=(PHONE,), callback_data="0193-ours", text=caption, media=media)


@dataclass
class Reader:
    """Keeps a file that is fetched, as the media store would."""

    content: bytes = b""
    mime: str = ""
    size: int | None = None

    async def store(self, fetched: FetchedMedia) -> None:
        self.mime, self.size = fetched.mime, fetched.size
        async for chunk in fetched.chunks:
            self.content += chunk


# Against the sandbox ----------------------------------------------------------------------------------------------


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
        (131048, None, Throttled),
        (131056, None, Transient),
        (1, 500, VendorDown),
        (131000, 500, VendorDown),
        (131016, 503, VendorDown),
        (131047, None, WindowClosed),
        (131026, None, InvalidRecipient),
        (131050, None, InvalidRecipient),
        (132001, None, TemplateRefused),
        (131051, None, Unsupported),
        (100, None, Rejected),
        (131031, None, Rejected),
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
    account = await connect(meta.http, base, meta.credentials)
    number = meta.keys["numbers"][0]
    assert (account.account_key, account.address, account.name) == (
        number["phone_number_id"],
        number["display_phone_number"],
        number["name"],
    )
    wrong = credentials_of(access_token="EAAno", phone_number_id=meta.keys["phone_number_id"], waba_id="1")
    with pytest.raises(CredentialsRefused):
        await connect(meta.http, base, wrong)
    strange = meta.credentials | {"phone_number_id": meta.keys["numbers"][1]["phone_number_id"]}
    with pytest.raises(Rejected):
        await connect(meta.http, base, strange)


# Against a server that answers badly ------------------------------------------------------------------------------


@asynccontextmanager
async def badly(answer: Answer) -> AsyncIterator[tuple[WhatsAppCloud, Http, list[Call]]]:
    async with serve(answer) as server:
        http = Http(operator_urls=[server.url])
        yield WhatsAppCloud(server.url), http, server.calls
        await http.close()


def saying(status: int, body: bytes, **headers: str) -> Answer:
    async def answer(call: Call) -> None:
        await call.answer(status, body, **headers)

    return answer


async def _half(call: Call) -> None:
    await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    call.writer.close()


async def _reset(call: Call) -> None:
    call.reset()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(saying(200, b"<html>ok</html>"), OutcomeUnknown, id="a page instead of JSON"),
        pytest.param(saying(200, b'{"messages": []}'), OutcomeUnknown, id="no id"),
        pytest.param(saying(200, b'{"messages": [{"id": 7}]}'), OutcomeUnknown, id="an id of the wrong type"),
        pytest.param(saying(200, b"[" * 100_000), OutcomeUnknown, id="nested without end"),
        pytest.param(saying(200, b" " * (3 << 20)), OutcomeUnknown, id="far too long"),
        pytest.param(saying(500, b""), OutcomeUnknown, id="500 without a word"),
        pytest.param(saying(502, b"<html>bad gateway</html>"), OutcomeUnknown, id="502 page"),
        pytest.param(saying(504, b""), OutcomeUnknown, id="504"),
        pytest.param(saying(408, b""), OutcomeUnknown, id="408"),
        pytest.param(_half, OutcomeUnknown, id="half an answer"),
        pytest.param(_reset, OutcomeUnknown, id="reset after the request"),
        pytest.param(saying(503, b"", Retry_After="3"), VendorDown, id="503"),
        pytest.param(saying(429, b"slow down"), Throttled, id="429 page"),
        pytest.param(saying(401, b""), CredentialsRefused, id="401"),
        pytest.param(saying(404, b"<html>"), Rejected, id="404 page"),
        pytest.param(saying(302, b"", Location="https://elsewhere.example/"), Rejected, id="a redirect"),
    ],
)
async def test_an_answer_that_is_none_never_looks_like_success_or_certain_failure(
    answer: Answer, error: type[ChannelError]
) -> None:
    async with badly(answer) as (adapter, http, calls):
        with pytest.raises(error) as raised:
            await adapter.send(http, CREDENTIALS, text())
        assert type(raised.value) is error
        assert len(calls) == 1


async def test_nobody_listening_is_certain_and_may_be_asked_again() -> None:
    async with badly(saying(200, b"")) as (_, http, _calls):
        pass
    http = Http(operator_urls=["http://127.0.0.1:9"])
    with pytest.raises(VendorDown):
        await WhatsAppCloud("http://127.0.0.1:9").send(http, CREDENTIALS, text())
    await http.close()


@pytest.mark.parametrize("answer", [_reset, saying(502, b""), saying(200, b"{}")])
async def test_a_failed_upload_is_never_of_unknown_outcome(answer: Answer) -> None:
    """Nobody was sent anything yet."""
    async with badly(answer) as (adapter, http, calls):
        with pytest.raises(VendorDown):
            await adapter.send(http, CREDENTIALS, with_file(file("image", PNG, "image/png")))
        assert [call.path for call in calls] == ["/42/media"]


@pytest.mark.parametrize(
    "url",
    [
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evil.example/lookaside.fbsbx.com",
        "https://fbsbx.com.evil.example/",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://lookaside.fbsbx.com@evil.example/x",
        "http://127.0.0.1:1/x",
        "//[bad",
        "",
    ],
)
async def test_the_token_goes_to_no_foreign_host(url: str) -> None:
    async with badly(saying(200, b'{"url": "%s", "mime_type": "image/png"}' % url.encode())) as (adapter, http, calls):
        with pytest.raises(Rejected):
            await adapter.fetch_media(http, CREDENTIALS, "77", Reader().store)
        assert len(calls) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, MediaGone),
        (410, MediaGone),
        (401, CredentialsRefused),
        (403, Rejected),
        (500, VendorDown),
        (429, VendorDown),
    ],
)
async def test_what_the_file_host_says_decides_whether_to_ask_again(status: int, error: type[ChannelError]) -> None:
    async def answer(call: Call) -> None:
        if call.path == "/77":
            port = call.writer.get_extra_info("sockname")[1]
            await call.answer(200, b'{"url": "http://127.0.0.1:%d/file", "mime_type": "image/png"}' % port)
        else:
            await call.answer(status)

    async with badly(answer) as (adapter, http, calls):
        with pytest.raises(error):
            await adapter.fetch_media(http, CREDENTIALS, "77", Reader().store)
        assert [call.header("authorization") for call in calls] == ["Bearer EAAsecret"] * 2


async def test_a_file_that_breaks_off_is_asked_for_again() -> None:
    async def answer(call: Call) -> None:
        if call.path == "/77":
            port = call.writer.get_extra_info("sockname")[1]
            await call.answer(200, b'{"url": "http://127.0.0.1:%d/file"}' % port)
        else:
            await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: image/png\r\n\r\nhalf")
            await asyncio.sleep(0.05)
            call.reset()

    async with badly(answer) as (adapter, http, _calls):
        with pytest.raises(VendorDown):
            await adapter.fetch_media(http, CREDENTIALS, "77", Reader().store)
