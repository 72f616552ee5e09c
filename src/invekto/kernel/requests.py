"""What every route needs between the principal and its use-case: the process's database, the actor, one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request

from invekto.kernel.auth import Principal
from invekto.kernel.db import Database
from invekto.kernel.tx import Actor, Tx

T = TypeVar("T")


def database_of(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


def actor_of(request: Request, principal: Principal) -> Actor:
    """Who acts, with the address and request id that the edge has put into the request's state."""
    return principal.actor(request.state.address, request.state.request_id)


async def in_tx(request: Request, principal: Principal, use_case: Callable[[Tx], Awaitable[T]]) -> T:
    """Runs a use-case in one transaction of the principal's tenant; again when it lost a race to a deadlock."""
    return await database_of(request).run(principal.tenant_id, actor_of(request, principal), use_case)
