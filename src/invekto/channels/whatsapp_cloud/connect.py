"""Asks Meta about an account before it is stored: does the token reach the number, and are its webhooks sent to our app?"""

from __future__ import annotations

from dataclasses import dataclass

from invekto.channels.adapter import ChannelError, Credentials, VendorDown
from invekto.channels.whatsapp_cloud import errors
from invekto.channels.whatsapp_cloud.payloads import NumberNode, read
from invekto.kernel.http import Http, HttpError, HttpResponse, Method


@dataclass(frozen=True, slots=True)
class Account:
    """A business number as Meta knows it. `address` is its phone number as people write it, `name` the verified one."""

    account_key: str
    address: str | None
    name: str | None


def credentials_of(*, access_token: str, phone_number_id: str, waba_id: str) -> dict[str, str]:
    """What a channel keeps, sealed."""
    return {"access_token": access_token, "phone_number_id": phone_number_id, "waba_id": waba_id}


async def connect(http: Http, base_url: str, credentials: Credentials) -> Account:
    """Reads the number and subscribes our app to its account. Doing it again changes nothing.

    Raises:
        ChannelError: the token is refused, the number is not the token's, or Meta does not answer.
    """
    number = await _call(http, "GET", f"{base_url}/{credentials['phone_number_id']}", credentials)
    node = read(number.body, NumberNode)
    if node is None:
        raise VendorDown("no description of a number in the answer")
    await _call(http, "POST", f"{base_url}/{credentials['waba_id']}/subscribed_apps", credentials)
    return Account(account_key=node.id, address=node.display_phone_number, name=node.verified_name)


async def _call(http: Http, method: Method, url: str, credentials: Credentials) -> HttpResponse:
    params = {"fields": "id,display_phone_number,verified_name"} if method == "GET" else None
    headers = {"authorization": f"Bearer {credentials['access_token']}"}
    try:
        answer = await http.request(method, url, params=params, headers=headers)
    except HttpError as error:
        raise VendorDown(str(error)) from error
    if answer.status >= 300:
        refused: ChannelError = errors.harmless(errors.of_answer(answer))
        raise refused
    return answer
