"""`invekto doctor`: walks the way of a message through this installation and names the first hop that is broken.

Asks what the processes themselves would ask: settings, database, worker, our own webhook from outside, and Meta for each number.
Changes nothing but one stored webhook that says nothing. Exit code 0 when nothing is broken, 1 otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from invekto.accounts.queries import tenant_id_by_slug
from invekto.channels import changing, service
from invekto.channels.account import Hop, State
from invekto.channels.adapter import Credentials
from invekto.channels.checks import check_channel, check_ingest, check_webhook
from invekto.channels.connecting import Office
from invekto.channels.models import App
from invekto.channels.registry import KINDS, build_desks, operator_urls
from invekto.entry.database import running_database
from invekto.entry.refusal import StartRefused
from invekto.entry.revisions import head_revision
from invekto.entry.supervisor import answers
from invekto.kernel.away import DATABASE_TROUBLE
from invekto.kernel.crypto import KeyRing, SecretUnreadable
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.http import Http
from invekto.kernel.i18n import known, sentence
from invekto.kernel.settings import Settings, SettingsError
from invekto.kernel.tenancy import INGEST
from invekto.kernel.text import slug
from invekto.kernel.tx import SYSTEM

BROKEN: Final = 1
_DISK_FAILED: Final = 200 << 20
_DISK_WARNED: Final = 2 << 30
_CLOCK_APART: Final = timedelta(seconds=30)
_NO_TENANT: Final = UUID(int=0)
_CHANNELS_MAX: Final = 1_000
_CHANNEL_HOPS: Final = ("token", "number", "app_secret", "subscription", "last_inbound", "clock")
_MARKS: Final[dict[State, str]] = {"ok": "ok     ", "warning": "warning", "failed": "FAILED "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One hop of the installation, or of the channel `of`."""

    hop: Hop
    of: str | None = None

    @property
    def message(self) -> str:
        return sentence(f"check.{self.hop.code}", "en", self.hop.params)

    @property
    def advice(self) -> str:
        advice = f"check.{self.hop.code}.do"
        return sentence(advice, "en", self.hop.params) if self.hop.state != "ok" and known(advice) else ""


def run(arguments: argparse.Namespace) -> int:
    """Prints each hop as it is found, then the first broken one and what to do."""
    findings: list[Finding] = []

    async def walk() -> None:
        async for finding in examine(arguments.firm):
            findings.append(finding)
            if not arguments.json:
                _print(finding)

    asyncio.run(walk())
    broken = next((one for one in findings if one.hop.state == "failed"), None)
    if arguments.json:
        listed = [_as_json(one) for one in findings]
        print(json.dumps({"healthy": broken is None, "hops": listed, "broken": broken and _as_json(broken)}, indent=1))
    elif broken is None:
        print("Nothing is broken.")
    else:
        print(f"\nBroken first: {_name(broken)}. {broken.message}\nWhat to do: {broken.advice}")
    return 0 if broken is None else BROKEN


async def examine(firm: str | None) -> AsyncIterator[Finding]:
    """Every hop in the order in which a message needs them; ends early where nothing behind can be asked."""
    try:
        settings = Settings.load()
    except SettingsError as error:
        yield _failed("settings", "settings_wrong", detail=str(error))
        return
    yield _ok("settings", "settings_ok", data=str(settings.data))
    yield _disk(settings)
    try:
        settings = running_database(settings)
    except StartRefused as error:
        yield _failed("database", "database_away", detail=str(error))
        return
    assert settings.database_url is not None
    database = await Database.open(
        DatabaseOptions(settings.database_url, settings.bus_url, request_pool=2, role_pool=2)
    )
    http = Http(operator_urls=(*operator_urls(settings), settings.public_url))
    office = Office(
        database,
        build_desks(settings, database.clock),
        http,
        KeyRing(settings.secret_key, settings.former_keys),
        settings.public_url,
    )
    try:
        async for finding in _with_database(settings, office, firm):
            yield finding
    finally:
        await http.close()
        await database.close()


async def _with_database(settings: Settings, office: Office, firm: str | None) -> AsyncIterator[Finding]:
    try:
        async with office.database.engine.connect() as connection:
            revision = await connection.scalar(text("select version_num from public.alembic_version"))
            there = await connection.scalar(text("select clock_timestamp()"))
    except (*DATABASE_TROUBLE, SQLAlchemyError) as error:
        yield _failed("database", "database_away", detail=str(getattr(error, "orig", None) or error))
        return
    yield _ok("database", "database_ok")
    if revision != head_revision():
        yield _failed("migrations", "migrations_missing", there=revision, here=head_revision())
        return
    yield _ok("migrations", "migrations_ok", there=revision)
    assert there is not None
    apart = abs(office.database.clock.now() - there)
    seconds = round(apart.total_seconds())
    yield (
        _failed("database_clock", "database_clock_wrong", apart_s=seconds)
        if apart > _CLOCK_APART
        else _ok("database_clock", "database_clock_ok", apart_s=seconds)
    )
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    local = await asyncio.to_thread(answers, host, settings.port, "/health/ready")
    where = f"{host}:{settings.port}"
    yield _ok("web", "web_ok", address=where) if local else _failed("web", "web_away", address=where)
    async for finding in _apps(office):
        yield finding
    async for finding in _channels(office, firm):
        yield finding


async def _apps(office: Office) -> AsyncIterator[Finding]:
    """The platform's webhook address from outside, and the worker behind it."""
    for kind in sorted(KINDS):
        async with office.database.tx(_NO_TENANT, SYSTEM) as tx:
            app_id = await tx.session.scalar(select(App.id).where(App.kind == kind, App.tenant_id.is_(None)))
            app: Credentials | None
            try:
                app = await changing.platform_app(tx, office.keys, kind)
            except SecretUnreadable:
                yield _failed("secret_key", "credentials_unreadable")
                continue
        if app is None:
            yield Finding(Hop(hop="app", state="warning", code="app_missing", params={"kind": kind}))
            continue
        yield _ok("secret_key", "secret_key_ok")
        yield Finding(await check_webhook(office, kind, app, f"{office.public_url}/hooks/{kind}"))
        yield Finding(await check_ingest(office, kind, app, app_id))


async def _channels(office: Office, firm: str | None) -> AsyncIterator[Finding]:
    if firm is None:
        async with (await office.database.pool(INGEST)).acquire() as connection:
            firms = [(row["id"], row["slug"]) for row in await connection.fetch("select id, slug from every_tenant()")]
    else:
        async with office.database.tx(_NO_TENANT, SYSTEM) as tx:
            found = await tenant_id_by_slug(tx, slug(firm))
            firms = [] if found is None else [(found, slug(firm))]
    if firm is not None and not firms:
        yield _failed("firm", "firm_missing", firm=firm)
    for tenant_id, name in firms:
        async with office.database.tx(tenant_id, SYSTEM) as tx:
            channels = [one for one in await service.list_channels(tx, None, _CHANNELS_MAX) if one.credentials]
        for channel in channels:
            of = f"{name}, {channel.name} ({channel.address or channel.account_key})"
            for hop in _CHANNEL_HOPS:
                (checked,) = await check_channel(office, tenant_id, SYSTEM, channel.id, hop)
                yield Finding(checked.hop, of)


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.data, *settings.data.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    params: dict[str, str | int | float | bool | None] = {"folder": str(folder), "free_mb": free >> 20}
    if free < _DISK_FAILED:
        return _failed("disk", "disk_full", **params)
    state: State = "warning" if free < _DISK_WARNED else "ok"
    return Finding(Hop(hop="disk", state=state, code="disk_full" if state == "warning" else "disk_ok", params=params))


def _ok(hop: str, code: str, **params: Any) -> Finding:
    return Finding(Hop(hop=hop, state="ok", code=code, params=params))


def _failed(hop: str, code: str, **params: Any) -> Finding:
    return Finding(Hop(hop=hop, state="failed", code=code, params=params))


def _name(finding: Finding) -> str:
    return finding.hop.hop if finding.of is None else f"{finding.hop.hop} of {finding.of}"


def _print(finding: Finding) -> None:
    print(f"{_MARKS[finding.hop.state]} {_name(finding)}: {finding.message}", flush=True)
    if finding.advice:
        print(f"        {finding.advice}", flush=True)


def _as_json(finding: Finding) -> dict[str, Any]:
    hop = finding.hop
    return {
        "hop": hop.hop,
        "of": finding.of,
        "state": hop.state,
        "code": hop.code,
        "message": finding.message,
        "advice": finding.advice,
        "params": dict(hop.params),
    }
