"""Files that never end, hardly come, are not what they say, or grow when they are opened: the text stays, the others are fetched."""

from __future__ import annotations

import json
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.desk import wait_until
from tests.faults.agents import PICTURE
from tests.faults.scene import Scene

pytestmark = [pytest.mark.real_ports, pytest.mark.faults_full]

_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def _png_bomb() -> bytes:
    """Some kilobytes that are 2.5 thousand million pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    lines = zlib.compress(bytes(4 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


class _Files(BaseHTTPRequestHandler):
    """Plays the provider's download of files, in the way that `server.way` says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.path.startswith("/file/"):
            port = self.server.server_port  # type: ignore[attr-defined]
            name = self.path.rpartition("/")[2]
            way = self.server.seen.setdefault(name, self.server.way)  # type: ignore[attr-defined]
            body = {
                "messaging_product": "whatsapp",
                "id": name,
                "url": f"http://127.0.0.1:{port}/file/{way}",
                "mime_type": "image/png",
                "file_size": 70,
                "sha256": "",
            }
            self._whole(json.dumps(body).encode(), "application/json")
        elif self.path.endswith("bomb"):
            self._whole(_png_bomb(), "image/png")
        elif self.path.endswith("lie"):
            self._whole(b"<!doctype html><script>alert(1)</script>", "image/png")
        else:
            self._endless(
                0.5 if self.path.endswith("slow") else 0.0, b"x" if self.path.endswith("slow") else bytes(1 << 20)
            )

    def _whole(self, body: bytes, mime: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _endless(self, every_s: float, piece: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                time.sleep(every_s)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def files(scene: Scene) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    server.way = "lie"  # type: ignore[attr-defined]
    # Each file keeps the way it had when it was asked for first.
    server.seen = {}  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scene.desk.kill("worker", 15)
    scene.desk.start_worker(INVEKTO_WHATSAPP_CLOUD_URL=f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    scene.desk.kill("worker", 15)
    scene.desk.start_worker()


@pytest.mark.fault(
    "F22", injects="files without end, of 2 bytes a second, of 2.5 Gpx, of another kind", holds="I1 I8: the text stays"
)
def test_files_that_misbehave_cost_neither_their_text_nor_anybody_elses(
    scene: Scene, files: ThreadingHTTPServer
) -> None:
    desk = scene.desk
    query = (
        "select m.text, a.state, a.mime, a.provider_media_id as media_id from message m"
        " join attachment a on a.tenant_id = m.tenant_id and a.message_id = m.id where m.provider_id = $1"
    )
    ids: dict[str, str] = {}

    def asked_for(id_: str) -> dict[str, Any] | None:
        # The worker asks for other things than files too.
        return next((row for row in desk.rows(query, id_) if row["media_id"] in files.seen), None)  # type: ignore[attr-defined]

    for place, way in enumerate(("slow", "endless", "bomb", "lie")):
        files.way = way  # type: ignore[attr-defined]
        wish = {
            "phone": f"+90555999022{place}",
            "file": {"base64": PICTURE, "mime": "image/png", "type": "image", "caption": way},
            "wait": True,
        }
        ids[way] = scene.control.post("/whatsapp_cloud/say", json=wish).raise_for_status().json()["id"]
        row = wait_until(partial(asked_for, ids[way]), lambda: f"its file was asked for{scene.logs()}", 30)
        assert row["text"] == way

    def state(way: str) -> str:
        return str(desk.rows(query, ids[way])[0]["state"])

    def settled(way: str) -> bool:
        return state(way) in ("stored", "failed")

    wait_until(lambda: state("endless") == "failed", lambda: f"given up at the cap, but {state('endless')}", 60)
    for way in ("bomb", "lie"):
        wait_until(partial(settled, way), f"{way} is settled", 30)
    assert desk.rows(query, ids["lie"])[0]["mime"] != "image/png", "it is kept as what it is, or not at all"
    left = sum(path.stat().st_size for path in (desk.data / "media" / "incoming").glob("*"))
    assert left < 1 << 20, "nothing of what was given up stays"
    assert state("slow") == "pending"
    assert desk.running["worker"].poll() is None
    files.way = "lie"  # type: ignore[attr-defined]
    scene.check()
