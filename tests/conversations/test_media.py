"""Files: what comes in is what the bytes show, and what goes out goes only to who may see its conversation."""

from __future__ import annotations

from typing import Any

import pytest

from invekto.channels.adapter import InboundAttachment
from tests.rest import URL, Browser, World, stored

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
JPEG = b"\xff\xd8\xff\xe0" + bytes(2_000)
PDF = b"%PDF-1.7\n" + b"x" * 500
HTML = b"<!doctype html><script>alert(1)</script>"
NO_FACTS = dict.fromkeys(("width", "height", "duration_s", "waveform", "thumbnail_url", "poster"))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def uploaded(browser: Browser, content: bytes, name: str = "a.png", mime: str = "image/png") -> Any:
    answer = await browser.client.post("/media", files={"file": (name, content, mime)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_file_is_kept_sent_and_read_by_who_sees_the_conversation(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent, colleague, outsider = [await world.browser(name) for name in ("agent1", "agent2", "agent3")]
    file = await uploaded(agent, PNG, "Fatura.png")
    assert file == {
        "id": file["id"],
        "kind": "image",
        "mime": "image/png",
        "size": len(PNG),
        "name": "Fatura.png",
        "url": f"/api/v1/media/{file['id']}",
    }
    path = f"/media/{file['id']}"
    assert (await agent.client.get(path)).content == PNG
    for other in (colleague, outsider):
        assert (await other.client.get(path)).status_code == 404, "not sent yet: its uploader's alone"
    body = {"type": "image", "attachment_id": file["id"], "text": "buyurun"}
    sent = await agent.post(f"/conversations/{conversation}/messages", body, idempotency_key="k")
    assert sent["attachments"] == [{**file, "state": "stored", "voice": False, **NO_FACTS}]
    assert (sent["type"], sent["text"]) == ("image", "buyurun")
    supervisor = await world.browser("supervisor")
    assert (await supervisor.client.get(path)).content == PNG
    for other in (colleague, outsider):
        assert (await other.client.get(path)).status_code == 404, "agent1 has it now"


async def test_a_colleagues_upload_or_a_sent_one_cannot_be_sent(world: World) -> None:
    conversation = await world.write("+905550000001")
    agent, supervisor = await world.browser("agent1"), await world.browser("supervisor")
    theirs = await uploaded(supervisor, PNG)
    mine = await uploaded(agent, PNG)
    path = f"/conversations/{conversation}/messages"
    await agent.post(path, {"type": "image", "attachment_id": mine["id"]}, idempotency_key="1")
    for file in (theirs, mine):
        body = {"type": "image", "attachment_id": file["id"]}
        status, error = await agent.refused("POST", path, body, idempotency_key=file["id"])
        assert (status, error["fields"]) == (422, [{"path": "attachment_id", "code": "not_found"}])


@pytest.mark.attack("A27")
@pytest.mark.parametrize(
    ("content", "name", "claimed", "mime", "kind", "inline"),
    [
        (PNG, "a.png", "image/png", "image/png", "image", True),
        (JPEG, "a.png", "image/png", "image/jpeg", "image", True),
        (PDF, "a.pdf", "application/pdf", "application/pdf", "document", False),
        (HTML, "a.png", "image/png", "text/html", "document", False),
        (SVG, "a.svg", "image/svg+xml", "image/svg+xml", "document", False),
        (b"\x00\x01\x02\x03", "a.jpg", "image/jpeg", "application/octet-stream", "document", False),
    ],
)
async def test_only_what_cannot_hold_script_is_shown_in_place(
    world: World, content: bytes, name: str, claimed: str, mime: str, kind: str, inline: bool
) -> None:
    """A27, A28: the type is what the bytes show; anything that could run is a download of no type."""
    agent = await world.browser("agent1")
    file = await uploaded(agent, content, name, claimed)
    assert (file["mime"], file["kind"]) == (mime, kind)
    answer = await agent.client.get(f"/media/{file['id']}")
    headers = answer.headers
    assert answer.content == content
    assert headers["content-type"] == (mime if inline else "application/octet-stream")
    assert headers["content-disposition"].startswith("inline" if inline else "attachment")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "private, no-cache"
    forced = await agent.client.get(f"/media/{file['id']}", params={"download": "1"})
    assert forced.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("given", "wanted", "status", "span"),
    [
        ("bytes=0-9", PNG[:10], 206, f"bytes 0-9/{len(PNG)}"),
        ("bytes=10-", PNG[10:], 206, f"bytes 10-{len(PNG) - 1}/{len(PNG)}"),
        ("bytes=-5", PNG[-5:], 206, f"bytes {len(PNG) - 5}-{len(PNG) - 1}/{len(PNG)}"),
        ("bytes=0-999999", PNG, 200, None),
        ("bytes=-999999", PNG, 200, None),
        ("bytes=999999-", b"", 416, f"bytes */{len(PNG)}"),
        ("bytes=-0", b"", 416, f"bytes */{len(PNG)}"),
        ("bytes=5-2", PNG, 200, None),
        ("bytes=0-1,5-6", PNG, 200, None),
        ("bytes=-", PNG, 200, None),
        ("lines=1-2", PNG, 200, None),
        ("bytes=" + "9" * 40 + "-", PNG, 200, None),
    ],
)
async def test_a_range_gives_that_part(world: World, given: str, wanted: bytes, status: int, span: str | None) -> None:
    agent = await world.browser("agent1")
    file = await uploaded(agent, PNG)
    answer = await agent.client.get(f"/media/{file['id']}", headers={"Range": given})
    assert (answer.status_code, answer.content) == (status, wanted)
    assert answer.headers.get("content-range") == span


async def test_a_known_copy_is_not_sent_again_and_an_old_one_not_continued(world: World) -> None:
    agent = await world.browser("agent1")
    file = await uploaded(agent, PNG)
    path = f"/media/{file['id']}"
    etag = (await agent.client.get(path)).headers["etag"]
    known = await agent.client.get(path, headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")
    stale = await agent.client.get(path, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (stale.status_code, stale.content) == (200, PNG)
    same = await agent.client.get(path, headers={"Range": "bytes=0-1", "If-Range": etag})
    assert (same.status_code, same.content) == (206, PNG[:2])


@pytest.mark.attack("A29")
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\Fatura.pdf", "Fatura.pdf"),
        ("gpj.\u202eexe.pdf", "gpj.exe.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie: x=1.pdf"),
        ("Işık Ünal (son).pdf", "Işık Ünal (son).pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("..", None),
    ],
)
async def test_a_name_is_shown_without_folders_and_controls(world: World, given: str, shown: str | None) -> None:
    """A29, A32: the storage key never holds a sender's name, and no header is split by one."""
    agent = await world.browser("agent1")
    encoded = given.encode().replace(b"\r", b"\xe2\x80\xa8").replace(b"\n", b" ")
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n%b\r\n--b--\r\n' % (encoded, PDF)
    answer = await agent.client.post(
        "/media", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert (file["name"] or "").replace("  ", " ") == (shown or "")
    answer = await agent.client.get(f"/media/{file['id']}")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"no parts at all"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nxx',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n--b--\r\n',
        ),
    ],
)
async def test_a_body_without_a_whole_file_is_refused_and_keeps_nothing(
    world: World, superuser_url: str, content_type: str, body: bytes
) -> None:
    agent = await world.browser("agent1")
    answer = await agent.client.post("/media", content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert await stored(superuser_url, "select * from attachment") == []


async def test_a_file_beyond_the_limit_is_refused_while_it_comes(world: World) -> None:
    """F22: the cap counts the stream; nothing of it stays."""
    agent = await world.browser("agent1")
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while True:
            sent += 1 << 20
            yield bytes(1 << 20)

    answer = await agent.client.post(
        "/media", content=endless(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "media_too_large")
    assert sent < 110 << 20
    announced = await agent.client.post(
        "/media",
        content=b"x",
        headers={"Content-Type": "multipart/form-data; boundary=b", "Content-Length": "200000000"},
    )
    assert (announced.status_code, announced.json()["error"]["code"]) == (413, "media_too_large")
    left = [path for path in (world.app.state.settings.data / "media").rglob("*") if path.is_file()]
    assert left == []


async def test_a_file_the_provider_still_holds_is_said_to_be_missing(world: World, superuser_url: str) -> None:
    conversation = await world.write(
        "+905550000001",
        None,
        kind="image",
        attachments=(InboundAttachment(kind="image", media_id="m1", mime="image/jpeg", name="x.jpg"),),
    )
    agent = await world.browser("agent1")
    message = (await agent.get(f"/conversations/{conversation}/messages"))["items"][0]
    file = message["attachments"][0]
    assert (file["state"], file["size"]) == ("pending", None)
    answer = await agent.client.get(f"{URL}{file['url']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "media_missing")
