"""The control API of WhatsApp Cloud: numbers, people and their windows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from invekto_sandbox.control import Handler, Refused, body_of, delays_from, guarded, whole_number
from invekto_sandbox.whatsapp_cloud.accounts import KIND, Number
from invekto_sandbox.whatsapp_cloud.cloud import WhatsAppCloud
from invekto_sandbox.whatsapp_cloud.payloads import Json
from invekto_sandbox.whatsapp_cloud.people import PersonRefused


class Desk:
    """Finds what a control request names."""

    def __init__(self, cloud: WhatsAppCloud) -> None:
        self.cloud = cloud

    def number(self, source: Mapping[str, Any]) -> Number:
        """The named number, or the first one when none is named."""
        wished = source.get("number")
        if not wished:
            return self.cloud.accounts.first
        number = self.cloud.accounts.numbers.get(str(wished))
        if number is None:
            raise Refused("number_unknown", f"no business number {wished}", 404)
        return number

    def customer(self, request: Request) -> Json:
        customer = self.cloud.people.find(request.path_params["id"])
        if customer is None:
            raise Refused("not_found", "no such customer", 404)
        return customer

    def person(self, wish: Json, group: str = "person") -> Json:
        try:
            return self.cloud.people.create(wish, group)
        except PersonRefused as error:
            raise Refused(error.code, str(error)) from error


def routes_of(table: Sequence[tuple[str, str, Handler]]) -> list[BaseRoute]:
    return [Route(f"/_control/{KIND}{path}", guarded(handler), methods=[method]) for method, path, handler in table]


class PeopleControl:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cloud = desk.cloud

    def routes(self) -> list[BaseRoute]:
        return routes_of(
            [
                ("GET", "/numbers", self._numbers),
                ("POST", "/numbers", self._add_numbers),
                ("PATCH", "/numbers/{number}", self._change_number),
                ("GET", "/customers", self._customers),
                ("POST", "/customers", self._create),
                ("POST", "/customers/samples", self._samples),
                ("PATCH", "/customers/{id:int}", self._change),
                ("PUT", "/customers/{id:int}/window", self._window),
            ]
        )

    def state(self) -> Json:
        return {
            "webhook_url": self._cloud.subscriptions.app_url,
            "numbers": [
                {
                    "phone_number_id": one.phone_number_id,
                    "waba_id": one.waba_id,
                    "display_phone_number": one.display_phone_number,
                    "name": one.name,
                    "firm": one.firm,
                }
                for one in self._cloud.accounts.numbers.values()
            ],
        }

    def settings(self) -> Json:
        return {
            "delays": asdict(self._cloud.progress.delays),
            "strangers": self._cloud.people.strangers,
            "webhook_url": self._cloud.subscriptions.app_url,
            "handshake": self._cloud.subscriptions.handshake,
            "media_url_s": self._cloud.media.url_s,
        }

    def configure(self, wish: Json) -> None:
        if isinstance(wish.get("delays"), dict):
            self._cloud.progress.delays = delays_from(wish["delays"], self._cloud.progress.delays)
        if "strangers" in wish:
            if wish["strangers"] not in ("open", "closed"):
                raise Refused("strangers_invalid", "strangers must be open or closed")
            self._cloud.people.strangers = wish["strangers"]
        if "handshake" in wish:
            self._cloud.subscriptions.handshake = bool(wish["handshake"])
        if "media_url_s" in wish:
            self._cloud.media.url_s = whole_number(wish, "media_url_s", 300, 1, 86_400)
        if "webhook_url" in wish:
            self._cloud.subscriptions.set_app_url(wish["webhook_url"])

    async def _numbers(self, _request: Request) -> Response:
        """With tokens: this is what a test connects a channel with."""
        return JSONResponse({"items": [asdict(one) for one in self._cloud.accounts.numbers.values()]})

    async def _add_numbers(self, request: Request) -> Response:
        body = await body_of(request)
        count = whole_number(body, "count", 1, 1, 1000)
        name = str(body.get("name") or "Firma")
        names = [name if count == 1 else f"{name} {index + 1}" for index in range(count)]
        fresh = self._cloud.accounts.add(names, str(body.get("firm") or ""))
        return JSONResponse({"items": [asdict(one) for one in fresh]}, 201)

    async def _change_number(self, request: Request) -> Response:
        """`allowed`: the only numbers that may be written to (a test number's list), null for everybody."""
        number = self._desk.number({"number": request.path_params["number"]})
        body = await body_of(request)
        if "allowed" in body:
            self._cloud.core.store.keep_setting(f"wa.allowed.{number.phone_number_id}", body["allowed"])
        return JSONResponse(asdict(number))

    async def _customers(self, request: Request) -> Response:
        query = request.query_params
        rows, total = self._cloud.people.page(
            self._desk.number(query),
            limit=whole_number(query, "limit", 100, 1, 1000),
            offset=whole_number(query, "offset", 0, 0, 2**31),
            query=query.get("q", "").strip(),
        )
        return JSONResponse({"items": rows, "total": total})

    async def _create(self, request: Request) -> Response:
        """One customer, or many at once as {"customers": [..]}; `window_closes_at` (epoch seconds) as if they had written."""
        body = await body_of(request)
        number = self._desk.number(body)
        many = body.get("customers")
        wishes = many if isinstance(many, list) else [body]
        made = []
        with self._cloud.core.store.tx():
            for wish in wishes:
                customer = self._desk.person(wish)
                if wish.get("window_closes_at") is not None:
                    age_s = time.time() - (float(wish["window_closes_at"]) - 86_400)
                    self._cloud.people.written(number.phone_number_id, customer["id"], age_s)
                made.append(customer["id"])
        rows = self._cloud.people.rows(number, made)
        for customer_id in made:
            self._cloud.core.hub.changed((number.phone_number_id, customer_id))
        return JSONResponse({"items": rows} if isinstance(many, list) else rows[0], 201)

    async def _samples(self, request: Request) -> Response:
        self._cloud.add_samples()
        return await self._customers(request)

    async def _change(self, request: Request) -> Response:
        customer = self._desk.customer(request)
        body = await body_of(request)
        try:
            self._cloud.people.change(customer["id"], body)
        except PersonRefused as error:
            raise Refused(error.code, str(error)) from error
        number = self._desk.number(body)
        self._cloud.core.hub.changed((number.phone_number_id, customer["id"]))
        return JSONResponse(self._cloud.people.rows(number, [customer["id"]])[0])

    async def _window(self, request: Request) -> Response:
        customer = self._desk.customer(request)
        body = await body_of(request)
        number = self._desk.number(body)
        if body.get("state") not in ("open", "hour", "closed"):
            raise Refused("window_invalid", "state must be open, hour or closed")
        self._cloud.people.set_window(
            number.phone_number_id, customer["id"], body["state"], hold=bool(body.get("hold", False))
        )
        self._cloud.core.hub.changed((number.phone_number_id, customer["id"]))
        return JSONResponse(self._cloud.people.rows(number, [customer["id"]])[0])
