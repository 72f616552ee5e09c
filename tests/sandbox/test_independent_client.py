"""pywa, a client nobody here wrote, must be content with our Graph API and our webhooks."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image
from pywa import utils as wa_utils
from pywa.errors import ExpiredAccessToken, ReEngagementMessage
from pywa.types.message import Message
from pywa.types.message_status import MessageStatus, MessageStatusType

from tests.sandbox.conftest import Player, Receiver


def picture(kind: str = "JPEG", size: int = 40) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), (10, 120, 110)).save(buffer, kind)
    return buffer.getvalue()


async def test_pywa_sends_a_text_and_reads_its_three_statuses(player: Player, receiver: Receiver) -> None:
    customer = await player.customer(name="Gülşah")
    await player.writes(customer["id"])
    wa = player.pywa()
    sent = await asyncio.to_thread(wa.send_message, "905551112233", "Hoş geldiniz", tracker="msg-1")
    assert sent.id.startswith("wamid.")
    await receiver.until(lambda: receiver.steps(sent.id) == ["sent", "delivered", "read"])
    posts = [post for post in receiver.posts if "statuses" in post.value]
    read = MessageStatus.from_update(client=wa, update=posts[-1].raw_update)
    assert read.status == MessageStatusType.READ
    assert read.tracker == "msg-1"
    assert read.from_user.wa_id == "905551112233"
    assert read.pricing is not None
    assert read.pricing.billable is False


async def test_pywa_accepts_our_signature_and_refuses_a_changed_body(player: Player, receiver: Receiver) -> None:
    customer = await player.customer(name="Ömer / Şeyma")
    await player.writes(customer["id"], text="Çay ister misin? 🫖 http://a.b/c")
    post = receiver.posts[-1]
    secret = player.keys["app_secret"]
    assert wa_utils.webhook_updates_validator(secret, post.body, post.signature)
    assert not wa_utils.webhook_updates_validator(secret, post.body + b" ", post.signature)
    assert len(post.signature) == 71
    assert b"\\u00c7ay" in post.body
    assert b"http:\\/\\/a.b\\/c" in post.body
    assert post.body.isascii()


async def test_pywa_parses_the_text_a_customer_wrote(player: Player, receiver: Receiver) -> None:
    customer = await player.customer(name="Gülşah Yıldırım")
    await player.writes(customer["id"], text="Zirkonyum fiyatı nedir?")
    message = Message.from_update(client=player.pywa(), update=receiver.posts[-1].raw_update)
    assert message.text == "Zirkonyum fiyatı nedir?"
    assert message.from_user.name == "Gülşah Yıldırım"
    assert message.from_user.wa_id == "905551112233"
    assert message.from_user.bsuid.startswith("TR.")
    assert message.metadata.phone_number_id == player.phone_id


async def test_pywa_downloads_the_picture_a_customer_sent(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    content = picture()
    answer = await player.control.post(
        f"/whatsapp_cloud/customers/{customer['id']}/media",
        files={"file": ("film.jpg", content, "image/jpeg")},
        data={"caption": "Filmim burada", "wait": "1"},
    )
    assert answer.json()["answers"][0]["status"] == 200
    wa = player.pywa()
    message = Message.from_update(client=wa, update=receiver.posts[-1].raw_update)
    assert message.image is not None
    assert message.caption == "Filmim burada"
    url = await asyncio.to_thread(wa.get_media_url, message.image.id)
    assert url.file_size == len(content)
    fetched = await player.graph.get(url.url)
    assert fetched.content == content
    assert fetched.headers["content-type"] == "image/jpeg"


async def test_pywa_sees_a_voice_note_as_voice(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    voice = b"OggS\x00\x02" + b"\x00" * 22 + b"OpusHead" + b"\x00" * 80
    await player.control.post(
        f"/whatsapp_cloud/customers/{customer['id']}/media",
        files={"file": ("ses.ogg", voice, "audio/ogg; codecs=opus")},
        data={"voice": "true", "wait": "1"},
    )
    message = Message.from_update(client=player.pywa(), update=receiver.posts[-1].raw_update)
    assert message.audio is not None
    assert message.audio.voice
    assert message.audio.mime_type == "audio/ogg; codecs=opus"


async def test_pywa_uploads_an_image_and_the_customer_gets_it(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    wa = player.pywa()
    content = picture("PNG")
    media = await asyncio.to_thread(wa.upload_media, content, mime_type="image/png", filename="plan.png")
    sent = await asyncio.to_thread(wa.send_image, "905551112233", media, caption="Tedavi planı")
    await receiver.until(lambda: "read" in receiver.steps(sent.id))
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert thread[-1]["type"] == "image"
    assert thread[-1]["content"]["caption"] == "Tedavi planı"
    shown = await player.control.get(f"/whatsapp_cloud/media/{thread[-1]['media']['id']}")
    assert shown.content == content


async def test_pywa_marks_a_message_read_and_the_customer_sees_it(player: Player) -> None:
    customer = await player.customer()
    first = await player.writes(customer["id"], text="bir")
    second = await player.writes(customer["id"], text="iki")
    await asyncio.to_thread(player.pywa().mark_message_as_read, second["id"])
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert {one["id"]: one["status"] for one in thread} == {first["id"]: "read", second["id"]: "read"}


async def test_pywa_reacts_and_the_bubble_carries_it(player: Player) -> None:
    customer = await player.customer()
    message = await player.writes(customer["id"])
    await asyncio.to_thread(player.pywa().send_reaction, "905551112233", "👍", message["id"])
    thread = (await player.control.get(f"/whatsapp_cloud/customers/{customer['id']}/messages")).json()["items"]
    assert thread[0]["reaction"] == {"customer": None, "business": "👍"}


async def test_pywa_reads_the_window_refusal_as_re_engagement(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.control.put(f"/whatsapp_cloud/customers/{customer['id']}/window", json={"state": "closed"})
    wa = player.pywa()
    sent = await asyncio.to_thread(wa.send_message, "905551112233", "Geç kaldım")
    await receiver.until(lambda: receiver.steps(sent.id) == ["failed"])
    status = MessageStatus.from_update(client=wa, update=receiver.posts[-1].raw_update)
    assert isinstance(status.error, ReEngagementMessage)


async def test_pywa_answers_the_handshake_the_way_we_ask(player: Player, receiver: Receiver) -> None:
    customer = await player.customer()
    await player.writes(customer["id"])
    await player.writes(customer["id"])
    assert receiver.greetings == 1, "one handshake per address, before the first webhook"


async def test_pywa_reads_number_and_account(player: Player) -> None:
    wa = player.pywa()
    number = await asyncio.to_thread(wa.get_business_phone_number)
    assert number.id == player.phone_id
    assert number.display_phone_number == player.keys["numbers"][0]["display_phone_number"]
    account = await asyncio.to_thread(lambda: wa.api.get_waba_info(player.keys["waba_id"]))
    assert account["id"] == player.keys["waba_id"]


async def test_pywa_gets_190_for_a_wrong_token(player: Player) -> None:
    wa = player.pywa()
    wa.api._session.headers["Authorization"] = "Bearer wrong"
    with pytest.raises(ExpiredAccessToken) as caught:
        await asyncio.to_thread(wa.send_message, "905551112233", "x")
    assert (caught.value.code, caught.value.status_code) == (190, 401)
