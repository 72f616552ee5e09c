"""Sample firms for `invekto demo`: dialogues, people, a plan of ninety days, and how it gets into an empty database."""

from __future__ import annotations

from typing import Final

DEMO_FIRMS: Final = ("demo", "demo2")
DEMO_USERS: Final = ("agent1", "agent2", "agent3", "supervisor")
DEMO_PASSWORD: Final = "demo1234"  # noqa: S105  # printed on purpose; `demo` refuses to run anywhere but on loopback
