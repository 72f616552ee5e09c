"""Connects WhatsApp numbers and says, hop by hop, why one does not work (see channels.account)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from invekto.channels.account import (
    Account,
    AccountNotFound,
    AppSecretRefused,
    Hop,
    NumberMissing,
    Parent,
    PermissionMissing,
    State,
    TestWebhook,
    Told,
    failure,
)
from invekto.channels.adapter import ChannelError, Credentials, CredentialsRefused
from invekto.channels.whatsapp_cloud import connect as meta
from invekto.channels.whatsapp_cloud.adapter import WhatsAppCloud
from invekto.kernel.crypto import hmac_sha256_hex
from invekto.kernel.http import Http

_ACCOUNTS_ASKED: Final = 10
SCOPES: Final = ("whatsapp_business_management", "whatsapp_business_messaging")
EXPIRY_WARNED: Final = timedelta(days=7)
CHECK_KEY: Final = "invekto_check"
_CLOCK_WARNED_S: Final = 30
_CLOCK_FAILED_S: Final = 300
_ID_MAX: Final = 32
_TOKEN_MAX: Final = 4_000
_QUALITIES: Final[Mapping[str | None, tuple[State, str]]] = {
    "YELLOW": ("warning", "number_quality_yellow"),
    "RED": ("warning", "number_quality_red"),
}
# Of a name that Meta has not taken (yet).
_NAMES_WAITING: Final = frozenset({"PENDING_REVIEW", "DECLINED", "EXPIRED"})


class WhatsAppAccounts:
    """Credentials: `access_token`, `phone_number_id`, `waba_id`, and `pin` of a number that we registered."""

    kind: ClassVar[str] = WhatsAppCloud.kind
    provider: ClassVar[str] = WhatsAppCloud.provider
    hops: ClassVar[tuple[str, ...]] = ("token", "number", "app_secret", "subscription", "clock")

    def __init__(self, base_url: str, now: Callable[[], datetime]) -> None:
        """`base_url` with the version. `now`: aware, to compare with Meta's clock and a token's end."""
        self._base = base_url.rstrip("/")
        self._now = now

    def wrong_fields(self, credentials: Mapping[str, str]) -> list[tuple[str, str]]:
        wrong = []
        token = credentials.get("access_token", "")
        if not token.strip():
            wrong.append(("access_token", "required"))
        elif len(token) > _TOKEN_MAX or not token.isascii() or not token.isprintable() or " " in token:
            wrong.append(("access_token", "wrong_format"))
        for name in ("phone_number_id", "waba_id"):
            value = credentials.get(name, "")
            if not value:
                wrong.append((name, "required"))
            elif not _is_id(value):
                wrong.append((name, "wrong_format"))
        return wrong

    # Connecting -----------------------------------------------------------------------------------------------

    async def connect(self, http: Http, credentials: Credentials, app: Credentials) -> Account:
        token = await meta.debug_token(http, self._base, credentials["access_token"], credentials["access_token"])
        self._require(token)
        if app and not await self._is_secret_of(http, app, token, credentials["access_token"]):
            raise AppSecretRefused("Error validating application")
        number, _ = await meta.read_number(http, self._base, credentials)
        if number.id not in {one.id for one in await meta.numbers_of(http, self._base, credentials)}:
            raise AccountNotFound(f"{number.id} is no number of {credentials['waba_id']}")
        await meta.subscribe(http, self._base, credentials)
        return Account(
            account_key=number.id,
            parent_account_key=credentials["waba_id"],
            address=number.display_phone_number,
            name=number.verified_name,
            quality=number.quality_rating,
            messaging_limit=number.whatsapp_business_manager_messaging_limit,
        )

    async def exchange(
        self, http: Http, app: Credentials, *, app_id: str, code: str, redirect_uri: str, given: Mapping[str, str]
    ) -> Credentials:
        token = await meta.exchange_code(
            http,
            self._base,
            app_id=app_id,
            app_secret=app["app_secret"],
            code=code,
            redirect_uri=redirect_uri,
        )
        facts = await meta.debug_token(http, self._base, token, f"{app_id}|{app['app_secret']}")
        self._require(facts)
        reached = [one for granted in facts.granular_scopes for one in granted.target_ids]
        waba_id = given.get("waba_id") or next((one for one in reached if _is_id(one)), "")
        if not waba_id or waba_id not in reached:
            raise AccountNotFound("the dialog gave no right to this account")
        found = meta.credentials_of(access_token=token, phone_number_id="", waba_id=waba_id)
        if given.get("phone_number_id"):
            return {**found, "phone_number_id": given["phone_number_id"]}
        numbers = [one.id for one in await meta.numbers_of(http, self._base, found)]
        if len(numbers) != 1 or not _is_id(numbers[0]):
            raise NumberMissing(f"{len(numbers)} numbers")
        return {**found, "phone_number_id": numbers[0]}

    async def register(self, http: Http, credentials: Credentials, pin: str) -> None:
        await meta.register(http, self._base, credentials, pin)

    async def sync_phone(self, http: Http, credentials: Credentials) -> None:
        for sync_type in ("smb_app_state_sync", "history"):
            await meta.sync_phone(http, self._base, credentials, sync_type)

    async def parent_of(self, http: Http, credentials: Credentials) -> Parent | None:
        known = credentials.get("waba_id")
        if known:
            candidates = [known]
        else:
            token = await meta.debug_token(http, self._base, credentials["access_token"], credentials["access_token"])
            reached = (one for granted in token.granular_scopes for one in granted.target_ids if _is_id(one))
            candidates = list(dict.fromkeys(reached))[:_ACCOUNTS_ASKED]
        for one in candidates:
            numbers = await meta.numbers_of(http, self._base, {**credentials, "waba_id": one})
            if credentials["phone_number_id"] in {number.id for number in numbers}:
                return Parent(key=one, credentials={**credentials, "waba_id": one})
        return None

    def _require(self, token: meta.TokenNode) -> None:
        if not token.is_valid:
            raise CredentialsRefused(token.error.message if token.error else "")
        missing = [scope for scope in SCOPES if scope not in token.scopes]
        if missing:
            raise PermissionMissing(", ".join(missing))

    async def _is_secret_of(self, http: Http, app: Credentials, token: meta.TokenNode, access_token: str) -> bool:
        """Meta takes `APP_ID|APP_SECRET` as a token: the only proof there is that webhooks are signed with this secret."""
        try:
            await meta.debug_token(http, self._base, access_token, f"{token.app_id}|{app['app_secret']}")
        except CredentialsRefused:
            return False
        return True

    # Checking -------------------------------------------------------------------------------------------------

    async def check(self, hop: str, http: Http, credentials: Credentials, app: Credentials, hook_url: str) -> Told:
        asked: Mapping[str, Callable[[], Awaitable[Told]]] = {
            "token": lambda: self._token(http, credentials),
            "number": lambda: self._number(http, credentials),
            "app_secret": lambda: self._app_secret(http, credentials, app),
            "subscription": lambda: self._subscription(http, credentials, hook_url),
            "clock": lambda: self._clock(http, credentials),
        }
        try:
            return await asked[hop]()
        except ChannelError as error:
            return Told(hops=(failure(hop, error),))

    async def _token(self, http: Http, credentials: Credentials) -> Told:
        token = await meta.debug_token(http, self._base, credentials["access_token"], credentials["access_token"])
        self._require(token)
        if not token.expires_at:
            return Told(hops=(Hop(hop="token", state="ok", code="token_ok"),))
        ends_at = datetime.fromtimestamp(token.expires_at, UTC)
        left = ends_at - self._now()
        days = max(0, left.days)
        state: State = "warning" if left < EXPIRY_WARNED else "ok"
        code = "token_ends_soon" if state == "warning" else "token_ends"
        hop = Hop(hop="token", state=state, code=code, params={"days": days, "on": ends_at.date().isoformat()})
        return Told(hops=(hop,), token_expires_at=ends_at)

    async def _number(self, http: Http, credentials: Credentials) -> Told:
        number, _ = await meta.read_number(http, self._base, credentials)
        params = {"address": number.display_phone_number, "name": number.verified_name, "status": number.status}
        state, code = _QUALITIES.get(number.quality_rating, ("ok", "number_ok"))
        if number.name_status in _NAMES_WAITING:
            state, code = "warning", "number_name_not_approved"
        if number.status not in (None, "CONNECTED"):
            state, code = "failed", "number_not_registered"
        return Told(
            hops=(Hop(hop="number", state=state, code=code, params=params),),
            quality=number.quality_rating,
            messaging_limit=number.whatsapp_business_manager_messaging_limit,
            name_status=number.name_status,
            number_status=number.status,
        )

    async def _app_secret(self, http: Http, credentials: Credentials, app: Credentials) -> Told:
        token = await meta.debug_token(http, self._base, credentials["access_token"], credentials["access_token"])
        good = await self._is_secret_of(http, app, token, credentials["access_token"])
        hop = Hop(
            hop="app_secret",
            state="ok" if good else "failed",
            code="app_secret_ok" if good else "app_secret_refused",
            params={"app_id": token.app_id},
        )
        return Told(hops=(hop,))

    async def _subscription(self, http: Http, credentials: Credentials, hook_url: str) -> Told:
        if not credentials.get("waba_id"):
            raise AccountNotFound("the account above the number is not known")
        token = await meta.debug_token(http, self._base, credentials["access_token"], credentials["access_token"])
        apps = await meta.subscribed_apps(http, self._base, credentials)
        ours = [one for one in apps if str(one.whatsapp_business_api_data.get("id")) == token.app_id]
        if not ours:
            hop = Hop(hop="subscription", state="failed", code="not_subscribed", params={"app_id": token.app_id})
        elif ours[0].override_callback_uri not in (None, hook_url):
            params = {"url": ours[0].override_callback_uri, "ours": hook_url}
            hop = Hop(hop="subscription", state="failed", code="subscribed_elsewhere", params=params)
        else:
            hop = Hop(hop="subscription", state="ok", code="subscribed", params={"app_id": token.app_id})
        return Told(hops=(hop,))

    async def _clock(self, http: Http, credentials: Credentials) -> Told:
        _, there = await meta.read_number(http, self._base, credentials)
        if there is None:
            return Told(hops=(Hop(hop="clock", state="ok", code="clock_unknown"),))
        apart_s = round(abs((self._now() - there).total_seconds()))
        state: State = "failed" if apart_s > _CLOCK_FAILED_S else "warning" if apart_s > _CLOCK_WARNED_S else "ok"
        code = "clock_ok" if state == "ok" else "clock_wrong"
        return Told(hops=(Hop(hop="clock", state=state, code=code, params={"apart_s": apart_s}),))

    # Our own webhook ------------------------------------------------------------------------------------------

    def test_webhook(self, app: Credentials, nonce: str) -> TestWebhook:
        body = json.dumps({"object": "whatsapp_business_account", "entry": [], CHECK_KEY: nonce}).encode()
        signature = "sha256=" + hmac_sha256_hex(app["app_secret"].encode(), body)
        return TestWebhook(
            headers={"content-type": "application/json", "x-hub-signature-256": signature},
            body=body,
        )

    def handshake(self, app: Credentials, challenge: str) -> dict[str, str]:
        return {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": app["verify_token"]}


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= _ID_MAX
