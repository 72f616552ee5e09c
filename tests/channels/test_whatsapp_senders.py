"""Who wrote is known in every form that Meta names people in."""

from __future__ import annotations

from typing import Any

import pytest

from invekto.channels.adapter import Address
from tests.channels.webhooks import (
    PHONE,
    USER_ID,
    WA_ID,
    body,
    change,
    contact,
    message,
    messages_of,
    one_message,
)


@pytest.mark.parametrize(
    ("sender", "card", "addresses", "phone"),
    [
        pytest.param(
            {},
            {},
            [("bsuid", USER_ID), ("phone", PHONE)],
            PHONE,
            id="both",
        ),
        pytest.param(
            {"from_user_id": None},
            {"user_id": None},
            [("phone", PHONE)],
            PHONE,
            id="a phone only",
        ),
        pytest.param({"from": None}, {"wa_id": None}, [("bsuid", USER_ID)], None, id="keys missing"),
        pytest.param({"from": ""}, {"wa_id": ""}, [("bsuid", USER_ID)], None, id="empty"),
        pytest.param(
            {"from": USER_ID, "from_user_id": None},
            {"wa_id": USER_ID, "user_id": None},
            [("bsuid", USER_ID)],
            None,
            id="the scoped id in the place of the number",
        ),
        pytest.param(
            {"from": None, "from_parent_user_id": "TR.ENT.99"},
            {"wa_id": None, "parent_user_id": "TR.ENT.99"},
            [("bsuid", USER_ID), ("parent_bsuid", "TR.ENT.99")],
            None,
            id="with a parent",
        ),
        pytest.param(
            {"from": int(WA_ID)},
            {"wa_id": int(WA_ID)},
            [("bsuid", USER_ID), ("phone", PHONE)],
            PHONE,
            id="a number as a number",
        ),
        pytest.param(
            {"from": None, "from_user_id": "xx_new_form"},
            {"wa_id": None, "user_id": "xx_new_form"},
            [("bsuid", "xx_new_form")],
            None,
            id="a form of id that we do not know",
        ),
    ],
)
def test_a_sender_is_known_by_the_addresses_that_are_there(
    sender: dict[str, Any], card: dict[str, Any], addresses: list[tuple[str, str]], phone: str | None
) -> None:
    one = {key: given for key, given in message(**sender).items() if given is not None}
    known = {key: given for key, given in contact(**card).items() if given is not None}
    found = one_message(one, contacts=[known])
    assert found.sender.addresses == tuple(Address(scheme=scheme, value=value) for scheme, value in addresses)
    assert found.sender.phone == phone
    assert found.sender.display == "Ayşe Yılmaz"


def test_a_number_that_no_plan_knows_is_still_an_address() -> None:
    found = one_message(message(**{"from": "99912345678"}), contacts=[])
    assert found.sender.addresses[-1] == Address(scheme="phone", value="+99912345678")


def test_the_national_zero_behind_a_country_code_is_not_part_of_the_number() -> None:
    assert one_message(message(**{"from": "9005551112233"}), contacts=[]).sender.phone == PHONE


def test_each_message_of_a_batch_finds_its_own_contact() -> None:
    other = contact(profile={"name": "Bora"}, wa_id="905550000000", user_id="TR.2")
    theirs = message(id="b", **{"from": "905550000000", "from_user_id": "TR.2"})
    found = messages_of(body(change(contacts=[contact(), other], messages=[theirs, message(id="a")])))
    assert [one.sender.display for one in found] == ["Bora", "Ayşe Yılmaz"]


def test_a_single_contact_with_another_spelling_of_the_number_is_the_senders() -> None:
    found = one_message(
        message(**{"from": "5511987654321", "from_user_id": ""}), contacts=[contact(wa_id="551187654321")]
    )
    assert found.sender.display == "Ayşe Yılmaz"


def test_a_single_contact_that_is_somebody_else_gives_no_name() -> None:
    found = one_message(message(**{"from": "905550000000", "from_user_id": "TR.2"}))
    assert found.sender.display == "+905550000000"
    assert found.sender.addresses[0].value == "TR.2"


def test_without_a_name_the_username_or_the_number_is_shown() -> None:
    assert one_message(message(), contacts=[contact(profile={"username": "ayse.y"})]).sender.display == "ayse.y"
    assert one_message(message(), contacts=[contact(profile={"name": " \u202e "})]).sender.display == PHONE


def test_contacts_of_a_senseless_shape_cost_no_message() -> None:
    for contacts in ({"a": 1}, [1, None], "x", None):
        assert one_message(message(), contacts=contacts).sender.phone == PHONE
