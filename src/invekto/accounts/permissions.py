"""What somebody may do: the catalogue, and what each role holds. Default deny: what is not listed is refused.

A route asks for one of these by `kernel.auth.requires`; what a viewer sees of a list is asked by `view_scope`.
"""

from __future__ import annotations

from typing import Final, Literal

from invekto.kernel.auth import Principal

# Three widths of one sight. The first is everybody's: their own conversations and the queues of their teams.
CONVERSATIONS_VIEW: Final = "conversations.view"
CONVERSATIONS_VIEW_TEAM: Final = "conversations.view.team"
CONVERSATIONS_VIEW_ALL: Final = "conversations.view.all"
CONVERSATIONS_REPLY: Final = "conversations.reply"
CONVERSATIONS_ASSIGN: Final = "conversations.assign"
CONTACT_PII_VIEW: Final = "contact.pii.view"
CONTACTS_EDIT: Final = "contacts.edit"
CONTACT_FIELDS_MANAGE: Final = "contact_fields.manage"
TAGS_MANAGE: Final = "tags.manage"
QUARANTINE_MANAGE: Final = "quarantine.manage"
CHANNELS_MANAGE: Final = "channels.manage"
USERS_MANAGE: Final = "users.manage"
TEMPLATES_MANAGE: Final = "templates.manage"
CANNED_REPLIES_MANAGE: Final = "canned_replies.manage"

SETTINGS_MANAGE: Final = "settings.manage"

CATALOGUE: Final[dict[str, str]] = {
    CONVERSATIONS_VIEW: "See the conversations assigned to oneself and the unassigned ones of one's teams.",
    CONVERSATIONS_VIEW_TEAM: "See every conversation of one's teams, whoever has it.",
    CONVERSATIONS_VIEW_ALL: "See every conversation of the firm.",
    CONVERSATIONS_REPLY: "Answer, note, take, tag, snooze, resolve and reopen.",
    CONVERSATIONS_ASSIGN: "Give a conversation to somebody else, or back to the queue.",
    CONTACT_PII_VIEW: "See phone numbers and personal fields whole.",
    CONTACTS_EDIT: "Change a contact's name and fields, and write notes about them.",
    CONTACT_FIELDS_MANAGE: "Define the firm's own fields of contacts.",
    TAGS_MANAGE: "Make and change tags.",
    QUARANTINE_MANAGE: "See and replay what could not be processed.",
    CHANNELS_MANAGE: "Connect, change and pause channels.",
    SETTINGS_MANAGE: "Change what holds for the whole firm.",
    USERS_MANAGE: "Make and disable users and teams.",
    TEMPLATES_MANAGE: "Submit, change and delete templates.",
    CANNED_REPLIES_MANAGE: "Make, change and delete canned replies.",
}

ROLES: Final[dict[str, frozenset[str]]] = {
    "user": frozenset({CONVERSATIONS_VIEW, CONVERSATIONS_REPLY, CONVERSATIONS_ASSIGN, CONTACTS_EDIT}),
    "supervisor": frozenset(CATALOGUE),
}

ViewScope = Literal["own", "team", "all"]


def permissions_of(role: str) -> frozenset[str]:
    """What a role holds; nothing for a role nobody knows."""
    return ROLES.get(role, frozenset())


def view_scope(principal: Principal) -> ViewScope | None:
    """How much of `conversations.view` a principal has. None: not even their own."""
    if principal.may(CONVERSATIONS_VIEW_ALL):
        return "all"
    if principal.may(CONVERSATIONS_VIEW_TEAM):
        return "team"
    return "own" if principal.may(CONVERSATIONS_VIEW) else None
