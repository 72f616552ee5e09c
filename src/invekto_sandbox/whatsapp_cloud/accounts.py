"""The Meta app and its business numbers: ids, secrets, and who may use which token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invekto_sandbox import keys as key_file
from invekto_sandbox.whatsapp_cloud.errors import GraphError

if TYPE_CHECKING:
    from invekto_sandbox.whatsapp_cloud.onboarding import Token

KIND = "whatsapp_cloud"
_FIRST = (("demo", "Mavera Klinik"), ("demo2", "Lodos Otel"))


@dataclass(frozen=True, slots=True)
class Number:
    """One business number with its own WhatsApp Business Account and token."""

    phone_number_id: str
    waba_id: str
    display_phone_number: str
    access_token: str
    name: str
    firm: str

    @property
    def digits(self) -> str:
        return "".join(filter(str.isdigit, self.display_phone_number))


def _digits(count: int) -> str:
    return str(secrets.randbelow(9) + 1) + "".join(str(secrets.randbelow(10)) for _ in range(count - 1))


def _new_number(firm: str, name: str, index: int) -> dict[str, Any]:
    return asdict(
        Number(
            phone_number_id=_digits(15),
            waba_id=_digits(15),
            display_phone_number=f"+90 555 {900 + index // 10000:03d} {index // 100 % 100:02d} {index % 100:02d}",
            access_token="EAA" + secrets.token_urlsafe(96).replace("-", "A").replace("_", "B"),
            name=name,
            firm=firm,
        )
    )


def new_keys() -> key_file.Keys:
    return {
        "app_id": _digits(15),
        "app_secret": secrets.token_hex(16),
        "verify_token": secrets.token_urlsafe(24),
        "numbers": [_new_number(firm, name, index) for index, (firm, name) in enumerate(_FIRST, start=1)],
    }


def describe(keys: key_file.Keys, base_url: str) -> dict[str, Any]:
    """The block that `invekto sandbox info --json` prints; the flat keys are the first number's."""
    first = keys["numbers"][0]
    return {
        "base_url": base_url,
        "app_id": keys["app_id"],
        "app_secret": keys["app_secret"],
        "verify_token": keys["verify_token"],
        "phone_number_id": first["phone_number_id"],
        "waba_id": first["waba_id"],
        "access_token": first["access_token"],
        "page_url": f"{base_url}/",
        "numbers": keys["numbers"],
    }


class Accounts:
    """Holds the keys in memory; a new number is written to the key file before it is used."""

    def __init__(self, folder: Path, keys: key_file.Keys) -> None:
        self._folder = folder
        # What is known of tokens beyond the key file: see onboarding.
        self.issued: Callable[[str], Token | None] = lambda _token: None
        self._take(keys)

    def _take(self, keys: key_file.Keys) -> None:
        self.app_id: str = keys["app_id"]
        self.app_secret: str = keys["app_secret"]
        self.verify_token: str = keys["verify_token"]
        self.numbers = {entry["phone_number_id"]: Number(**entry) for entry in keys["numbers"]}
        self._by_token = {number.access_token: number.waba_id for number in self.numbers.values()}

    def add(self, names: Sequence[str], firm: str) -> list[Number]:
        """New businesses, each with its own account, number and token."""
        start = len(self.numbers) + 1
        fresh = [_new_number(firm, name, start + index) for index, name in enumerate(names)]
        self._take(key_file.change(self._folder, KIND, lambda keys: keys["numbers"].extend(fresh)))
        return [Number(**entry) for entry in fresh]

    @property
    def first(self) -> Number:
        return next(iter(self.numbers.values()))

    def token_problem(self, token: str) -> GraphError | None:
        """Why a token opens nothing, None for a good one."""
        issued = self.issued(token)
        if issued is not None:
            return issued.problem()
        return None if token in self._by_token else GraphError(190)

    def waba_of_token(self, token: str) -> str | None:
        """The account that a good token belongs to."""
        issued = self.issued(token)
        if issued is not None:
            return issued.waba_id if issued.problem() is None else None
        return self._by_token.get(token)

    def of_waba(self, waba_id: str) -> Iterator[Number]:
        return (number for number in self.numbers.values() if number.waba_id == waba_id)

    def is_app_token(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), f"{self.app_id}|{self.app_secret}".encode())

    def sign(self, body: bytes, *, forged: bool) -> str:
        secret = secrets.token_hex(16) if forged else self.app_secret
        return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

    def user_id(self, waba_id: str, customer_id: int, country: str) -> str:
        """The customer's business-scoped id: the same person is somebody else for another business."""
        digest = hmac.new(self.app_secret.encode(), f"{waba_id}:{customer_id}".encode(), hashlib.sha256)
        return f"{country}.{int.from_bytes(digest.digest()[:8]) % 10**16:016d}"
