"""The sandbox as a program: it keeps what it promised over kill -9, and says what is wrong when it cannot start."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from invekto_sandbox import info
from tests.sandbox.conftest import Receiver

SOURCES = Path(__file__).parents[2] / "src"
COMMAND = [sys.executable, "-m", "invekto_sandbox"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(SOURCES)}


@contextlib.contextmanager
def program(folder: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "--port", str(port), "--data", str(folder), "--retry", "0.2,0.2,0.2,0.2,0.5,0.5,1,1", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("sandbox: http://127.0.0.1:")
        yield process
    finally:
        process.kill()
        process.wait()


def call(port: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
    answer = httpx.request(method, f"http://127.0.0.1:{port}{path}", json=body, headers=headers, timeout=10)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.mark.real_ports
async def test_nothing_accepted_is_lost_when_it_is_killed(tmp_path: Path, receiver: Receiver) -> None:
    """Killed with one message accepted and its statuses due, one webhook unanswered, a fault and a customer set."""
    port = free_port()
    keys = info(tmp_path, port)["whatsapp_cloud"]
    receiver.verify_token = keys["verify_token"]
    token = {"Authorization": f"Bearer {keys['access_token']}"}
    send = {"messaging_product": "whatsapp", "to": "905551112233", "text": {"body": "Kayıp yok"}}
    slow = ("--webhook-url", receiver.url, "--delays", "0.3,0.3,0.3")
    with program(tmp_path, port, *slow) as process:
        await asyncio.to_thread(call, port, "POST", "/_control/whatsapp_cloud/say", {"phone": "+905551112233", "text": "a", "wait": True})  # fmt: skip
        receiver.status = 503
        await asyncio.to_thread(call, port, "POST", "/_control/whatsapp_cloud/say", {"phone": "+905551112233", "text": "b", "wait": True})  # fmt: skip
        await asyncio.to_thread(call, port, "PUT", "/_control/faults", {"faults": {"duplicate": {"times": 2}}})
        accepted = await asyncio.to_thread(lambda: call(port, "POST", f"/v24.0/{keys['phone_number_id']}/messages", send, **token))  # fmt: skip
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
    receiver.status = 200
    receiver.posts.clear()
    wamid = accepted["messages"][0]["id"]
    with program(tmp_path, port, *slow):
        await receiver.until(lambda: receiver.steps(wamid)[-1:] == ["read"])
        assert set(receiver.steps(wamid)) == {"sent", "delivered", "read"}
        assert {one["text"]["body"] for one in receiver.values("messages")} == {"b"}
        state = await asyncio.to_thread(call, port, "GET", "/_control/state")
        assert state["faults"]["global"] == {"duplicate": {"times": 2}}
        people = await asyncio.to_thread(call, port, "GET", "/_control/whatsapp_cloud/customers")
        assert people["items"][0]["phone"] == "905551112233"
        assert people["items"][0]["window"]["state"] == "open"
    assert info(tmp_path, port)["whatsapp_cloud"] == keys


@pytest.mark.real_ports
def test_two_that_ask_for_the_keys_at_once_get_the_same(tmp_path: Path) -> None:
    command = [*COMMAND, "info", "--json", "--data", str(tmp_path), "--port", "9"]

    def ask(_turn: int) -> Any:
        return json.loads(subprocess.run(command, env=environment(), capture_output=True, check=True).stdout)

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(ask, range(3))
    assert all(one == first for one in others)
    block = first["whatsapp_cloud"]
    assert block["base_url"] == "http://127.0.0.1:9"
    assert [number["firm"] for number in block["numbers"]] == ["demo", "demo2"]
    assert block["phone_number_id"] == block["numbers"][0]["phone_number_id"]
    assert block["numbers"][0]["waba_id"] != block["numbers"][1]["waba_id"]
    assert block["numbers"][0]["access_token"] != block["numbers"][1]["access_token"]
    assert (tmp_path / "sandbox" / "keys.json").stat().st_mode & 0o077 == 0


@pytest.mark.real_ports
def test_a_used_port_and_a_used_folder_are_each_named_in_one_sentence(tmp_path: Path) -> None:
    port = free_port()
    with program(tmp_path / "a", port):
        used_port = subprocess.run(
            [*COMMAND, "--port", str(port), "--data", str(tmp_path / "b")],
            env=environment(), capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
        used_folder = subprocess.run(
            [*COMMAND, "--port", str(free_port()), "--data", str(tmp_path / "a")],
            env=environment(), capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
    assert used_port.returncode == 1
    assert f"127.0.0.1:{port}" in used_port.stderr
    assert len(used_port.stderr.strip().splitlines()) == 1
    assert used_folder.returncode == 1
    assert "another sandbox is running" in used_folder.stderr


@pytest.mark.real_ports
def test_it_ends_on_ctrl_c_even_while_an_answer_is_withheld(tmp_path: Path) -> None:
    port = free_port()
    keys = info(tmp_path, port)["whatsapp_cloud"]
    with program(tmp_path, port, "--strangers", "open") as process, httpx.Client(timeout=0.2) as client:
        call(port, "PUT", "/_control/faults", {"faults": {"withhold": {"hold_s": 60}}})
        with pytest.raises(httpx.ReadTimeout):
            client.post(
                f"http://127.0.0.1:{port}/v24.0/{keys['phone_number_id']}/messages",
                json={"messaging_product": "whatsapp", "to": "905551112233", "text": {"body": "x"}},
                headers={"Authorization": f"Bearer {keys['access_token']}"},
            )
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, "not only when the answer has been given"
