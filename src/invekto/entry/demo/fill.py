"""Fills an empty database with two sample firms, once. Each firm is one transaction: it is there whole or not at all."""

from __future__ import annotations

import asyncio
import base64
import functools
import http.client
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from invekto.accounts.queries import tenant_id_by_slug
from invekto.accounts.service import add_team_member, create_team, create_tenant, create_user
from invekto.channels.account import Account
from invekto.channels.adapter import Credentials
from invekto.channels.changing import note_account
from invekto.channels.registry import build_desks, operator_urls
from invekto.channels.service import connect_channel, save_platform_app
from invekto.channels.templates import ProviderTemplate
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.channels.whatsapp_cloud.connect import credentials_of
from invekto.conversations.history import PastFile, PastThread, import_threads
from invekto.conversations.tagging import create_tag
from invekto.entry import sandbox
from invekto.entry.demo import DEMO_PASSWORD, DEMO_USERS
from invekto.entry.demo.keeping import keep_records
from invekto.entry.demo.media import sample_files
from invekto.entry.demo.phrases import CANNED, TEMPLATES
from invekto.entry.demo.plan import DAYS, FIRMS, Firm, tags_of, talks
from invekto.entry.demo.threads import Cast, Remembered, threads
from invekto.entry.revisions import connect as connect_database
from invekto.entry.roles import OWNER
from invekto.kernel.crypto import KeyRing
from invekto.kernel.db import Database, DatabaseOptions
from invekto.kernel.http import Http
from invekto.kernel.ids import uuid7
from invekto.kernel.settings import Settings
from invekto.kernel.storage import DiskStore
from invekto.kernel.tx import SYSTEM, Tx
from invekto.templates.accounts import Account as TemplateAccount
from invekto.templates.canned import create_canned
from invekto.templates.sync import take_over

log = logging.getLogger("invekto.demo")

PEOPLE: Final[Mapping[str, Sequence[str]]] = {
    "demo": ("Selin Acar", "Mert Yalçın", "Rania Haddad", "Deniz Aktaş"),
    "demo2": ("Ebru Tan", "Kaan Duru", "Lara Mutlu", "Oya Sezer"),
}
_NO_TENANT: Final = UUID(int=0)
_REMEMBERED: Final = timedelta(days=14)
_THREADS_AT_ONCE: Final = 400
_FILE_MAX: Final = 1 << 20


def fill(settings: Settings) -> int:
    """Makes the firms that are not there yet. The sandbox runs already."""
    asyncio.run(_fill(settings))
    return 0


async def _fill(settings: Settings) -> None:
    assert settings.database_url is not None
    db = await Database.open(DatabaseOptions(settings.database_url, request_pool=2, role_pool=1), listen=False)
    try:
        missing = [firm for firm in FIRMS if await _tenant_id(db, firm.slug) is None]
        if not missing:
            return
        keys = KeyRing(settings.secret_key)
        whatsapp = sandbox.info(settings)["whatsapp_cloud"]
        await _save_app(settings, keys, whatsapp, db.clock.now())
        numbers = {number["firm"]: number for number in whatsapp["numbers"]}
        for firm in missing:
            began = time.monotonic()
            messages = await _make_firm(db, settings, keys, firm, numbers[firm.slug])
            log.info("%s: %d messages of %d days, %.0f s", firm.name, messages, DAYS, time.monotonic() - began)
    finally:
        await db.close()


async def _tenant_id(db: Database, slug: str) -> UUID | None:
    async with db.tx(_NO_TENANT, SYSTEM) as tx:
        return await tenant_id_by_slug(tx, slug)


async def _make_firm(db: Database, settings: Settings, keys: KeyRing, firm: Firm, number: Mapping[str, str]) -> int:
    credentials = credentials_of(**{name: number[name] for name in ("access_token", "phone_number_id", "waba_id")})
    http = Http(operator_urls=operator_urls(settings))
    try:
        account = await build_desks(settings, db.clock).by_kind(WhatsAppCloud.kind).connect(http, credentials, {})
        approved = await _templates(settings, http, credentials)
    finally:
        await http.close()
    async with db.tx(uuid7(), SYSTEM) as tx:
        await create_tenant(tx, firm=firm.slug, name=firm.name)
        channel = functools.partial(_connect, tx, keys, account, credentials)
        cast = await _cast(tx, settings, firm, channel)
        await _phrases(tx, cast.channel_id, credentials, WhatsAppCloud(settings.whatsapp_cloud_url), approved)
        planned = talks(firm, cast.now, cast.names)
        played = list(threads(planned, cast))
        made: list[UUID] = []
        for start in range(0, len(played), _THREADS_AT_ONCE):
            made += await import_threads(tx, [thread for thread, _ in played[start : start + _THREADS_AT_ONCE]])
        await keep_records(tx, firm, cast, planned, made)
        # Before the commit: the sandbox takes the same history twice without harm, the other way round it would miss it.
        recent = [remembered for thread, remembered in played if _is_recent(thread, cast)]
        await asyncio.to_thread(_tell_sandbox, settings, number["phone_number_id"], recent)
    return sum(len(thread.lines) for thread, _ in played)


def _is_recent(thread: PastThread, cast: Cast) -> bool:
    return thread.status != "resolved" or cast.now - thread.lines[-1].at < _REMEMBERED


async def _save_app(settings: Settings, keys: KeyRing, whatsapp: Mapping[str, Any], now: datetime) -> None:
    """The platform's app; it belongs to no firm, so the schema's owner writes it."""
    assert settings.admin_database_url is not None, "`demo` has started the database, so it knows its owner"
    owner = await connect_database(settings.admin_database_url, "INVEKTO_ADMIN_DATABASE_URL")
    try:
        await owner.execute(f"set role {OWNER}")
        await save_platform_app(
            owner,
            keys,
            kind=WhatsAppCloud.kind,
            app_secret=whatsapp["app_secret"],
            verify_token=whatsapp["verify_token"],
            now=now,
        )
    finally:
        await owner.close()


async def _cast(tx: Tx, settings: Settings, firm: Firm, connect_number: Callable[[UUID], Awaitable[UUID]]) -> Cast:
    """Users, teams, tags, the connected number and the files: what the threads refer to."""
    names = dict(zip(DEMO_USERS, PEOPLE[firm.slug], strict=True))
    users = {
        username: await create_user(
            tx,
            username=username,
            password=DEMO_PASSWORD,
            role="supervisor" if username == "supervisor" else "user",
            name=name,
        )
        for username, name in names.items()
    }
    desk, guests = await create_team(tx, name="Danışma"), await create_team(tx, name=firm.guest_team)
    for username in ("agent1", "agent2", "agent3"):
        await add_team_member(tx, desk, users[username])
    await add_team_member(tx, guests, users["agent3"])
    return Cast(
        firm=firm.slug,
        channel_id=await connect_number(desk),
        users=users,
        names=names,
        tags={name: (await create_tag(tx, name, color))["id"] for name, color in tags_of(firm).items()},
        files=await _store_files(settings, tx.tenant_id),
        desk_team=desk,
        guest_team=guests,
        now=tx.now,
    )


async def _templates(settings: Settings, calls: Http, credentials: Credentials) -> list[ProviderTemplate]:
    """Puts the templates into the sandbox and reads them as its provider's list gives them."""
    wish = {"number": credentials["phone_number_id"], "templates": TEMPLATES}
    await asyncio.to_thread(_ask_sandbox, settings, "templates", wish)
    page = await WhatsAppCloud(settings.whatsapp_cloud_url).list_templates(calls, credentials, None)
    return list(page.items)


async def _phrases(
    tx: Tx, channel_id: UUID, credentials: Credentials, adapter: WhatsAppCloud, approved: Sequence[ProviderTemplate]
) -> None:
    """Templates as a first reading leaves them, and the canned replies."""
    account = TemplateAccount(channel_id, adapter.kind, adapter.provider, credentials["waba_id"], credentials, adapter)
    await take_over(tx, account, approved, tx.now)
    for reply in CANNED:
        await create_canned(tx, reply)


async def _connect(tx: Tx, keys: KeyRing, account: Account, credentials: Mapping[str, str], team_id: UUID) -> UUID:
    made = await connect_channel(
        tx,
        keys,
        kind=WhatsAppCloud.kind,
        provider=WhatsAppCloud.provider,
        account_key=account.account_key,
        name="WhatsApp",
        address=account.address,
        credentials=credentials,
        team_id=team_id,
        parent_account_key=credentials.get("waba_id"),
    )
    await note_account(tx, made, account)
    return made


async def _store_files(settings: Settings, tenant_id: UUID) -> dict[str, PastFile]:
    media = DiskStore(settings.data / "media")
    await asyncio.to_thread(media.prepare)
    kept: dict[str, PastFile] = {}
    for files in sample_files().values():
        for file in files:
            stored = await media.put(tenant_id, _once(file.content), max_bytes=_FILE_MAX)
            kept[file.key] = PastFile(
                kind=file.kind, mime=file.mime, size=stored.size, storage_key=stored.sha256, voice=file.voice
            )
    return kept


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


# The sandbox's memory -------------------------------------------------------------------------------------------


def _tell_sandbox(settings: Settings, number_id: str, remembered: Sequence[Remembered]) -> None:
    """The latest threads, the newest customer first, so that the phone page goes on where the desk stands."""
    newest_last = sorted((one for one in remembered if one.messages), key=lambda one: one.messages[-1]["at"])
    files = {
        file.key: {"base64": base64.b64encode(file.content).decode(), "mime": file.mime, "voice": file.voice}
        for group in sample_files().values()
        for file in group
    }
    history = {
        "number": number_id,
        "files": files,
        "threads": [{"customer": _customer(one), "messages": one.messages} for one in reversed(newest_last)],
    }
    _ask_sandbox(settings, "history", history)


def _ask_sandbox(settings: Settings, path: str, body: Mapping[str, Any]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", settings.sandbox_port, timeout=120)
    try:
        connection.request("POST", f"/_control/whatsapp_cloud/{path}", json.dumps(body))
        answer = connection.getresponse()
        said = answer.read(1000)
        if answer.status != 201:
            raise RuntimeError(f"the sandbox did not take the {path}: {answer.status} {said!r}")
    finally:
        connection.close()


def _customer(remembered: Remembered) -> dict[str, Any]:
    person = remembered.person
    if person.phone is None:
        return {"name": person.name, "username": person.username, "user_id": person.user_id, "shape": "bsuid"}
    return {"name": person.name, "phone": f"+{person.phone}"}
