"""Meta's error codes with their words, and the body they travel in.

Source: Meta's Cloud API error page and bodies quoted in public issue threads (November 2026); the HTTP status of
codes that normally come by webhook is [K]."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Any

_HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


@dataclass(frozen=True, slots=True)
class Known:
    title: str
    http: int = 400
    details: str = ""
    transient: bool = False


CODES: dict[int, Known] = {
    0: Known("AuthException", 401),
    1: Known("API Unknown", 500, "An unknown error occurred", transient=True),
    2: Known("API Service", 503, "Service temporarily unavailable", transient=True),
    3: Known("API Method", 500),
    4: Known("API Too Many Calls", 429, "Application request limit reached", transient=True),
    10: Known("Permission Denied", 403),
    33: Known("Parameter value is not valid", 400),
    100: Known("Invalid parameter", 400),
    104: Known("An access token is required to request this resource.", 400),
    190: Known("Invalid OAuth access token - Cannot parse access token", 401),
    200: Known("API Permission", 403),
    368: Known("Temporarily blocked for policies violations", 403),
    2200: Known("Callback verification failed", 400),
    80007: Known("Rate limit issues", 429, "The WhatsApp Business Account has reached its rate limit.", transient=True),
    130429: Known("Rate limit hit", 429, "Cloud API message throughput has been reached.", transient=True),
    130472: Known("User's number is part of an experiment", 400, "Message was not sent as part of an experiment."),
    130497: Known("Business account is restricted from messaging users in this country.", 403),
    131000: Known("Something went wrong", 500, "Message failed to send due to an unknown error.", transient=True),
    131005: Known("Access denied", 403),
    131008: Known("Required parameter is missing", 400),
    131009: Known("Parameter value is not valid", 400),
    131016: Known("Service unavailable", 503, "A service is temporarily unavailable.", transient=True),
    131021: Known("Recipient cannot be sender", 400, "Sender and recipient phone number is the same."),
    131026: Known("Message undeliverable", 400, "Message Undeliverable."),
    131030: Known(
        "Recipient phone number not in allowed list", 400, "Add recipient phone number to recipient list and try again."
    ),
    131031: Known("Business Account locked", 403),
    131042: Known(
        "Business eligibility payment issue",
        400,
        "Message failed to send because there were one or more errors related to your payment method.",
    ),
    131045: Known("Incorrect certificate", 500, "Message failed to send due to a phone number registration error."),
    131047: Known(
        "Re-engagement message",
        400,
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    ),
    131048: Known(
        "Spam rate limit hit",
        400,
        "Message failed to send because there are restrictions on how many messages can be sent from this phone number.",
    ),
    131049: Known(
        "Meta chose not to deliver.", 400, "This message was not delivered to maintain healthy ecosystem engagement."
    ),
    131050: Known(
        "User has stopped marketing messages",
        400,
        "The recipient has chosen to stop receiving marketing messages on WhatsApp from your business.",
    ),
    131051: Known("Unsupported message type", 400, "Message type is not currently supported."),
    131052: Known("Media download error", 400, "Unable to download the media sent by the user."),
    131053: Known("Media upload error", 400, "Unable to upload the media used in the message."),
    131056: Known(
        "(Business Account, Consumer Account) pair rate limit hit",
        400,
        "Too many messages sent from the sender phone number to the same recipient phone number in a short period of time.",
        transient=True,
    ),
    131057: Known("Account in maintenance mode", 500, "Business Account is in maintenance mode.", transient=True),
    131062: Known(
        "Business-scoped user ID not supported", 400, "This message cannot be addressed by a business-scoped user ID."
    ),
    132000: Known("Template Param Count Mismatch", 400),
    132001: Known("Template does not exist", 404),
    132005: Known("Template Hydrated Text Too Long", 400),
    132007: Known("Template Format Character Policy Violated", 400),
    132012: Known("Template Parameter Format Mismatch", 400),
    132015: Known("Template is Paused", 400),
    132016: Known("Template is Disabled", 400),
    132018: Known("There's an issue with the parameters in your template", 400),
    133000: Known("Incomplete Deregistration", 500, "A previous deregistration attempt failed."),
    133004: Known("Server Temporarily Unavailable", 503, "Server is temporarily unavailable.", transient=True),
    133005: Known("Two step verification PIN Mismatch", 400, "Two-step verification PIN incorrect."),
    133006: Known("Phone number re-verification needed", 400, "Phone number needs to be verified before registering."),
    133008: Known("Too many two step verification PIN guesses", 400, "Too many two-step verification PIN guesses."),
    133009: Known("Two step verification PIN guessed too fast", 400, "Two-step verification PIN entered too quickly."),
    133010: Known("Phone number Not Registered", 400),
    133015: Known("Please wait a few minutes before registering", 400, "The phone number was recently deleted."),
    133016: Known("Account register/deregister rate limit exceeded", 400, "Registration failed: too many attempts."),
    135000: Known("Generic user error", 400),
    136025: Known("Verify code error", 400, "The code that you entered is wrong or has expired."),
    2593107: Known("Synchronization cannot be requested", 400, "The time to synchronize this number is over."),
}


class GraphError(Exception):
    """An answer with Meta's error body. `code` is one of CODES or any number a test wants to see."""

    def __init__(
        self, code: int, details: str | None = None, *, http: int | None = None, subcode: int | None = None
    ) -> None:
        known = CODES.get(code, Known("Unknown error", 400))
        self.code = code
        self.http = http or known.http
        self.subcode = subcode
        self.details = details if details is not None else (known.details or None)
        self.title = known.title
        self.transient = known.transient
        self.retry_after_s: int | None = None
        self.user_title: str | None = None
        self.user_msg: str | None = None
        super().__init__(f"{code} {self.title}")

    @classmethod
    def missing(cls, name: str) -> GraphError:
        """The wording for a missing top-level parameter differs from all others."""
        error = cls(100)
        error.title = f"The parameter {name} is required."
        return error

    def body(self) -> dict[str, Any]:
        unsupported = self.subcode == 33
        plain = unsupported or self.code in (0, 104, 190)
        error: dict[str, Any] = {
            "message": self.title if plain else f"(#{self.code}) {self.title}",
            "type": "GraphMethodException" if unsupported else "OAuthException",
            "code": self.code,
        }
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details and not plain:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.transient:
            error["is_transient"] = True
        if self.user_title is not None:
            error |= {"error_user_title": self.user_title, "error_user_msg": self.user_msg}
        error["fbtrace_id"] = "A" + base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        return {"error": error}


def no_such_object(object_id: str, method: str) -> GraphError:
    """Meta answers the same for "does not exist" and "not yours"."""
    error = GraphError(100, subcode=33)
    verb = {"POST": "post", "DELETE": "delete"}.get(method, "get")
    error.title = (
        f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation."
    )
    return error


def status_error(code: int, details: str | None = None) -> dict[str, Any]:
    """One entry of `errors` in a `failed` status webhook."""
    known = CODES.get(code, Known("Unknown error"))
    return {
        "code": code,
        "title": known.title,
        "message": known.title,
        "error_data": {"details": details or known.details or known.title},
        "href": _HREF,
    }
