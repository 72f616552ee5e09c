"""How long files are kept, asking for one again, and recordings that become voice notes on their way out."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from typing import Any
from uuid import UUID

import av
import pytest

from invekto.channels.adapter import InboundAttachment
from invekto.conversations.outbound_content import MediaContent
from invekto.entry.jobs import keep_tidy
from invekto.kernel.ids import uuid7
from tests.conversations.outlet import Outlet
from tests.conversations.recordings import photo, tone
from tests.conversations.test_media import uploaded
from tests.conversations.test_media_facts import looked_at, once
from tests.rest import Browser, World, stored

IMAGE = InboundAttachment(kind="image", media_id="123", mime="image/jpeg", name="x.jpg")


async def set_policy(world: World, **policy: Any) -> None:
    supervisor = await world.browser("supervisor")
    channel = await supervisor.patch(f"/channels/{world.firm.channel}", {"media_policy": policy})
    assert channel["media_policy"] == {"days": None, **policy}


async def first_file(browser: Browser, conversation: UUID) -> Any:
    return (await browser.get(f"/conversations/{conversation}/messages"))["items"][0]["attachments"][0]


async def test_a_channel_that_keeps_no_files_never_asks_for_one(world: World, superuser_url: str) -> None:
    await set_policy(world, kind="do_not_store")
    conversation = await world.write("+905550000001", "bakın", kind="image", attachments=(IMAGE,))
    agent = await world.browser("agent1")
    file = await first_file(agent, conversation)
    assert (file["state"], file["name"]) == ("not_stored", "x.jpg")
    rows = await stored(superuser_url, "select provider_media_id from attachment")
    assert rows[0][0] is None
    status, error = await agent.refused("POST", f"/media/{file['id']}/retry", {})
    assert (status, error["code"]) == (409, "media_not_fetchable")
    await set_policy(world, kind="store")
    conversation = await world.write("+905550000002", None, kind="image", attachments=(IMAGE,))
    assert (await first_file(agent, conversation))["state"] == "pending"


async def test_a_channels_policy_is_changed_by_who_manages_channels_and_checked(
    world: World, superuser_url: str
) -> None:
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    path = f"/channels/{world.firm.channel}"
    status, _ = await agent.refused("PATCH", path, {"media_policy": {"kind": "store"}})
    assert status == 403
    for wrong in (
        {"kind": "store_days"},
        {"kind": "store", "days": 3},
        {"kind": "store_days", "days": 0},
        {"kind": "x"},
    ):
        status, _ = await supervisor.refused("PATCH", path, {"media_policy": wrong})
        assert status == 422
    await set_policy(world, kind="store_days", days=30)
    audited = await stored(superuser_url, "select count(*) from audit_entry where action = 'channel.changed'")
    assert audited[0][0] == 1
    listed = {one["id"]: one["media_policy"] for one in (await supervisor.get("/channels"))["items"]}
    assert listed[str(world.firm.channel)] == {"kind": "store_days", "days": 30}
    assert listed[str(world.firm.other_channel)] == {"kind": "store", "days": None}


async def test_files_and_thumbnails_go_after_the_days_of_their_channel(world: World, superuser_url: str) -> None:
    await set_policy(world, kind="store_days", days=2)
    agent = await world.browser("agent1")
    conversation = await world.write("+905550000001")
    file = await uploaded(agent, photo(), "a.jpg", "image/jpeg")
    body = {"type": "image", "attachment_id": file["id"]}
    await agent.post(f"/conversations/{conversation}/messages", body, idempotency_key="1")
    await looked_at(world)
    files = [path for path in (world.app.state.settings.data / "media").rglob("*") if path.is_file()]
    assert len(files) == 2, "the photo and its thumbnail"
    old = world.clock.now().timestamp() - 7_200
    for path in files:
        os.utime(path, (old, old))
    world.clock.advance(timedelta(days=1))
    await keep_tidy(world.db, world.media)
    assert all(path.exists() for path in files)
    world.clock.advance(timedelta(days=1, minutes=1))
    await keep_tidy(world.db, world.media)
    assert not any(path.exists() for path in files)
    supervisor = await world.browser("supervisor")
    shown = (await supervisor.get(f"/conversations/{conversation}/messages"))["items"][-1]["attachments"][0]
    assert (shown["state"], shown["thumbnail_url"], shown["name"]) == ("expired", None, "a.jpg")
    for query in ("", "?size=thumb"):
        assert (await supervisor.client.get(f"/media/{file['id']}{query}")).status_code == 404


async def test_a_failed_file_is_asked_for_again_by_a_person(world: World, superuser_url: str) -> None:
    conversation = await world.write("+905550000001", None, kind="image", attachments=(IMAGE,))
    await stored(
        superuser_url,
        "update attachment set state = 'failed', failure = 'media_gone', attempts = 9, next_attempt_at = null",
    )
    agent, outsider = await world.browser("agent1"), await world.browser("agent3")
    file = await first_file(agent, conversation)
    assert file["state"] == "failed"
    status, _ = await outsider.refused("POST", f"/media/{file['id']}/retry", {})
    assert status == 404
    again = await agent.post(f"/media/{file['id']}/retry", {})
    assert again == {**file, "state": "pending"}
    (row,) = await stored(superuser_url, "select attempts, failure, next_attempt_at <= now() as due from attachment")
    assert tuple(row) == (0, None, True)
    told = await stored(superuser_url, "select count(*) from event where kind = 'message.changed'")
    assert told[0][0] == 1


# Voice notes ------------------------------------------------------------------------------------------------------


async def a_recording(outlet: Outlet, content: bytes, mime: str) -> UUID:
    """An agent's recording in a queued message; the message's id."""
    talk = await outlet.talk()
    agent = next(firm[1] for firm in outlet.firms.values())
    kept = await outlet.media.put(talk.tenant_id, once(content), max_bytes=1 << 24)
    attachment_id = uuid7()
    await outlet.rows(
        "insert into attachment (tenant_id, id, uploaded_by_id, kind, mime, size, voice, storage_key, state, created_at)"
        " values ($1, $2, $3, 'audio', 'audio/ogg', $4, true, $5, 'stored', now())",
        *(talk.tenant_id, attachment_id, agent, kept.size, kept.sha256),
    )
    message_id = await outlet.say(talk, MediaContent(attachment_id, "audio"))
    await outlet.rows("update attachment set mime = $2 where id = $1", attachment_id, mime)
    return message_id


@pytest.mark.parametrize(
    ("container", "codec", "layout", "mime"),
    [
        ("mp4", "aac", "stereo", "audio/mp4"),
        ("webm", "libopus", "mono", "audio/webm"),
        ("webm", "libopus", "stereo", "audio/webm"),
        ("mp3", "libmp3lame", "mono", "audio/mpeg"),
    ],
)
async def test_a_browsers_recording_goes_out_as_a_voice_note(
    outlet: Outlet, container: str, codec: str, layout: str, mime: str
) -> None:
    original = tone(container, codec, layout=layout)
    message_id = await a_recording(outlet, original, mime)
    await outlet.works()
    await outlet.becomes(message_id, "sent", "delivered", "read")
    (row,) = await outlet.rows("select * from attachment where message_id = $1", message_id)
    assert (row["mime"], row["state"], row["voice"]) == ("audio/ogg", "stored", True)
    made = b"".join([chunk async for chunk in outlet.media.read(row["tenant_id"], row["storage_key"])])
    assert len(made) == row["size"]
    with av.open(io.BytesIO(made), "r") as note:
        heard = note.streams.audio[0]
        assert (note.format.name, heard.codec_context.name, heard.channels) == ("ogg", "opus", 1)
        assert sum(frame.samples for frame in note.decode(heard)) == pytest.approx(96_000, rel=0.05)
    left = await outlet.rows("select * from attachment where message_id is null")
    assert [(one["mime"], one["size"], one["uploaded_by_id"]) for one in left] == [(mime, len(original), None)]


async def test_a_voice_note_goes_out_as_it_is(outlet: Outlet) -> None:
    original = tone("ogg", "libopus")
    message_id = await a_recording(outlet, original, "audio/ogg")
    await outlet.works()
    await outlet.becomes(message_id, "sent", "delivered", "read")
    rows = await outlet.rows("select size from attachment")
    assert [row["size"] for row in rows] == [len(original)]


async def test_a_recording_without_sound_is_refused_before_anybody_is_asked(outlet: Outlet) -> None:
    message_id = await a_recording(outlet, b"\x00\x00\x00\x18ftypmp42" + bytes(900), "audio/mp4")
    await outlet.works()
    row = await outlet.becomes(message_id, "failed")
    assert row["error_code"] == "unsupported_content"
    assert outlet.asked() == []
