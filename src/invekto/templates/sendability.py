"""Why a template cannot be sent now: its provider does not let it out, or it has parts that nothing here can fill in.

A reason is a code; its sentence, and what to do about it, are the locale's (`template_blocked_*`, `template_todo_*`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from invekto.templates.variables import MEDIA_HEADERS, Component, button_type, buttons_of, header_format

APPROVED: Final = frozenset({"APPROVED", "REINSTATED", "FLAGGED", "UNARCHIVED"})
"""What a template may be sent as; Meta calls one that loses quality FLAGGED, and still sends it."""

# Meta's states. One of another version is kept as it is and counts as `unknown_status`.
_BY_STATUS: Final[Mapping[str, str]] = {
    "PENDING": "in_review",
    "IN_REVIEW": "in_review",
    "IN_APPEAL": "in_appeal",
    "APPEAL_REQUESTED": "in_appeal",
    "REJECTED": "rejected",
    "PAUSED": "paused",
    "DISABLED": "disabled",
    "LOCKED": "disabled",
    "PENDING_DELETION": "being_deleted",
    "LIMIT_EXCEEDED": "limit_exceeded",
    "ARCHIVED": "archived",
}
_PARTS: Final = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS"})
_HEADERS: Final = frozenset({"TEXT", "LOCATION"}) | MEDIA_HEADERS
# A flow opens at its first screen and a catalogue shows its first product, if a send says nothing else.
_BUTTONS: Final = frozenset({"QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "OTP", "FLOW", "CATALOG"})
_UNFILLED: Final[Mapping[str, str]] = {
    "CAROUSEL": "carousel",
    "LIMITED_TIME_OFFER": "limited_time_offer",
    "PRODUCT": "products",
    "MPM": "products",
    "SPM": "products",
}


def hindrance(status: str, components: Sequence[Component]) -> str | None:
    """The code of why it cannot be sent; None when it can. What can never be filled in comes before what may pass."""
    return unfilled(components) or (None if status in APPROVED else _BY_STATUS.get(status, "unknown_status"))


def unfilled(components: Sequence[Component]) -> str | None:
    """The code of the first part that needs what a send's values cannot say: a card's file, products, an offer's end, data of
    the firm's own endpoint; None without one."""
    shape = header_format(components)
    strange = [kind for one in components if (kind := str(one.get("type", "")).upper()) not in _PARTS]
    strange += [] if shape is None or shape in _HEADERS else [shape]
    for button in buttons_of(components):
        kind = button_type(button)
        if kind == "FLOW" and str(button.get("flow_action", "navigate")).lower() != "navigate":
            return "flow_endpoint"
        strange += [] if kind in _BUTTONS else [kind]
    return _UNFILLED.get(strange[0], "unknown_part") if strange else None
