"""Attacks that cannot be carried out yet, or not whole: each with its reason, and with what would make the reason untrue.

`until`: an address of the API, or a folder of the sources, that matches makes `test_catalogue` fail: whoever adds it
carries the attack out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NotYet:
    """`routes`: a regular expression of addresses, `modules`: names of packages below src/invekto, that end this entry."""

    reason: str
    routes: str | None = None
    modules: tuple[str, ...] = ()


NOT_YET: Final[dict[str, NotYet]] = {
    "A10": NotYet("nobody is invited or resets a password by a link; a forged Host is tried", r"reset|invit|forgot"),
    "A13": NotYet("no second factor", r"totp|passkey|second-factor|two-factor"),
    "A31": NotYet("nothing is exported", r"export|csv|xlsx"),
    "A32": NotYet("no mail, no SIP, no webhooks of our own", r"smtp|mail-|/sip|outgoing-webhook", ("calls", "integrations")),
    "A33": NotYet("no macros and no broadcasts; canned replies and templates fill named holes only", r"macro|broadcast", ("broadcasts", "flows")),
    "A45": NotYet("no opt-outs", r"consent|opt-out|unsubscribe", ("privacy", "broadcasts")),
    "A46": NotYet("no broadcasts", r"broadcast|campaign", ("broadcasts",)),
    "A48": NotYet("no assistant", r"assist|suggest-reply", ("assistant", "knowledge")),
    "A49": NotYet("nobody can be erased", r"eras", ("privacy",)),
    "A50": NotYet("no chain over the entries; that the application may not change them is tried", r"/audit", ("audit",)),
    "A51": NotYet("support staff has no way in", r"impersonat|support-access"),
    "A53": NotYet("no web widget", r"widget"),
}  # fmt: skip
