"""What stored files show: found by a process of its own, told to the screens, harmless whatever the file is."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from invekto.conversations.media_facts import MediaFacts
from invekto.kernel.media.process import MediaReader, MediaUnreadable
from tests.conversations.recordings import film, photo, png_bomb, tone
from tests.conversations.test_media import uploaded
from tests.rest import World, stored

Json = dict[str, Any]


async def sent(world: World, content: bytes, kind: str, name: str, mime: str, key: str = "k") -> tuple[str, Json]:
    """A file that agent1 sends; its conversation, and its attachment once everything due has been looked at."""
    conversation = await world.write("+905550000001")
    agent = await world.browser("agent1")
    file = await uploaded(agent, content, name, mime)
    body = {"type": kind, "attachment_id": file["id"]}
    await agent.post(f"/conversations/{conversation}/messages", body, idempotency_key=key)
    await looked_at(world)
    return str(conversation), (await agent.get(f"/conversations/{conversation}/messages"))["items"][-1]["attachments"][
        0
    ]


async def looked_at(world: World) -> None:
    facts = MediaFacts(world.db, world.media)
    while await facts.work_once():
        pass


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_a_photo_is_shown_upright_and_small_without_its_place(world: World, superuser_url: str) -> None:
    _, file = await sent(world, photo(orientation=6, place=True), "image", "a.jpg", "image/jpeg")
    assert (file["width"], file["height"]) == (800, 1200)
    assert (file["thumbnail_url"], file["poster"]) == (f"{file['url']}?size=thumb", None)
    agent = await world.browser("agent1")
    path = file["thumbnail_url"].removeprefix("/api/v1")
    answer = await agent.client.get(path)
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "private, max-age=86400, immutable"
    assert answer.headers["vary"] == "Cookie"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.size == (320, 480)
    # Turned right by a quarter: what was left is above.
    upper, lower = picture.convert("RGB").getpixel((160, 60)), picture.convert("RGB").getpixel((160, 420))
    assert isinstance(upper, tuple)
    assert isinstance(lower, tuple)
    assert upper[2] > 200 > upper[0]
    assert min(lower) > 200
    assert not picture.getexif()
    assert b"Ayse" not in answer.content
    again = await agent.client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    part = await agent.client.get(path, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    rows = await stored(superuser_url, "select 1 from event where kind = 'message.changed'")
    assert len(rows) == 1, "the screens are told once"


async def test_a_thumbnail_is_for_who_sees_the_conversation(world: World) -> None:
    _, file = await sent(world, photo(), "image", "a.jpg", "image/jpeg")
    path = file["thumbnail_url"].removeprefix("/api/v1")
    outsider = await world.browser("agent3")
    assert (await outsider.client.get(path)).status_code == 404
    assert (await world.anonymous().get(f"http://desk.test{file['thumbnail_url']}")).status_code == 401


async def test_a_voice_recording_has_a_length_and_a_waveform(world: World) -> None:
    _, file = await sent(world, tone("ogg", "libopus"), "audio", "a.ogg", "audio/ogg")
    assert file["duration_s"] == pytest.approx(2.0, abs=0.1)
    wave = file["waveform"]
    # Two seconds are forty peaks.
    assert 38 <= len(wave) <= 64
    assert max(wave) == 100
    assert max(wave[:15]) < 5 < 80 < min(wave[-15:-2])
    assert file["thumbnail_url"] is None


async def test_a_film_has_a_poster_a_size_and_a_length(world: World) -> None:
    _, file = await sent(world, film(), "video", "a.mp4", "video/mp4")
    assert (file["width"], file["height"]) == (640, 360)
    assert file["duration_s"] == pytest.approx(2.0, abs=0.2)
    assert file["poster"] == file["thumbnail_url"] == f"{file['url']}?size=thumb"
    agent = await world.browser("agent1")
    picture = Image.open(io.BytesIO((await agent.client.get(file["poster"].removeprefix("/api/v1"))).content))
    assert picture.size == (480, 270)
    pixel = picture.convert("RGB").getpixel((200, 100))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200 > pixel[1]


async def test_a_container_with_sound_alone_is_sound(world: World, superuser_url: str) -> None:
    """Safari's and Chrome's recordings come in containers of film."""
    agent = await world.browser("agent1")
    for container, codec, mime in (("mp4", "aac", "audio/mp4"), ("webm", "libopus", "audio/webm")):
        file = await uploaded(agent, tone(container, codec), "a", "application/octet-stream")
        assert file["mime"] == mime.replace("audio", "video")
        await looked_at(world)
        (row,) = await stored(superuser_url, "select mime, kind from attachment where id = $1", file["id"])
        assert tuple(row) == (mime, "audio")


async def test_equal_files_of_a_firm_are_read_once(world: World, superuser_url: str) -> None:
    agent = await world.browser("agent1")
    for _ in range(3):
        await uploaded(agent, photo(), "a.jpg", "image/jpeg")

    class Counting(MediaReader):
        asked = 0

        async def facts(self, *args: Any) -> Any:
            Counting.asked += 1
            return await super().facts(*args)

    await MediaFacts(world.db, world.media, Counting()).work_once()
    assert Counting.asked == 1
    rows = await stored(superuser_url, "select width, facts_due_at from attachment")
    assert [tuple(row) for row in rows] == [(1200, None)] * 3


@pytest.mark.attack("A43")
@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (film()[:900], "video/mp4"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(5_000), "video/mp4"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "image/png"),
        (b"GIF89a<script>alert(1)</script>", "image/gif"),
        (b"\xff\xd8\xff\xe0" + b"<svg onload=alert(1)>" * 50, "image/jpeg"),
        (b"OggS" + bytes(4_000), "audio/ogg"),
    ],
)
async def test_a_hostile_file_shows_nothing_and_is_asked_for_once(
    world: World, superuser_url: str, content: bytes, mime: str
) -> None:
    """F22, A43: its message stays as it is, and nobody looks at it again."""
    agent = await world.browser("agent1")
    file = await uploaded(agent, content, "a", mime)
    assert file["mime"] == mime
    await looked_at(world)
    (row,) = await stored(
        superuser_url,
        "select state, width, thumbnail_key, waveform, facts_due_at from attachment where id = $1",
        file["id"],
    )
    assert tuple(row)[:1] + tuple(row)[2:] == ("stored", None, None, None)


@pytest.mark.attack("A43")
async def test_a_png_of_a_billion_pixels_is_measured_and_not_unpacked(world: World, superuser_url: str) -> None:
    """A43."""
    agent = await world.browser("agent1")
    bomb = png_bomb()
    assert len(bomb) < 1 << 20
    await uploaded(agent, bomb, "a.png", "image/png")
    await looked_at(world)
    rows = await stored(superuser_url, "select width, height, thumbnail_key from attachment")
    assert [tuple(row) for row in rows] == [(30_000, 30_000, None)]


@pytest.mark.attack("A19")
async def test_a_playlist_is_followed_nowhere() -> None:
    """FFmpeg would guess a playlist and open what it names; the container is the sniffed one, always."""
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    for mime in ("video/mp4", "audio/mpeg", "audio/aac"):
        with pytest.raises(MediaUnreadable):
            await MediaReader().facts(mime, once(playlist))


@pytest.mark.attack("A43")
async def test_a_reader_that_does_not_end_is_ended(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    slow.chmod(0o700)
    with pytest.raises(MediaUnreadable, match="in time"):
        await MediaReader(str(slow), deadline_s=0.3).facts("image/png", once(b"x"))


@pytest.mark.attack("A43")
async def test_a_reader_sees_no_setting_of_ours_and_has_limits(tmp_path: Path) -> None:
    """The child's environment holds nothing, and what it may use is bounded before it reads a byte."""
    witness = tmp_path / "witness"
    witness.write_text(
        f"#!{sys.executable}\nimport json, os, resource, sys\n"
        "sys.path.insert(0, os.getcwd())\n"
        "from invekto.kernel.media import __main__ as child\n"
        "child._confine()\n"
        "with open(sys.argv[-1], 'w') as f:\n"
        "    json.dump([sorted(os.environ), resource.getrlimit(resource.RLIMIT_AS)[1],"
        " resource.getrlimit(resource.RLIMIT_CPU)[1]], f)\n"
        "print('{}')\n"
    )
    witness.chmod(0o700)
    facts = await MediaReader(str(witness)).facts("image/png", once(b"x"))
    names, memory, seconds = json.loads(facts.thumbnail or b"")
    assert set(names) <= {"LC_ALL", "LC_CTYPE"}
    assert memory <= 1 << 30
    assert seconds <= 30
