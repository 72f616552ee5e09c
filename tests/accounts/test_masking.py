from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invekto.accounts.masking import mask_name, mask_phone


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("+905551234518", "+90 555 *** ** 18"),
        ("+90 (555) 123-45-18", "+90 555 *** ** 18"),
        ("+4915123456789", "+49 151 *** ** 89"),
        ("+12025550123", "+1 202 *** ** 23"),
        ("+966501234567", "+966 501 *** ** 67"),
        ("05551234518", "*** ** 18"),
        ("+99012345678", "*** ** 78"),
        ("112", "*** **"),
        ("", "*** **"),
    ],
)
def test_a_masked_phone_shows_country_area_and_two_digits(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@given(st.from_regex(r"\+[1-9][0-9]{9,14}", fullmatch=True))
def test_a_masked_phone_never_shows_what_is_needed_to_call(phone: str) -> None:
    masked = mask_phone(phone)
    shown = sum(char.isdecimal() for char in masked)
    assert len(phone) - 1 - shown >= 3


@given(st.text(max_size=40))
def test_nothing_can_be_masked_into_an_error(text: str) -> None:
    assert "*" in mask_phone(text)
    mask_name(text)


def test_a_contact_named_by_the_number_is_masked_and_a_named_one_is_not() -> None:
    assert mask_name("+90 555 123 45 18") == "+90 555 *** ** 18"
    assert mask_name("0555 123 45 18") == "*** ** 18"
    assert mask_name("Ayşe Yılmaz") == "Ayşe Yılmaz"
    assert mask_name("Oda 112") == "Oda 112"
    assert mask_name("2024") == "2024"
