"""What the wire shows of connecting and checking channels (docs/api.md, "Channels")."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from invekto.channels.schemas import ChannelOut

Short = Annotated[str, StringConstraints(max_length=200)]
Secret = Annotated[str, StringConstraints(max_length=4_000)]
State = Literal["ok", "warning", "failed"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CredentialsIn(_Body):
    """Digits only but the token; never given back."""

    access_token: Secret
    phone_number_id: Short
    waba_id: Short


class AppIn(_Body):
    """A Meta app of the firm's own. Without a verify token one is made and shown once."""

    app_secret: Secret
    verify_token: Short | None = None


class ConnectBody(_Body):
    kind: Short
    name: Short | None = None
    team_id: UUID | None = None
    credentials: CredentialsIn
    app: AppIn | None = None


class SignupBody(_Body):
    """What the sign-up dialog gave. `phone_number_id` is null when the account has one number only."""

    code: Secret
    phone_number_id: Short | None = None
    waba_id: Short | None = None
    mode: Literal["new_number", "migration", "coexistence"]
    pin: Short | None = None
    name: Short | None = None
    team_id: UUID | None = None


class NewCredentialsIn(_Body):
    """What is left out stays as it was."""

    access_token: Secret
    phone_number_id: Short | None = None
    waba_id: Short | None = None


class ReconnectBody(_Body):
    credentials: NewCredentialsIn


class PinBody(_Body):
    pin: Short


class CheckBody(_Body):
    """`hop` null: all of them, one after the other."""

    hop: Short | None = None


class ConnectedOut(BaseModel):
    """`verify_token` is shown this once, and only for an app of the firm's own."""

    channel: ChannelOut
    webhook_url: str
    verify_token: str | None
    problem: str | None


class VerifyTokenOut(BaseModel):
    verify_token: str
    webhook_url: str


class HopOut(BaseModel):
    """`message` says what is, `advice` what to do; both in the language of Accept-Language. `advice` is empty when all is well."""

    hop: str
    state: State
    code: str
    message: str
    advice: str
    params: dict[str, str | int | float | bool | None]
    ms: int | None


class CheckOut(BaseModel):
    hops: list[HopOut]


class SignupOut(BaseModel):
    """Where and how the browser opens the dialog. `sandbox_url` takes Facebook's place."""

    available: bool
    app_id: str | None
    config_id: str | None
    graph_version: str
    redirect_uri: str
    sandbox_url: str | None


class FailuresOut(BaseModel):
    code: str
    count: int


class PhoneHistoryOut(BaseModel):
    """What a number that stays on its phone shares of its earlier talks; `code` is the provider's word for a refusal."""

    state: Literal["importing", "imported", "refused"]
    progress: int | None = None
    code: str | None = None
    at: datetime


class ProviderTroubleOut(BaseModel):
    """The provider fails to take messages since `since`. `paused`: so often in a row that only one at a time is tried, the next
    one at `next_try_at`; the others wait."""

    paused: bool
    since: datetime
    next_try_at: datetime | None


class HealthOut(BaseModel):
    """What is known without asking anybody; `probed_at` is when the provider was asked last, `hops` what it said."""

    channel_id: UUID
    status: Literal["connected", "reconnect_needed", "paused"]
    status_reason: str | None
    disconnected: bool
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None
    quality: str | None
    messaging_limit: str | None
    name_status: str | None
    number_status: str | None
    token_expires_at: datetime | None
    phone_history: PhoneHistoryOut | None
    errors: list[FailuresOut]
    quarantined: int
    provider_trouble: ProviderTroubleOut | None
    probed_at: datetime | None
    hops: list[HopOut]
    webhook_url: str
    own_app: bool
