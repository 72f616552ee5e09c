"""People on both sides who go on while things break.

Customers write through the sandbox. Agents answer over REST as the web client does on a weak line: each answer with a key,
repeated with it until the desk has said yes or no. Whatever is answered besides yes, no and "not now" is a problem.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.desk import PASSWORD, Desk

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
"""A PNG of one pixel, in base64."""

_PATIENCE_S = 60
_AGAIN_S = 0.15
_LOOK_S = 0.7
_AT_ONCE = 12
_EACH = 6


class Customers(threading.Thread):
    """New people all the time until `rest`: some write a few messages each, `rate` a second in all, then come others."""

    def __init__(self, desk: Desk, numbers: Sequence[str], rate: float) -> None:
        super().__init__(name="customers", daemon=True)
        self.written = 0
        self.problems: list[str] = []
        self._desk = desk
        self._wish = {
            "customers": _AT_ONCE,
            "messages": _EACH,
            "rate": rate,
            "ordered": True,
            "numbers": list(numbers),
            "text": "{n}: {m}",
            "wait": True,
        }
        self._resting = threading.Event()

    def rest(self) -> None:
        """They finish what they were saying."""
        self._resting.set()
        self.join(2 * _PATIENCE_S)
        assert not self.is_alive(), "customers are still writing"

    def run(self) -> None:
        try:
            with self._desk.customer() as control:
                while not self._resting.is_set():
                    # Answered when all of them were heard: a fault may last.
                    control.post("/whatsapp_cloud/crowd", json=self._wish, timeout=120).raise_for_status()
                    self.written += _AT_ONCE * _EACH
        except Exception as error:  # noqa: BLE001  # a thread's error is shown where the check is
            self.problems.append(repr(error))


class Visitors(threading.Thread):
    """Single people who send a picture, edit what they wrote, or take it back. `changes`: the ids of the last two."""

    def __init__(self, desk: Desk, number: str, dice: random.Random) -> None:
        super().__init__(name="visitors", daemon=True)
        self.written = 0
        self.changes: set[str] = set()
        self.problems: list[str] = []
        self._desk, self._number, self._dice = desk, number, dice
        self._resting = threading.Event()

    def rest(self) -> None:
        self._resting.set()
        if self.ident is not None:
            self.join(_PATIENCE_S)
        assert not self.is_alive(), "visitors are still writing"

    def run(self) -> None:
        try:
            with self._desk.customer() as control:
                while not self._resting.wait(self._dice.uniform(0.2, 0.8)):
                    self._visit(control, self._dice.choice(("picture", "edit", "revoke")))
        except Exception as error:  # noqa: BLE001  # a thread's error is shown where the check is
            self.problems.append(repr(error))

    def _visit(self, control: httpx.Client, wish: str) -> None:
        phone = f"+90557{self._dice.randrange(10**7):07}"
        picture = {"file": {"base64": PICTURE, "mime": "image/png", "type": "image", "caption": wish}}
        what = picture if wish == "picture" else {"text": wish}
        said = self._post(control, "/whatsapp_cloud/say", number=self._number, phone=phone, **what)
        self.written += 1
        if wish == "picture":
            return
        change: dict[str, Any] = {"original_message_id": said["id"]}
        if wish == "edit":
            change["message"] = {"type": "text", "text": {"body": "edited"}}
        raw = {"message": {"type": wish, wish: change}}
        path = f"/whatsapp_cloud/customers/{said['customer']}/messages"
        self.changes.add(self._post(control, path, number=self._number, **raw)["id"])
        self.written += 1

    def _post(self, control: httpx.Client, path: str, **wish: Any) -> dict[str, Any]:
        answer: dict[str, Any] = control.post(path, json=wish).raise_for_status().json()
        return answer


@dataclass(frozen=True, slots=True)
class Answer:
    """One message that an agent wanted to send. `message_id` is None when a colleague had been quicker (409)."""

    key: str
    conversation_id: str
    text: str
    message_id: str | None
    tries: int


class Agent(threading.Thread):
    """Answers whoever waits, and its own people, about `per_s` times a second until `rest`."""

    def __init__(self, desk: Desk, firm: str, user: str, dice: random.Random, per_s: float) -> None:
        super().__init__(name=f"{user} of {firm}", daemon=True)
        self.answers: list[Answer] = []
        self.problems: list[str] = []
        self._dice = dice
        self._pause_s = 1 / per_s
        self._resting = threading.Event()
        self._numbers = itertools.count(1)
        self._client = httpx.Client(base_url=desk.url, timeout=20)
        sign_in = {"firm": firm, "user": user, "password": PASSWORD}
        self._client.post("/api/v1/session", json=sign_in).raise_for_status()

    def rest(self) -> None:
        """Finishes what is under way: nothing is left without an answer."""
        self._resting.set()
        if self.ident is not None:
            self.join(_PATIENCE_S + 5)
        assert not self.is_alive(), f"{self.name} still waits for an answer"
        self._client.close()

    def run(self) -> None:
        people: list[str] = []
        looked_at = 0.0
        try:
            while not self._resting.wait(self._pause_s):
                if not people or time.monotonic() - looked_at > _LOOK_S:
                    people, looked_at = self._people(), time.monotonic()
                if people:
                    self.say(self._dice.choice(people), f"{self.name} {next(self._numbers)}")
        except Exception as error:  # noqa: BLE001  # a thread's error is shown where the check is
            self.problems.append(repr(error))

    def spoke(self) -> bool:
        """Whether an answer of theirs has been taken."""
        return any(answer.message_id for answer in self.answers)

    def say(self, conversation_id: str, text: str, key: str | None = None) -> Answer:
        """Posts one answer, with its key (a new one, or `key`) again and again while nobody answers or the desk says "not now"."""
        path = f"/api/v1/conversations/{conversation_id}/messages"
        return self._posted(conversation_id, path, text, {"type": "text", "text": text}, key)

    def again(self, conversation_id: str, message_id: str) -> Answer:
        """Sends a failed message once more, as the button does."""
        path = f"/api/v1/conversations/{conversation_id}/messages"
        shown, _ = self._ask("GET", path, params={"limit": "100"})
        (text,) = (row["text"] for row in shown.json()["items"] if row["id"] == message_id)
        return self._posted(conversation_id, f"{path}/{message_id}/resend", text)

    def _posted(
        self, conversation_id: str, path: str, text: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> Answer:
        key = key or str(uuid4())
        answer, tries = self._ask("POST", path, json=body, headers={"Idempotency-Key": key})
        message_id = None
        if answer.status_code in (200, 201):
            message_id = answer.json()["id"]
        elif answer.status_code != 409:
            self.problems.append(f"{answer.status_code} for an answer: {answer.text}")
        said = Answer(key, conversation_id, text, message_id, tries)
        self.answers.append(said)
        return said

    def _people(self) -> list[str]:
        found: list[str] = []
        for view in ("mine", "unassigned"):
            answer, _ = self._ask("GET", "/api/v1/conversations", params={"view": view, "limit": "12"})
            if answer.status_code == 200:
                found += [row["id"] for row in answer.json()["items"]]
            else:
                self.problems.append(f"{answer.status_code} for the list: {answer.text}")
        return found

    def _ask(self, method: str, path: str, **what: Any) -> tuple[httpx.Response, int]:
        deadline = time.monotonic() + _PATIENCE_S
        for tries in itertools.count(1):
            try:
                answer = self._client.request(method, path, **what)
            except httpx.TransportError as error:
                answer = httpx.Response(503, text=repr(error))
            if answer.status_code != 503 or time.monotonic() > deadline:
                return answer, tries
            time.sleep(_AGAIN_S)
        raise AssertionError("unreachable: it counts for ever")
