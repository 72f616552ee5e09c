"""What the sandbox is started with. The environment is read only by `__main__`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Strangers = Literal["closed", "open"]

# Seconds until each further attempt of a webhook that was not answered 200. Meta goes on for 7 days and
# does not publish its steps; what counts here is that it backs off, ends, and outlives the receiver's restart.
RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 10800.0, 43200.0)


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from one delivery status to the next, for a number that nobody plays."""

    sent_s: float = 0.15
    delivered_s: float = 0.6
    read_s: float = 2.5


@dataclass(frozen=True, slots=True)
class Settings:
    """`strangers` says whether somebody who never wrote has an open service window: Meta's answer is no."""

    data_dir: Path
    port: int = 8001
    host: str = "127.0.0.1"
    webhook_url: str | None = None
    web_dir: Path | None = None
    ledger: bool = False
    delays: Delays = field(default_factory=Delays)
    retry_s: tuple[float, ...] = RETRY_S
    webhook_timeout_s: float = 20.0
    connections: int = 64
    max_queue: int = 200_000
    media_url_s: int = 300
    grace_s: float = 10.0
    strangers: Strangers = "closed"
    samples: bool = False

    @property
    def folder(self) -> Path:
        return self.data_dir / "sandbox"

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
