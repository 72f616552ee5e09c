"""Each rule of a template: a draft that breaks it, and where that is said."""

from __future__ import annotations

from typing import Any

import pytest

from invekto.channels.templates import TemplateDraft
from invekto.kernel.i18n import sentences
from invekto.templates.lint import lint

Parts = list[dict[str, Any]]
TEXT = "Merhaba {{1}}, randevunuz {{2}} günü saat onda sizi bekliyor."
BODY: dict[str, Any] = {"type": "BODY", "text": TEXT, "example": {"body_text": [["Ayşe", "Salı"]]}}
REPLY = {"type": "QUICK_REPLY", "text": "Geliyorum"}
LINK = {"type": "URL", "text": "Takip et", "url": "https://ornek.test/{{1}}", "example": ["https://ornek.test/S-1"]}
CALL = {"type": "PHONE_NUMBER", "text": "Ara", "phone_number": "+902120000000"}
CODE = {"type": "COPY_CODE", "example": "YAZ10"}
OTP = {"type": "OTP", "otp_type": "COPY_CODE"}


def draft(*components: dict[str, Any], **more: Any) -> TemplateDraft:
    kept: dict[str, Any] = {
        "name": "randevu",
        "language": "tr",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
    }
    return TemplateDraft(**{**kept, "components": components or (BODY,), **more})


def body(text: str, *examples: str) -> dict[str, Any]:
    return {"type": "BODY", "text": text} | ({"example": {"body_text": [list(examples)]}} if examples else {})


def header(**more: Any) -> dict[str, Any]:
    return {"type": "HEADER", "format": "TEXT", **more}


def footer(text: str) -> dict[str, Any]:
    return {"type": "FOOTER", "text": text}


def buttons(*given: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(given)}


def test_a_whole_draft_has_no_problem() -> None:
    top = header(text="Siparişiniz {{1}}", example={"header_text": ["S-1"]})
    pressed = buttons(REPLY, {**REPLY, "text": "Ertele"}, LINK, CALL, CODE)
    assert lint(draft(top, BODY, footer("Mavera Klinik"), pressed)) == []
    assert lint(draft(header(format="LOCATION"), BODY)) == []
    assert lint(draft(header(format="IMAGE", example={"header_handle": ["4::abc"]}), BODY)) == []


def test_named_variables_are_checked_by_their_names() -> None:
    example = {"body_text_named_params": [{"param_name": "ad", "example": "Ayşe"}]}
    good = {"type": "BODY", "text": "Merhaba {{ad}}, sizi yarın bekliyoruz.", "example": example}
    assert lint(draft(good, parameter_format="NAMED")) == []
    bad = {**good, "text": "Merhaba {{Ad}}, sizi yarın bekliyoruz."}
    assert [one.code for one in lint(draft(bad, parameter_format="NAMED"))] == ["variable_name", "sample_required"]


@pytest.mark.parametrize(
    ("parts", "path", "code"),
    [
        ([BODY, BODY], "components.1", "part_twice"),
        ([BODY, {"type": "POEM"}], "components.1", "part_unknown"),
        ([BODY, {"type": "CAROUSEL"}], "components.1", "part_not_supported"),
        ([footer("a")], "components", "body_required"),
        ([body("")], "components.0.text", "required"),
        ([body("a" * 1025)], "components.0.text", "too_long"),
        ([body("Merhaba {{1, yarın gelin")], "components.0.text", "variable_malformed"),
        ([body("Merhaba {{ad}}, yarın saat onda gelin", "x")], "components.0.text", "variable_number"),
        ([body("Merhaba {{2}}, yarın saat onda gelin", "x")], "components.0.text", "variables_not_contiguous"),
        ([body("{{1}} yarın saat onda gelin", "x")], "components.0.text", "variable_at_edge"),
        ([body("Yarın saat onda gelin {{1}}.", "x")], "components.0.text", "variable_at_edge"),
        ([body("Sayın {{1}} {{2}} yarın saat onda gelin", "x", "y")], "components.0.text", "variables_adjacent"),
        ([body("Merhaba {{1}} gelin", "x")], "components.0.text", "too_many_variables"),
        ([body("Merhaba {{1}}, yarın saat onda gelin")], "components.0.example", "sample_required"),
        ([body("Merhaba\n\n\nyarın gelin")], "components.0.text", "empty_lines"),
        ([header(text="a" * 61), BODY], "components.0.text", "too_long"),
        ([header(text="{{1}}{{2}}", example={"header_text": ["a", "b"]}), BODY], "components.0.text", "header_variables"),
        ([header(text="*Merhaba*"), BODY], "components.0.text", "header_formatting"),
        ([header(format="IMAGE"), BODY], "components.0.example", "sample_file_required"),
        ([header(format="HOLOGRAM"), BODY], "components.0.format", "header_format_unknown"),
        ([BODY, footer("{{1}} klinik")], "components.1.text", "footer_variables"),
        ([BODY, footer("a" * 61)], "components.1.text", "too_long"),
        ([BODY, buttons()], "components.1.buttons", "required"),
        ([BODY, buttons(*({**REPLY, "text": str(n)} for n in range(11)))], "components.1.buttons", "too_many_buttons"),
        ([BODY, buttons(*({**LINK, "text": str(n)} for n in range(3)))], "components.1.buttons", "too_many_of_kind"),
        ([BODY, buttons(CALL, {**CALL, "text": "Arayın"})], "components.1.buttons", "too_many_of_kind"),
        ([BODY, buttons(REPLY, LINK, {**REPLY, "text": "Ertele"})], "components.1.buttons", "quick_replies_apart"),
        ([BODY, buttons(LINK, REPLY, CALL)], "components.1.buttons", "quick_replies_apart"),
        ([BODY, buttons(REPLY, REPLY)], "components.1.buttons.1.text", "button_twice"),
        ([BODY, buttons({**REPLY, "text": "a" * 26})], "components.1.buttons.0.text", "too_long"),
        ([BODY, buttons({**REPLY, "text": "{{1}}"})], "components.1.buttons.0.text", "button_variables"),
        ([BODY, buttons({"type": "MPM"})], "components.1.buttons.0.type", "button_not_supported"),
        ([BODY, buttons(OTP)], "components.1.buttons.0.type", "otp_only_authentication"),
        ([BODY, buttons({**LINK, "url": "ornek.test"})], "components.1.buttons.0.url", "url_wrong"),
        ([BODY, buttons({**LINK, "url": "https://a.test/{{1}}/a"})], "components.1.buttons.0.url", "url_variable"),
        ([BODY, buttons({**LINK, "example": []})], "components.1.buttons.0.example", "sample_required"),
        ([BODY, buttons({**CALL, "phone_number": "abc"})], "components.1.buttons.0.phone_number", "phone_wrong"),
        ([BODY, buttons({**CODE, "example": ""})], "components.1.buttons.0.example", "sample_code_required"),
        ([BODY, buttons({**CODE, "example": "a" * 16})], "components.1.buttons.0.example", "too_long"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_with_its_place_and_a_sentence(parts: Parts, path: str, code: str) -> None:
    found = lint(draft(*parts))
    assert (path, code) in [(one.path, one.code) for one in found]
    for one in found:
        assert all(f"template_problem_{one.code}" in sentences(locale) for locale in ("tr", "en"))


def test_name_language_and_category_are_checked() -> None:
    assert [one.code for one in lint(draft(name="Randevu"))] == ["name_pattern"]
    assert [one.code for one in lint(draft(name=""))] == ["required"]
    assert [one.code for one in lint(draft(language="tr_TR"))] == ["language_unknown"]
    assert [one.code for one in lint(draft(category="SALES"))] == ["category_unknown"]
    assert [one.code for one in lint(draft(), exists=True)] == ["template_exists"]


def test_an_authentication_template_says_only_what_shall_be_in_it() -> None:
    lasts = {"type": "FOOTER", "code_expiration_minutes": 5}
    fixed = {"type": "BODY", "add_security_recommendation": True}

    def codes(*parts: dict[str, Any]) -> list[str]:
        return [one.code for one in lint(draft(*parts, category="AUTHENTICATION"))]

    assert codes(fixed, lasts, buttons(OTP)) == []
    assert codes(BODY, buttons(OTP)) == ["authentication_fixed"]
    assert codes(fixed) == ["authentication_button"]
    assert codes(fixed, buttons(REPLY)) == ["authentication_button"]
    assert codes(fixed, {**lasts, "code_expiration_minutes": 91}, buttons(OTP)) == ["code_expiration"]
    assert all(f"template_problem_{code}" in sentences("tr") for code in ("authentication_fixed", "code_expiration"))
