"""The customers' side, in a process of its own: posts signed webhooks and notes when each was due and answered.

Plain sockets and `select`, because its own CPU is taken from the server's. Closed loop: each of N clients posts again
when it is answered. Open loop: posts on time whatever happens; a late answer is counted from when its webhook was due,
so a stall is felt by everything that waited behind it.
"""

from __future__ import annotations

import array
import collections
import json
import select
import socket
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.traffic import Message, Number, body, request

PATIENCE_S = 30.0
OPEN_CONNECTIONS = 64


@dataclass(frozen=True)
class Order:
    """What to post. `count` webhooks with `per_body` messages each; message n is of firm n modulo the firms.

    `senders`: how many people per firm write in turn; 0: everybody writes once. `rate_per_s` 0: closed loop.
    `seconds` ends a closed loop early.
    """

    port: int
    path: str
    app_secret: str
    numbers: list[Number]
    first_mark: int
    count: int
    senders: int
    sender_base: int
    run: str
    clients: int = 32
    per_body: int = 1
    rate_per_s: float = 0
    seconds: float = 0

    @classmethod
    def parse(cls, text: str) -> Order:
        told: dict[str, Any] = json.loads(text)
        told["numbers"] = [Number(**number) for number in told["numbers"]]
        return cls(**told)

    def text(self) -> str:
        return json.dumps(asdict(self))


def requests_of(order: Order) -> list[bytes]:
    """Every request of the order, in order of sending."""
    built = []
    firms = len(order.numbers)
    for index in range(order.count):
        firm, turn = index % firms, index // firms
        messages = []
        for place in range(order.per_body):
            nth = turn * order.per_body + place
            person = nth % order.senders if order.senders else nth
            sender = str(order.sender_base + firm * 1_000_000 + person)
            mark = order.first_mark + index * order.per_body + place
            messages.append(Message(mark, sender, f"wamid.{order.run}.{mark}", f"Customer {person}"))
        payload = body(messages, order.numbers[firm])
        built.append(request(order.port, order.path, payload, order.app_secret))
    return built


class Wire:
    """One keep-alive connection; one request at a time."""

    __slots__ = ("_answer", "index", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self.index = -1

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, index: int, data: bytes) -> None:
        self.index, self._answer = index, b""
        self.socket.sendall(data)

    def receive(self) -> int:
        """The status once the whole answer is there, else 0."""
        came = self.socket.recv(65536)
        if not came:
            raise ConnectionError("the server closed the connection")
        answer = self._answer = self._answer + came if self._answer else came
        head, separator, rest = answer.partition(b"\r\n\r\n")
        if not separator:
            return 0
        low = head.lower()
        at = low.find(b"content-length:")
        if at < 0:
            raise ConnectionError("an answer without Content-Length")
        length = int(low[at + 15 : at + 35].split(b"\r\n")[0])
        return int(head[9:12]) if len(rest) >= length else 0


class Ledger:
    """When each webhook was due and answered; 0 where it was not accepted."""

    def __init__(self, count: int) -> None:
        self.due = array.array("d", bytes(8 * count))
        self.answered = array.array("d", bytes(8 * count))
        self.refused: collections.Counter[int] = collections.Counter()

    def note(self, index: int, status: int, now: float) -> None:
        if status == 200:
            self.answered[index] = now
        else:
            self.refused[status] += 1


def closed_loop(order: Order, requests: list[bytes]) -> Ledger:
    """Each client posts the next one as soon as it is answered."""
    ledger = Ledger(len(requests))
    wires = [Wire(order.port) for _ in range(order.clients)]
    stop_at = time.monotonic() + order.seconds if order.seconds else float("inf")
    waiting = iter(range(len(requests)))
    busy: set[Wire] = set()

    def post(wire: Wire, now: float) -> None:
        index = next(waiting, None) if now < stop_at else None
        if index is None:
            busy.discard(wire)
            return
        busy.add(wire)
        ledger.due[index] = now
        wire.send(index, requests[index])

    for wire in wires:
        post(wire, time.monotonic())
    while busy:
        for wire in _readable(busy, PATIENCE_S):
            status = wire.receive()
            if status:
                now = time.monotonic()
                ledger.note(wire.index, status, now)
                post(wire, now)
    return ledger


def open_loop(order: Order, requests: list[bytes]) -> Ledger:
    """One webhook every 1/rate seconds."""
    ledger = Ledger(len(requests))
    idle = [Wire(order.port) for _ in range(8)]
    busy: set[Wire] = set()
    began = time.monotonic() + 0.05
    for index in range(len(requests)):
        ledger.due[index] = began + index / order.rate_per_s
    following = 0
    while following < len(requests) or busy:
        now = time.monotonic()
        while following < len(requests) and ledger.due[following] <= now and (idle or len(busy) < OPEN_CONNECTIONS):
            wire = idle.pop() if idle else Wire(order.port)
            wire.send(following, requests[following])
            busy.add(wire)
            following += 1
        late = following < len(requests) and ledger.due[following] <= time.monotonic()
        pause = PATIENCE_S
        if following < len(requests) and not late:
            pause = max(0.0, ledger.due[following] - time.monotonic())
        for wire in _readable(busy, pause, may_be_nobody=following < len(requests)):
            status = wire.receive()
            if status:
                ledger.note(wire.index, status, time.monotonic())
                busy.discard(wire)
                idle.append(wire)
    return ledger


def _readable(wires: Iterable[Wire], longest_s: float, *, may_be_nobody: bool = False) -> list[Wire]:
    ready, _, _ = select.select(list(wires), [], [], longest_s)
    if not ready and not may_be_nobody:
        raise TimeoutError(f"no answer within {longest_s:g} s")
    return ready


def main() -> None:
    """Reads an order and the name of the file to write; says `ready`, waits for a line, works, says what came."""
    order = Order.parse(sys.stdin.readline())
    result = Path(sys.stdin.readline().strip())
    requests = requests_of(order)
    print("ready", flush=True)
    if not sys.stdin.readline():
        return
    ledger = (open_loop if order.rate_per_s else closed_loop)(order, requests)
    with result.open("wb") as file:
        ledger.due.tofile(file)
        ledger.answered.tofile(file)
    print(json.dumps({"count": len(requests), "refused": dict(ledger.refused)}), flush=True)


if __name__ == "__main__":
    main()
