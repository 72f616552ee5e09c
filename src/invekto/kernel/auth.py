"""Who asks, and what they may do: default deny. The catalogue of permissions and the sign-in itself are in accounts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from invekto.kernel.errors import Forbidden
from invekto.kernel.tx import Actor


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in user as one request sees them. `team_ids` bounds what `conversations.view = own` shows."""

    tenant_id: UUID
    user_id: UUID
    session_id: UUID
    name: str
    role: str
    permissions: frozenset[str]
    team_ids: frozenset[UUID]
    locale: str
    timezone: str

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def actor(self, address: str | None = None, request_id: str | None = None) -> Actor:
        return Actor("user", self.user_id, address, request_id)


class Authenticate(Protocol):
    """Finds the principal of a request or socket. Raises Unauthenticated."""

    def __call__(self, connection: HTTPConnection) -> Awaitable[Principal]: ...


SIGNED_IN = "signed_in"


def requires(permission: str) -> Any:
    """A route's dependency: the principal, if it has `permission`; `SIGNED_IN` asks for a session only.

    `tests/architecture` refuses a route without it that is not on the list of public routes.
    """

    async def dependency(request: Request) -> Principal:
        authenticate: Authenticate = request.app.state.authenticate
        principal = await authenticate(request)
        if permission != SIGNED_IN and not principal.may(permission):
            raise Forbidden(params={"permission": permission})
        return principal

    dependency.permission = permission  # type: ignore[attr-defined]  # read by tests/architecture
    return Depends(dependency)


def permission_of(call: Callable[..., Any]) -> str | None:
    """The permission a dependency made by `requires` asks for, or None."""
    return getattr(call, "permission", None)
