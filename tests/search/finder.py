"""A desk whose log is followed by hand: what was written is findable after `follow`, and not before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from invekto.kernel.tenancy import Connection
from invekto.search.handlers import Indexer, open_connection
from tests.rest import Browser, Json, World


@dataclass
class Finder:
    world: World
    indexer: Indexer
    connection: Connection

    async def follow(self) -> None:
        """Everything that is there, from before the log too."""
        self.indexer._looked_back_at = -1e9
        while await self.indexer.work_once(self.connection):
            pass

    async def find(self, user: str, query: str, firm: str = "demo", **filters: Any) -> Json:
        await self.follow()
        browser = await self.world.browser(user, firm)
        return await looked_for(browser, query, **filters)


async def looked_for(browser: Browser, query: str, **filters: Any) -> Json:
    named = {{"in_": "in", "from_": "from", "to_": "to"}.get(name, name): value for name, value in filters.items()}
    page: Json = await browser.get("/search", q=query, **named)
    return page


def texts(page: Json) -> list[str]:
    """What the hits show, contacts by their name."""
    return [item["contact"]["name"] if item["kind"] == "contact" else item["snippet"]["text"] for item in page["items"]]


def marked(page: Json) -> list[list[str]]:
    """The characters of each hit that are marked."""
    return [
        [item["snippet"]["text"][one["start"] : one["end"]] for one in item["snippet"]["ranges"]]
        for item in page["items"]
        if item["kind"] != "contact"
    ]


def conversations(page: Json) -> set[UUID]:
    return {UUID(item["conversation"]["id"]) for item in page["items"] if item["conversation"]}


@asynccontextmanager
async def made_finder(world: World) -> AsyncIterator[Finder]:
    indexer = Indexer(world.db)
    connection = await open_connection(world.db)
    try:
        yield Finder(world, indexer, connection)
    finally:
        await connection.close()
