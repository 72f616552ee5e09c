"""Asks Meta about an account: numbers, tokens, subscriptions, registration. One function per call, refusals as our classes.

Ids become parts of addresses, so whoever calls has checked that they are digits (`wrong_fields`). Sources: README.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import msgspec

from invekto.channels.account import (
    AccountNotFound,
    NumberUnverified,
    PermissionMissing,
    PinLocked,
    PinRefused,
    RegistrationLimited,
    SignupCodeRefused,
)
from invekto.channels.adapter import ChannelError, Credentials, Rejected, VendorDown
from invekto.channels.whatsapp_cloud import errors
from invekto.channels.whatsapp_cloud.payloads import read
from invekto.kernel.http import Http, HttpError, HttpResponse, Method

T = TypeVar("T")

NUMBER_FIELDS: Final = (
    "id,display_phone_number,verified_name,status,quality_rating,name_status,"
    "whatsapp_business_manager_messaging_limit,is_on_biz_app"
)
_CALL_S: Final = 12.0
_CODES: Final[Mapping[int, type[Rejected]]] = {
    3: PermissionMissing,
    10: PermissionMissing,
    133005: PinRefused,
    133006: NumberUnverified,
    133008: PinLocked,
    133009: PinLocked,
    133015: RegistrationLimited,
    133016: RegistrationLimited,
}
_NO_SUCH_OBJECT: Final = 33
_CODE_REFUSED: Final = frozenset({36007, 36008, 36009})


class NumberNode(msgspec.Struct):
    id: str
    display_phone_number: str | None = None
    verified_name: str | None = None
    status: str | None = None
    quality_rating: str | None = None
    name_status: str | None = None
    whatsapp_business_manager_messaging_limit: str | None = None
    is_on_biz_app: bool = False


class NumberList(msgspec.Struct):
    data: list[NumberNode] = []


class Granular(msgspec.Struct):
    scope: str
    target_ids: list[str] = []


class TokenError(msgspec.Struct):
    message: str = ""


class TokenNode(msgspec.Struct):
    is_valid: bool = False
    app_id: str | None = None
    expires_at: int = 0
    data_access_expires_at: int = 0
    scopes: list[str] = []
    granular_scopes: list[Granular] = []
    error: TokenError | None = None


class TokenAnswer(msgspec.Struct):
    data: TokenNode


class NewToken(msgspec.Struct):
    access_token: str


class SubscribedApp(msgspec.Struct):
    whatsapp_business_api_data: dict[str, Any] = {}
    override_callback_uri: str | None = None


class Subscribed(msgspec.Struct):
    data: list[SubscribedApp] = []


class _Subcoded(msgspec.Struct):
    code: int
    error_subcode: int | None = None


class _SubcodedAnswer(msgspec.Struct):
    error: _Subcoded


def credentials_of(*, access_token: str, phone_number_id: str, waba_id: str) -> dict[str, str]:
    """What a channel keeps, sealed."""
    return {"access_token": access_token, "phone_number_id": phone_number_id, "waba_id": waba_id}


async def read_number(http: Http, base: str, credentials: Credentials) -> tuple[NumberNode, datetime | None]:
    """The number, and what time it is at Meta."""
    answer = await call(
        http,
        "GET",
        f"{base}/{credentials['phone_number_id']}",
        credentials["access_token"],
        params={"fields": NUMBER_FIELDS},
    )
    return _shaped(answer, NumberNode), _time_of(answer)


async def numbers_of(http: Http, base: str, credentials: Credentials) -> list[NumberNode]:
    """The numbers of the account."""
    url = f"{base}/{credentials['waba_id']}/phone_numbers"
    answer = await call(http, "GET", url, credentials["access_token"], params={"fields": NUMBER_FIELDS, "limit": "100"})
    return _shaped(answer, NumberList).data


async def debug_token(http: Http, base: str, input_token: str, asking_token: str) -> TokenNode:
    """What a token may do. `asking_token`: itself, or `APP_ID|APP_SECRET`, which proves that the secret is the app's."""
    answer = await call(http, "GET", f"{base}/debug_token", asking_token, params={"input_token": input_token})
    return _shaped(answer, TokenAnswer).data


async def exchange_code(http: Http, base: str, *, app_id: str, app_secret: str, code: str, redirect_uri: str) -> str:
    """The business token for a code of the sign-up dialog; once."""
    form = {"client_id": app_id, "client_secret": app_secret, "code": code, "redirect_uri": redirect_uri}
    answer = await call(http, "GET", f"{base}/oauth/access_token", None, params=form)
    return _shaped(answer, NewToken).access_token


async def subscribe(http: Http, base: str, credentials: Credentials) -> None:
    """Has the account's webhooks sent to the token's app. Doing it again changes nothing."""
    await call(http, "POST", f"{base}/{credentials['waba_id']}/subscribed_apps", credentials["access_token"])


async def subscribed_apps(http: Http, base: str, credentials: Credentials) -> list[SubscribedApp]:
    url = f"{base}/{credentials['waba_id']}/subscribed_apps"
    return _shaped(await call(http, "GET", url, credentials["access_token"]), Subscribed).data


async def register(http: Http, base: str, credentials: Credentials, pin: str) -> None:
    body = {"messaging_product": "whatsapp", "pin": pin}
    url = f"{base}/{credentials['phone_number_id']}/register"
    await call(http, "POST", url, credentials["access_token"], json=body)


async def sync_phone(http: Http, base: str, credentials: Credentials, sync_type: str) -> None:
    body = {"messaging_product": "whatsapp", "sync_type": sync_type}
    url = f"{base}/{credentials['phone_number_id']}/smb_app_data"
    await call(http, "POST", url, credentials["access_token"], json=body)


async def call(
    http: Http,
    method: Method,
    url: str,
    token: str | None,
    *,
    params: Mapping[str, str] | None = None,
    json: Any = None,
) -> HttpResponse:
    """One call that sends nothing to a person, so asking again can do no harm. Raises ChannelError."""
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    try:
        answer = await http.request(method, url, params=params, headers=headers, json=json, deadline_s=_CALL_S)
    except HttpError as error:
        raise VendorDown(str(error)) from error
    if answer.status >= 300:
        raise refusal_of(answer)
    return answer


def refusal_of(answer: HttpResponse) -> ChannelError:
    """As `errors.of_answer`, with the refusals that only connecting knows."""
    plain = errors.harmless(errors.of_answer(answer))
    coded = read(answer.body, _SubcodedAnswer)
    if coded is None:
        return plain
    code, subcode = coded.error.code, coded.error.error_subcode
    kind: type[ChannelError] | None = _CODES.get(code) or (PermissionMissing if 200 <= code <= 299 else None)
    if code == 100 and subcode == _NO_SUCH_OBJECT:
        kind = AccountNotFound
    elif code == 100 and subcode in _CODE_REFUSED:
        kind = SignupCodeRefused
    return plain if kind is None else kind(plain.detail, vendor_code=plain.vendor_code)


def _shaped(answer: HttpResponse, shape: type[T]) -> T:
    found = read(answer.body, shape)
    if found is None:
        raise VendorDown(f"no {shape.__name__} in the answer")
    return found


def _time_of(answer: HttpResponse) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
