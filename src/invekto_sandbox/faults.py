"""The fault menu: what may go wrong, for one account or for all. Decides only; the provider apps act on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from invekto_sandbox.store import Store


class FaultRefused(Exception):
    """The asked fault does not exist or its numbers make no sense."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Every call of the product is answered after `ms`."""

    ms: int = 3000


@dataclass(frozen=True, slots=True)
class Throttle:
    """Every `every`-th send is answered HTTP 429 with `code`, and with Retry-After if `retry_after_s`."""

    every: int = 5
    code: int = 130429
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Each webhook goes out `times` times at the same moment."""

    times: int = 2


@dataclass(frozen=True, slots=True)
class Withhold:
    """Every `every`-th send is accepted and delivered, but its answer is kept back for `hold_s`."""

    hold_s: float = 60.0
    every: int = 1


@dataclass(frozen=True, slots=True)
class Forge:
    """Every `every`-th webhook is signed with a wrong secret, and not repeated: no provider would send it."""

    every: int = 1


@dataclass(frozen=True, slots=True)
class Refuse:
    """Every `every`-th send is refused with the provider's error `code` (HTTP status `http` instead of its own)."""

    code: int = 131000
    http: int | None = None
    every: int = 1


@dataclass(frozen=True, slots=True)
class Reorder:
    """Every second webhook waits until the next one has gone, `hold_s` at the most."""

    hold_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Outage:
    """Every call is answered 503 and no webhook goes out, for `for_s`; it ends by itself at `until` (epoch seconds)."""

    for_s: float = 60.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """Every `every`-th download of a file is answered 404, as an address that is too old is."""

    every: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to `size` updates travel in one body; the first one waits `wait_ms` for the others. Meta does that at peaks."""

    size: int = 10
    wait_ms: int = 500


Fault = Slow | Throttle | Duplicate | Withhold | Forge | Refuse | Reorder | Outage | Media | Batch
_KINDS: dict[str, type[Fault]] = {
    "slow": Slow,
    "throttle": Throttle,
    "duplicate": Duplicate,
    "withhold": Withhold,
    "forge": Forge,
    "refuse": Refuse,
    "reorder": Reorder,
    "outage": Outage,
    "media": Media,
    "batch": Batch,
}
_LIMITS: dict[str, tuple[float, float]] = {
    "ms": (1, 600_000),
    "every": (1, 1_000_000),
    "times": (2, 50),
    "hold_s": (0.01, 3600),
    "retry_after_s": (0, 86_400),
    "code": (0, 10_000_000),
    "http": (400, 599),
    "for_s": (0.05, 86_400),
    "until": (0, 2**40),
    "size": (2, 1000),
    "wait_ms": (0, 60_000),
}
EVERYWHERE = ""
"""The scope that means every account."""


def _parse(name: str, wish: object) -> Any:
    kind = _KINDS.get(name)
    if kind is None:
        raise FaultRefused(f"unknown fault {name!r}; there are {', '.join(_KINDS)}")
    if wish is True:
        wish = {}
    if not isinstance(wish, dict):
        raise FaultRefused(f"{name}: give true, null or an object")
    known = {field.name for field in fields(kind)}
    for key, value in wish.items():
        if key not in known:
            raise FaultRefused(f"{name}: unknown setting {key!r}; there are {', '.join(sorted(known))}")
        low, high = _LIMITS[key]
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise FaultRefused(f"{name}.{key} must be a number")
        if value is not None and not low <= value <= high:
            raise FaultRefused(f"{name}.{key} must be between {low:g} and {high:g}")
    made = kind(**wish)
    if isinstance(made, Outage) and made.until is None:
        return replace(made, until=time.time() + made.for_s)
    return made


class Faults:
    """An account's own fault takes the place of the one that is set for all accounts. Kept over a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scopes: dict[str, dict[str, Any]] = {}
        self._turns: dict[tuple[str, str], int] = {}
        self.on_change: Callable[[], None] = lambda: None
        for scope, wishes in store.setting("faults", {}).items():
            self._scopes[scope] = {name: _parse(name, wish) for name, wish in wishes.items()}

    def change(self, scope: str, wishes: dict[str, Any]) -> None:
        """Sets the named faults of a scope; null takes one away, the others stay. All or nothing."""
        chosen = dict(self._scopes.get(scope, {}))
        for name, wish in wishes.items():
            if wish is None or wish is False:
                chosen.pop(name, None)
            else:
                chosen[name] = _parse(name, wish)
            self._turns.pop((scope, name), None)
        self._scopes[scope] = chosen
        self._keep()
        self.on_change()

    def clear(self, scope: str | None = None) -> None:
        if scope is None:
            self._scopes.clear()
        else:
            self._scopes.pop(scope, None)
        self._turns.clear()
        self._keep()
        self.on_change()

    def as_json(self) -> dict[str, Any]:
        return {
            "global": self._plain(EVERYWHERE),
            "numbers": {
                scope: self._plain(scope) for scope in self._scopes if scope != EVERYWHERE and self._scopes[scope]
            },
        }

    def slow_s(self, account: str) -> float:
        fault = self._of(account, "slow")
        return fault.ms / 1000 if isinstance(fault, Slow) else 0.0

    def copies(self, account: str) -> int:
        fault = self._of(account, "duplicate")
        return fault.times if isinstance(fault, Duplicate) else 1

    def throttle(self, account: str) -> Throttle | None:
        fault = self._of(account, "throttle")
        return fault if isinstance(fault, Throttle) and self._turn(account, "throttle", fault.every) else None

    def refuse(self, account: str) -> Refuse | None:
        fault = self._of(account, "refuse")
        return fault if isinstance(fault, Refuse) and self._turn(account, "refuse", fault.every) else None

    def withhold_s(self, account: str) -> float:
        fault = self._of(account, "withhold")
        if isinstance(fault, Withhold) and self._turn(account, "withhold", fault.every):
            return fault.hold_s
        return 0.0

    def forges(self, account: str) -> bool:
        fault = self._of(account, "forge")
        return isinstance(fault, Forge) and self._turn(account, "forge", fault.every)

    def reorder_s(self, account: str) -> float:
        """How long a webhook may wait to be overtaken; 0 without the fault."""
        fault = self._of(account, "reorder")
        return fault.hold_s if isinstance(fault, Reorder) else 0.0

    def outage_s(self, account: str) -> float:
        """How long the provider will still be away; 0 when it is there."""
        fault = self._of(account, "outage")
        return max(0.0, (fault.until or 0) - time.time()) if isinstance(fault, Outage) else 0.0

    def loses_file(self, account: str) -> bool:
        fault = self._of(account, "media")
        return isinstance(fault, Media) and self._turn(account, "media", fault.every)

    def batch(self, account: str) -> Batch | None:
        fault = self._of(account, "batch")
        return fault if isinstance(fault, Batch) else None

    def forget_ended(self) -> bool:
        """Takes away outages that are over. Gives whether there was one."""
        ended = [
            scope
            for scope, chosen in self._scopes.items()
            if isinstance(fault := chosen.get("outage"), Outage) and (fault.until or 0) <= time.time()
        ]
        for scope in ended:
            self._scopes[scope].pop("outage")
        if ended:
            self._keep()
        return bool(ended)

    @property
    def next_end_s(self) -> float | None:
        """Seconds until the first outage is over; None without one."""
        ends = [
            fault.until or 0.0 for chosen in self._scopes.values() if isinstance(fault := chosen.get("outage"), Outage)
        ]
        return max(0.0, min(ends) - time.time()) if ends else None

    def _of(self, account: str, name: str) -> object:
        return self._scopes.get(account, {}).get(name) or self._scopes.get(EVERYWHERE, {}).get(name)

    def _turn(self, account: str, name: str, every: int) -> bool:
        scope = account if name in self._scopes.get(account, {}) else EVERYWHERE
        turn = self._turns.get((scope, name), 0) + 1
        self._turns[scope, name] = turn
        return turn % every == 0

    def _plain(self, scope: str) -> dict[str, Any]:
        return {name: asdict(fault) for name, fault in self._scopes.get(scope, {}).items()}

    def _keep(self) -> None:
        self._store.keep_setting("faults", {scope: self._plain(scope) for scope in self._scopes})
