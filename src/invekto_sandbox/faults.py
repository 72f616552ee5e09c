"""The fault menu: what may go wrong, for one account or for all. Decides only; the provider apps act on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
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


_KINDS: dict[str, type[Slow | Throttle | Duplicate | Withhold | Forge | Refuse]] = {
    "slow": Slow,
    "throttle": Throttle,
    "duplicate": Duplicate,
    "withhold": Withhold,
    "forge": Forge,
    "refuse": Refuse,
}
_LIMITS: dict[str, tuple[float, float]] = {
    "ms": (1, 600_000),
    "every": (1, 1_000_000),
    "times": (2, 50),
    "hold_s": (0.01, 3600),
    "retry_after_s": (0, 86_400),
    "code": (0, 10_000_000),
    "http": (400, 599),
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
    return kind(**wish)


class Faults:
    """An account's own fault takes the place of the one that is set for all accounts. Kept over a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._scopes: dict[str, dict[str, Any]] = {}
        self._turns: dict[tuple[str, str], int] = {}
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

    def clear(self, scope: str | None = None) -> None:
        if scope is None:
            self._scopes.clear()
        else:
            self._scopes.pop(scope, None)
        self._turns.clear()
        self._keep()

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
