from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invekto.kernel.text import preview, search_key, slug, sort_key, storable

any_text = st.text()


@pytest.mark.parametrize("typed", ["ışık", "IŞIK", "Işik", "İşık", "isik", "ISIK", "i̇şık", "ＩＳＩＫ"])
def test_a_turkish_word_is_found_however_it_is_typed(typed: str) -> None:
    assert search_key(typed) == "isik"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Çağrı ÖZGÜR", "cagri ozgur"),
        ("Straße", "strasse"),
        ("naïve  café\n", "naive cafe"),
        ("أحمد", "احمد"),
        ("مُحَمَّد", "محمد"),
        ("٠٥٣٢ ١٢٣", "0532 123"),
        ("ﬁ Ⅳ ²", "fi iv 2"),
        ("Łódź Øre", "lodz ore"),
        ("a\u200bb\u00adc", "abc"),
        ("Москва Ёлка", "москва елка"),
        ("\x00\ud800x", "x"),
    ],
)
def test_accents_width_case_and_invisible_characters_do_not_count(typed: str, key: str) -> None:
    assert search_key(typed) == key


@given(any_text)
@settings(max_examples=500)
def test_folding_a_key_gives_the_same_key(text: str) -> None:
    key = search_key(text)
    assert search_key(key) == key


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_the_short_way_for_ascii_agrees_with_the_long_one(text: str) -> None:
    assert search_key(text) == search_key(text + "\u0301").strip()


@given(any_text)
def test_case_never_decides_whether_something_is_found(text: str) -> None:
    assert search_key(text.upper()) == search_key(text.upper().lower())


def test_names_stand_in_the_order_of_the_turkish_alphabet() -> None:
    ordered = [
        "3 Kuyu", "Ada", "Âdem", "Aden", "Can", "Cüneyt", "Çağ", "Deniz", "Gül", "Ğ", "Hale", "Irmak", "Isparta", "İbrahim", "İzmir",
        "Jale", "Ok", "Oya", "Ödül", "Öz", "Pınar", "Quentin", "Rana", "Su", "Şahin", "Tan", "Uzay", "Ümit", "Van", "Will",
        "Xena", "Yıl", "Yil", "Zara", "Zühre",
    ]  # fmt: skip
    assert sorted(ordered, key=sort_key) == ordered
    stored = [sort_key(name).encode() for name in ordered]
    assert stored == sorted(stored)


def test_case_and_punctuation_do_not_change_the_place_of_a_name() -> None:
    assert sort_key("  o'NEİL-şen ") == sort_key("O Neil  Şen")
    assert sort_key("ISI") == sort_key("ısı") != sort_key("isi")


@given(any_text)
def test_a_sort_key_can_be_stored(text: str) -> None:
    sort_key(text).encode()
    assert "\x00" not in sort_key(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Klinik Şifa", "klinik-sifa"),
        ("  --Işık & Co. ", "isik-co"),
        ("ÖZEL DİŞ POLİKLİNİĞİ", "ozel-dis-poliklinigi"),
        ("عيادة", ""),
        ("a" * 80, "a" * 63),
        ("a" * 62 + " b", "a" * 62),
    ],
)
def test_a_firms_slug_is_what_people_type_at_sign_in(name: str, expected: str) -> None:
    assert slug(name) == expected
    assert slug(expected) == expected


@given(any_text, st.integers(min_value=1, max_value=200))
def test_a_preview_is_one_line_within_its_length(text: str, length: int) -> None:
    line = preview(text, length)
    assert len(line) <= length
    assert "\n" not in line
    line.encode()


def test_a_preview_cuts_neither_emoji_nor_accent_nor_flag_in_half() -> None:
    assert preview("abc👩‍⚕️def", 6) == "abc…"
    assert preview("abe\u0301x" * 2, 4) == "ab…"
    assert preview("ab👍🏽cd", 4) == "ab…"
    assert preview("🇹🇷🇩🇪🇫🇷", 4) == "🇹🇷…"
    assert preview("abcdef", 6) == "abcdef"


def test_a_preview_drops_what_would_turn_the_row_around() -> None:
    assert preview("invoice\u202egpj.exe", 40) == "invoicegpj.exe"


def test_what_postgresql_cannot_store_is_replaced_visibly() -> None:
    assert storable("a\x00b\ud800c") == "a\ufffdb\ufffdc"
    assert storable("👍 ok\n") == "👍 ok\n"
