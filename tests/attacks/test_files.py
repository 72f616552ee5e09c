"""Files that are something else than they say, and names that want to be paths or headers (A5, A27-A29)."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

import pytest

from tests.attacks.arena import Arena
from tests.attacks.firms import SECRET
from tests.attacks.requests import PNG
from tests.rest import Json, stored

SCRIPT = b"<script>alert(document.cookie)</script>"
SHOWN = re.compile(r"(image/(jpeg|png|gif|webp)|audio/|video/)")


def packed() -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("index.html", SCRIPT)
    return made.getvalue()


FILES = {
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml"),
    "svg as png": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/png"),
    "html": (b"<!doctype html>" + SCRIPT, "text/html"),
    "html as jpeg": (b"<html>" + SCRIPT, "image/jpeg"),
    "html behind blanks": (b" \n" * 200 + b"<html>" + SCRIPT, "image/gif"),
    "xml": (b'<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</x>", "application/xml"),
    "entities": (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "text/xml"),
    "pdf": (b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>", "application/pdf"),
    "pdf as png": (b"%PDF-1.7\n", "image/png"),
    "script": (b"alert(1)//", "application/javascript"),
    "module": (b"\x00asm\x01\x00\x00\x00", "application/wasm"),
    "mht": (b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n" + SCRIPT, "multipart/related"),
    "gif and script": (b"GIF89a/*" + b"\x00" * 20 + b"*/=1;" + SCRIPT, "text/html"),
    "png and html": (PNG + SCRIPT, "text/html"),
    "jpeg and html": (b"\xff\xd8\xff\xe0" + SCRIPT, "text/html"),
    "zip": (packed(), "application/zip"),
    "zip as mp4": (packed(), "video/mp4"),
    "executable": (b"MZ\x90\x00", "image/png"),
    "no type": (b"\x01\x02\x03", ""),
    "a type of lines": (b"\x01\x02\x03", "text/html\r\nX-Evil: 1"),
    "utf-7": (b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-", "text/plain; charset=utf-7"),
    "utf-16": ("<script>alert(1)</script>".encode("utf-16"), "text/plain"),
}
NAMES = (
    "../../../etc/passwd",
    "..\\..\\windows\\system32\\x.dll",
    "/etc/passwd",
    "C:\\x.png",
    "a\x00.png",
    "\u202egnp.exe",
    "CON",
    "nul.png",
    ".htaccess",
    "..",
    "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
    'a"; filename="evil.html',
    "%2e%2e%2fpasswd",
    "x" * 2_000 + ".png",
    "<img src=x onerror=alert(1)>.png",
    "ad\u2028ı.png",
    "\ud83d\ude00.png",
    "",
    " ",
)


async def uploaded(arena: Arena, name: str, content: bytes, declared: str) -> Json | None:
    """As a program would, not as a browser: the name as it is. None when it is refused."""
    boundary = "frontier"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="'.encode()
    head += name.encode("utf-8", "surrogatepass") + b'"\r\nContent-Type: ' + declared.encode() + b"\r\n\r\n"
    answer = await arena.boss.client.post(
        "/media",
        content=head + content + f"\r\n--{boundary}--\r\n".encode(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    assert answer.status_code in (201, 422), answer.text
    made: Json | None = answer.json() if answer.status_code == 201 else None
    return made


@pytest.mark.attack("A27", "A28")
@pytest.mark.parametrize("kind", FILES)
async def test_what_can_hold_script_is_a_download_whatever_it_says_it_is(arena: Arena, kind: str) -> None:
    content, declared = FILES[kind]
    for name in ("a.png", "a.html", "a.svg", "a"):
        made = await uploaded(arena, name, content, declared)
        if made is None:
            continue
        answer = await arena.boss.client.get(f"/media/{made['id']}")
        assert answer.content == content, "it is kept as it came"
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; sandbox"
        if SHOWN.match(headers["content-type"]):
            assert content.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF89a")), "its first bytes are a picture's"
        else:
            assert headers["content-type"] == "application/octet-stream"
            assert headers["content-disposition"].startswith("attachment")
        assert "x-evil" not in headers
        thumbnail = await arena.boss.client.get(f"/media/{made['id']}?size=thumb")
        assert thumbnail.status_code == 404, "none is made by the process that answers"


@pytest.mark.attack("A29")
async def test_a_file_name_is_neither_path_nor_header(arena: Arena) -> None:
    for name in NAMES:
        made = await uploaded(arena, name, PNG, "image/png")
        if made is None:
            continue
        shown = made["name"] or ""
        assert not re.search(r"[/\\\x00-\x1f\u202a-\u202e\u2066-\u2069]", shown), (name, shown)
        assert len(shown) <= 300
        assert shown not in (".", "..")
        answer = await arena.boss.client.get(f"/media/{made['id']}?download=1")
        disposition = answer.headers["content-disposition"]
        assert re.fullmatch(
            r"attachment(; filename=\"[^\"\\]*\"; filename\*=UTF-8''[A-Za-z0-9%._~-]*)?", disposition
        ), (name, disposition)
        assert "set-cookie" not in answer.headers
    keys = await stored(
        arena.superuser_url, "select distinct storage_key from attachment where storage_key is not null"
    )
    assert keys
    assert [row[0] for row in keys if not re.fullmatch(r"[0-9a-f]{64}", row[0])] == []
    folder = arena.media
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert [name for name in names if not re.fullmatch(r"[0-9a-f/-]+", name)] == [], "made of ids and hashes alone"


@pytest.mark.attack("A5")
async def test_who_lost_the_conversation_has_lost_its_files(arena: Arena) -> None:
    """Assigned to somebody else and out of one's own team: found, and then not; the copy of a browser is asked for again."""
    talk, file = arena.case.theirs["conversation_id"], arena.case.theirs["attachment_id"]
    holder = await arena.world.browser("agent1", "demo2")
    other = await arena.world.browser("agent3", "demo2")
    users = arena.world.firms["demo2"].users
    await arena.stranger.post(f"/conversations/{talk}/assign", {"user_id": str(users["agent1"])})
    known = await holder.client.get(f"/media/{file}")
    assert known.status_code == 200
    assert (await other.client.get(f"/media/{file}")).status_code == 404, "of another team"
    await arena.stranger.post(f"/conversations/{talk}/assign", {"user_id": str(users["agent2"])})
    for headers in ({}, {"If-None-Match": known.headers["etag"]}, {"Range": "bytes=0-1"}):
        gone = await holder.client.get(f"/media/{file}", headers=headers)
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")
        assert SECRET not in gone.text
    assert "private" in known.headers["cache-control"]
    assert known.headers["vary"] == "Cookie"
    await arena.stranger.post(f"/conversations/{talk}/assign", {"user_id": None})
