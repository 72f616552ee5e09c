"""What each type of field admits, keeps, hides and says."""

from __future__ import annotations

import pytest

from invekto.contacts.field_types import FieldType, Option, Value, ValueRefused, masked, parse_value, value_text

OPTIONS = (Option("a", "Zirkonyum"), Option("b", "İmplant"), Option("c", "Eski", archived=True))


@pytest.mark.parametrize(
    ("type_", "given", "kept"),
    [
        ("text", "  Dt. Işıl 🦷 ", "Dt. Işıl 🦷"),
        ("text", "   ", None),
        ("text", None, None),
        ("number", 60000.0, 60000),
        ("number", -0.5, -0.5),
        ("date", "2024-02-29", "2024-02-29"),
        ("select", "a", "a"),
        ("multi_select", ["b", "a", "b"], ["a", "b"]),
        ("multi_select", [], None),
        ("boolean", False, False),
        ("phone", "0532 123 45 67", "+905321234567"),
        ("phone", "+49 1512 3456789", "+4915123456789"),
        ("email", " Elif.Isik+x@klinik.com.tr", "Elif.Isik+x@klinik.com.tr"),
        ("url", "https://klinik.example/ışık?x=1#y", "https://klinik.example/ışık?x=1#y"),
    ],
)
def test_a_value_is_kept_as_its_type_writes_it(type_: FieldType, given: object, kept: Value | None) -> None:
    assert parse_value(type_, OPTIONS, given, None) == kept


@pytest.mark.parametrize(
    ("type_", "given", "code"),
    [
        ("text", "x" * 1001, "too_long"),
        ("text", "a\0b", "wrong_format"),
        ("text", "a\ud800", "wrong_format"),
        ("text", 5, "wrong_type"),
        ("number", "5", "wrong_type"),
        ("number", True, "wrong_type"),
        ("number", float("nan"), "wrong_format"),
        ("number", float("inf"), "wrong_format"),
        ("number", 10**400, "out_of_range"),
        ("date", "2023-02-29", "wrong_format"),
        ("date", "20240229", "wrong_format"),
        ("date", "2024-W09-4", "wrong_format"),
        ("date", "٢٠٢٤-٠٢-٢٩", "wrong_format"),
        ("select", "d", "not_a_choice"),
        ("select", "c", "not_a_choice"),
        ("select", ["a"], "wrong_type"),
        ("multi_select", "a", "wrong_type"),
        ("multi_select", ["a", {}], "wrong_type"),
        ("multi_select", ["a", "d"], "not_a_choice"),
        ("multi_select", ["a"] * 4, "too_many"),
        ("boolean", 1, "wrong_type"),
        ("boolean", "true", "wrong_type"),
        ("phone", "12345", "wrong_format"),
        ("phone", "Ayşe", "wrong_format"),
        ("email", "elif@klinik", "wrong_format"),
        ("email", "a b@klinik.com", "wrong_format"),
        ("email", "a@klinik.com\nbcc: x@y.com", "wrong_format"),
        ("url", "javascript:alert(1)", "wrong_format"),
        ("url", "ftp://klinik.example", "wrong_format"),
        ("url", "klinik.example", "wrong_format"),
        ("url", "https://", "wrong_format"),
        ("url", "https://bank.example@evil.example/", "wrong_format"),
        ("url", "https://[::1", "wrong_format"),
        ("url", "https://a.example/" + "x" * 2000, "too_long"),
    ],
)
def test_anything_else_is_refused_by_its_code(type_: FieldType, given: object, code: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        parse_value(type_, OPTIONS, given, None)
    assert refused.value.code == code


def test_an_archived_choice_stays_where_it_was_made() -> None:
    assert parse_value("select", OPTIONS, "c", "c") == "c"
    assert parse_value("multi_select", OPTIONS, ["c", "a"], ["c"]) == ["a", "c"]


def test_a_mask_tells_two_people_apart_and_not_more() -> None:
    assert masked("phone", "+905551234518") == "+90 555 *** ** 18"
    assert masked("email", "elif@klinik.com.tr") == "e***@***.tr"
    assert masked("text", "penisilin") == masked("number", 5) == masked("multi_select", ["a"]) == "***"


@pytest.mark.parametrize(
    ("type_", "value", "turkish", "english"),
    [
        ("number", 60000, "60.000", "60,000"),
        ("number", 1234.5, "1.234,5", "1,234.5"),
        ("date", "1990-03-05", "05.03.1990", "5 March 1990"),
        ("boolean", True, "Evet", "Yes"),
        ("select", "c", "Eski", "Eski"),
        ("multi_select", ["a", "b"], "Zirkonyum, İmplant", "Zirkonyum, İmplant"),
        ("text", "a", "a", "a"),
    ],
)
def test_a_message_says_a_value_as_people_write_it(type_: str, value: Value, turkish: str, english: str) -> None:
    assert value_text(type_, OPTIONS, value, None) == value_text(type_, OPTIONS, value, "tr") == turkish
    assert value_text(type_, OPTIONS, value, "en-GB") == english
