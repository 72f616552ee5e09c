from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from invekto.kernel.mime import HEAD_LENGTH, SHOWN_INLINE, Picture, kind_of, media_type, settle, sniff, webp_picture


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, kind)
    return out.getvalue()


def office(folder: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}/document.xml", "<x/>")
    return out.getvalue()


def archive(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, "x")
    return out.getvalue()


DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (picture("TIFF"), "image/tiff"),
        (b"OggS\x00\x02" + bytes(22) + b"\x01\x13OpusHead\x01", "audio/ogg"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x1cftyp3gp4", "video/3gpp"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"#!AMR\n", "audio/amr"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"%PDF-1.7\n", "application/pdf"),
        (office("word"), DOCX),
        (archive("readme.txt"), "application/zip"),
        (b"MZ\x90\x00", "application/vnd.microsoft.portable-executable"),
        ("merhaba ışık".encode(), "text/plain"),
        ("merhaba ışık".encode("cp1254"), "text/plain"),
        ("merhaba ışık".encode("utf-16"), "text/plain"),
        ("<script>".encode("utf-16-be").join((b"\xfe\xff", b"")), "text/html"),
        (("a" * (HEAD_LENGTH - 1) + "ş").encode()[:HEAD_LENGTH], "text/plain"),
        (b"BEGIN:VCARD\r\nVERSION:3.0", "text/vcard"),
        (b"  <!DOCTYPE html><html>", "text/html"),
        (b"hello <script>alert(1)</script>", "text/html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()">', "image/svg+xml"),
        (b'<?xml version="1.0"?><svg/>', "image/svg+xml"),
        (b'<?xml version="1.0"?><a/>', "text/xml"),
        (b"", None),
        (b"\x00\x01\x02\x03", None),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(head: bytes, expected: str | None) -> None:
    assert sniff(head[:HEAD_LENGTH]) == expected


@pytest.mark.attack("A28")
@pytest.mark.parametrize(
    ("head", "declared", "expected"),
    [
        (b"<html><script>", "image/jpeg", "text/html"),
        (b'<svg onload="x()"/>', "image/png", "image/svg+xml"),
        (b"MZ\x90\x00", "application/pdf", "application/vnd.microsoft.portable-executable"),
        (archive("a.txt"), DOCX, DOCX),
        (archive("a.txt"), "image/png", "application/zip"),
        (b"a;b;c\n1;2;3\n", "text/csv; charset=utf-8", "text/csv"),
        (b"a;b;c\n1;2;3\n", "text/html", "text/plain"),
        (b"\x00\x01\x02", "image/png", "application/octet-stream"),
        (b"\x00\x00\x00\x20ftypisom", "audio/mp4", "audio/mp4"),
        (picture("PNG"), None, "image/png"),
    ],
)
def test_what_the_bytes_show_wins_over_what_was_declared(head: bytes, declared: str | None, expected: str) -> None:
    assert settle(head, declared) == expected


@pytest.mark.attack("A27")
def test_nothing_that_can_hold_script_is_shown_inside_our_pages() -> None:
    for mime in ("text/html", "image/svg+xml", "text/xml", "application/pdf", "text/plain", "application/octet-stream"):
        assert mime not in SHOWN_INLINE
        assert kind_of(mime) == "document"


def test_kinds_follow_what_people_see() -> None:
    assert [kind_of(m) for m in ("image/png", "video/mp4", "audio/ogg", "image/heic")] == ["image", "video", "audio", "document"]  # fmt: skip


def test_a_declared_type_is_read_without_parameters_and_case() -> None:
    assert media_type(" Audio/OGG; codecs=opus ") == "audio/ogg"
    assert media_type("junk") == media_type(None) == media_type("a b/c") == "application/octet-stream"


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_and_no_declaration_make_it_fail(head: bytes, declared: str) -> None:
    assert "/" in settle(head, declared)


def test_a_webp_says_its_sides_and_whether_it_moves() -> None:
    head = b"RIFF\x00\x00\x00\x00WEBP"
    extended = head + b"VP8X\x0a\x00\x00\x00\x02\x00\x00\x00\xff\x01\x00\x2b\x01\x00"
    lossy = head + b"VP8 \x00\x00\x00\x00abc\x9d\x01\x2a\x00\x02\x2c\x41"
    lossless = head + b"VP8L\x00\x00\x00\x00\x2f" + (511 | 299 << 14).to_bytes(4, "little") + bytes(5)
    assert webp_picture(extended) == Picture(512, 300, animated=True)
    assert webp_picture(lossy) == Picture(512, 300, animated=False)
    assert webp_picture(lossless) == Picture(512, 300, animated=False)
    for broken in (extended[:29], b"RIFX" + extended[4:], lossy.replace(b"\x9d", b"\x00"), head + bytes(30), b""):
        assert webp_picture(broken) is None
