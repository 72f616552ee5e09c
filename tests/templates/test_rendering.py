"""A template filled in: for people, for the thread, and for the provider."""

from __future__ import annotations

from typing import Any

import pytest

from invekto.kernel.errors import Invalid
from invekto.kernel.i18n import sentence
from invekto.templates.rendering import Source, media_header, render
from invekto.templates.sendability import _BY_STATUS, _UNFILLED, hindrance
from invekto.templates.variables import variables_of

BUTTONS: list[dict[str, Any]] = [
    {"type": "QUICK_REPLY", "text": "Tamam"},
    {"type": "URL", "text": "Takip", "url": "https://a.test/{{1}}", "example": ["https://a.test/S-1"]},
    {"type": "COPY_CODE", "text": "Kopyala", "example": ["YAZ10"]},
    {"type": "PHONE_NUMBER", "text": "Ara", "phone_number": "+902120000000"},
]
PARTS: list[dict[str, Any]] = [
    {"type": "HEADER", "format": "TEXT", "text": "Sipariş {{1}}", "example": {"header_text": ["S-1"]}},
    {"type": "BODY", "text": "{{2}} günü, {{1}}!", "example": {"body_text": [["Ayşe", "Salı"]]}},
    {"type": "FOOTER", "text": "Mavera"},
    {"type": "BUTTONS", "buttons": BUTTONS},
]
VALUES = {"header.1": "S-77", "body.1": "Işıl", "body.2": "Cuma", "button.1": "S-77", "button.2": "KIS20"}


def source(*parts: dict[str, Any], named: bool = False) -> Source:
    return Source("siparis", "tr", "NAMED" if named else "POSITIONAL", parts or PARTS)


def button(index: int, kind: str, **parameter: str) -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": str(index), "parameters": [parameter]}


def test_variables_have_keys_of_their_own_and_their_examples() -> None:
    found = {one.key: (one.where, one.index, one.example) for one in variables_of(PARTS)}
    assert found == {
        "header.1": ("header", None, "S-1"),
        "body.2": ("body", None, "Salı"),
        "body.1": ("body", None, "Ayşe"),
        "button.1": ("button", 1, "S-1"),
        "button.2": ("button", 2, "YAZ10"),
    }


def test_values_are_where_people_and_the_provider_look_for_them() -> None:
    made = render(source(), VALUES)
    assert made.text == "Cuma günü, Işıl!"
    assert made.payload["header"] == {"format": "TEXT", "text": "Sipariş S-77"}
    assert made.payload["footer"] == "Mavera"
    assert made.payload["buttons"] == [
        {"type": "quick_reply", "title": "Tamam"},
        {"type": "url", "title": "Takip", "url": "https://a.test/S-77"},
        {"type": "copy_code", "title": "Kopyala", "code": "KIS20"},
        {"type": "phone_number", "title": "Ara", "phone": "+902120000000"},
    ]
    assert made.part["components"] == [
        {"type": "header", "parameters": [{"type": "text", "text": "S-77"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Işıl"}, {"type": "text", "text": "Cuma"}]},
        button(0, "quick_reply", type="payload", payload="Tamam"),
        button(1, "url", type="text", text="S-77"),
        button(2, "copy_code", type="coupon_code", coupon_code="KIS20"),
    ]


def test_named_parameters_carry_their_names() -> None:
    part = {"type": "BODY", "text": "Merhaba {{ad}}, hoş geldiniz"}
    (body,) = render(source(part, named=True), {"body.ad": "Ece"}).part["components"]
    assert body["parameters"] == [{"type": "text", "parameter_name": "ad", "text": "Ece"}]


def test_a_place_as_header_is_made_of_values() -> None:
    parts = ({"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "Buradayız"})
    made = render(source(*parts), {"header.latitude": "41.0", "header.longitude": "29", "header.name": "Klinik"})
    place = made.part["components"][0]["parameters"][0]["location"]
    assert place == {"latitude": 41.0, "longitude": 29.0, "name": "Klinik"}
    with pytest.raises(Invalid) as refused:
        render(source(*parts), {"header.latitude": "95", "header.longitude": "29"})
    assert [(one.path, one.code) for one in refused.value.fields] == [("values.header.latitude", "wrong_format")]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"body.1": ""}, "values.body.1", "required"),
        ({"body.1": "a\nb"}, "values.body.1", "line_break_or_spaces"),
        ({"body.1": "a\tb"}, "values.body.1", "line_break_or_spaces"),
        ({"body.1": "a     b"}, "values.body.1", "line_break_or_spaces"),
        ({"body.9": "x"}, "values.body.9", "unknown"),
        ({"button.2": "x" * 16}, "values.button.2", "too_long"),
    ],
)
def test_a_value_that_the_provider_would_refuse_is_named(change: dict[str, str], path: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        render(source(), {**VALUES, **change})
    assert [(one.path, one.code) for one in refused.value.fields] == [(path, code)]


def one_button(**button: str) -> list[dict[str, object]]:
    return [{"type": "BUTTONS", "buttons": [{"text": "Aç", **button}]}]


def test_what_we_cannot_fill_in_is_named_before_what_the_provider_thinks_of_it() -> None:
    assert hindrance("APPROVED", PARTS) is None
    assert hindrance("FLAGGED", one_button(type="CATALOG")) is None
    assert hindrance("APPROVED", one_button(type="FLOW", flow_id="1")) is None
    assert hindrance("PAUSED", [*PARTS, {"type": "CAROUSEL", "cards": []}]) == "carousel"
    assert hindrance("APPROVED", [*PARTS, {"type": "limited_time_offer"}]) == "limited_time_offer"
    assert hindrance("APPROVED", [{"type": "HEADER", "format": "PRODUCT"}]) == "products"
    assert hindrance("APPROVED", [{"type": "HEADER", "format": "GIF"}]) == "unknown_part"
    assert hindrance("APPROVED", one_button(type="MPM")) == "products"
    assert hindrance("APPROVED", one_button(type="FLOW", flow_action="data_exchange")) == "flow_endpoint"
    assert hindrance("APPROVED", one_button(type="VOICE_CALL")) == "unknown_part"


@pytest.mark.parametrize("locale", ["tr", "en"])
def test_each_state_of_a_template_says_why_and_what_to_do(locale: str) -> None:
    parts = [*_UNFILLED.values(), "flow_endpoint", "unknown_part"]
    states = {hindrance(status, PARTS) for status in [*_BY_STATUS, "SOMETHING_NEW"]}
    assert None not in states
    for code in [*states, *parts]:
        assert sentence(f"template_blocked_{code}", locale, {"status": "NEW"})
        assert sentence(f"template_todo_{code}", locale, {})


def test_a_form_and_a_catalogue_are_opened_without_values() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "BODY", "text": "Seçin"},
        {"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Form"}, {"type": "CATALOG", "text": "Katalog"}]},
    ]
    made = render(Source("secim", "tr", "POSITIONAL", parts), {})
    assert made.part["components"] == [
        {
            "type": "button",
            "sub_type": "flow",
            "index": "0",
            "parameters": [{"type": "action", "action": {"flow_token": "unused"}}],
        },
        {"type": "button", "sub_type": "CATALOG", "index": "1"},
    ]
    assert [one["type"] for one in made.payload["buttons"]] == ["flow", "catalog"]


def test_which_header_takes_a_file() -> None:
    assert media_header([{"type": "HEADER", "format": "VIDEO"}]) == "video"
    assert media_header(PARTS) is None
