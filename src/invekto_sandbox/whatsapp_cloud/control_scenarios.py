"""The control API of WhatsApp Cloud: ready-made scenarios."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from invekto_sandbox.control import Refused, body_of
from invekto_sandbox.whatsapp_cloud.control import Desk, routes_of
from invekto_sandbox.whatsapp_cloud.scenarios import SCENARIOS, Scenarios


class ScenarioControl:
    def __init__(self, desk: Desk, scenarios: Scenarios) -> None:
        self._desk = desk
        self._scenarios = scenarios

    def routes(self) -> list[BaseRoute]:
        return routes_of([("GET", "/scenarios", self._list), ("POST", "/scenarios/{name}", self._start)])

    async def _list(self, _request: Request) -> Response:
        return JSONResponse({"items": list(SCENARIOS)})

    async def _start(self, request: Request) -> Response:
        """`{"number"?, "pace"?, "wait"?}`; `pace` 1 is as people write, 0 without pauses. 202 while it goes on, else 200."""
        name = request.path_params["name"]
        if name not in SCENARIOS:
            raise Refused("not_found", f"no scenario {name}; there are {', '.join(SCENARIOS)}", 404)
        body = await body_of(request)
        pace = body.get("pace", 1)
        if isinstance(pace, bool) or not isinstance(pace, int | float) or not 0 <= pace <= 10:
            raise Refused("number_invalid", "pace must be between 0 and 10")
        run = self._scenarios.start(name, self._desk.number(body), float(pace))
        if body.get("wait"):
            await self._scenarios.wait(run)
        return JSONResponse(run.report(), 202 if run.running else 200)
