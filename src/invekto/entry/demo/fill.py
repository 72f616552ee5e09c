"""Fills an empty database with two sample firms, once. Each firm is one transaction: it is there whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final
from uuid import UUID

log = logging.getLogger("invekto.demo")

PASSWORD: Final = "demo1234"  # noqa: S105  # printed on purpose; the demo runs on loopback only
PEOPLE: Final[Mapping[str, Mapping[str, str]]] = {
    "demo": {"agent1": "Selin Acar", "agent2": "Mert Yalçın", "agent3": "Rania Haddad", "supervisor": "Deniz Aktaş"},
    "demo2": {"agent1": "Ebru Tan", "agent2": "Kaan Duru", "agent3": "Lara Mutlu", "supervisor": "Oya Sezer"},
}
_NO_TENANT: Final = UUID(int=0)
_REMEMBERED_DAYS: Final = 14
_THREADS_AT_ONCE: Final = 400
