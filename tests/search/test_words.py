"""How words are found in text, and text in words."""

from __future__ import annotations

import pytest

from invekto.search.words import Asked, Term, ask, dialled, found_in, numbers_of, words_of


def keys(text: str) -> list[str]:
    return [word.key for word in words_of(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ışık", "IŞIK"),
        ("ışık", "Işik"),
        ("İzmir", "izmir"),
        ("İzmir", "IZMIR"),
        ("çağrı", "CAGRI"),
        ("göğüs", "GOGUS"),
        ("şüphe", "suphe"),
        ("I\u0307zmir", "i\u0307zmir"),
        ("Is\u0327\u0131k", "ışık"),
        ("مُحَمَّد", "محمد"),
        ("مدرسة", "مدرسه"),
        ("Müller", "muller"),
        ("１２３", "123"),
    ],
)
def test_two_spellings_are_one_word(one: str, other: str) -> None:
    assert keys(one) == keys(other)
    assert len(keys(one)) == 1


def test_signs_part_words_and_marks_do_not() -> None:
    assert keys("Ahmet'in e-postası: ahmet@firma.com.tr") == [
        "ahmet",
        "in",
        "e",
        "postasi",
        "ahmet",
        "firma",
        "com",
        "tr",
    ]
    assert keys("😀 evet👍🏽hayır") == ["evet", "hayir"]
    assert keys("_alt_çizgi_ ½") == ["alt", "cizgi", "1", "2"]


def test_a_word_stands_for_the_characters_that_were_written() -> None:
    text = "👩\u200d👩\u200d👧 Is\u0327\u0131k açık, مُحَمَّد 🙂 ışıklar"
    ranges, answered = found_in(text, ask("IŞIK"))
    assert [text[start:end] for start, end in ranges] == ["Is\u0327\u0131k", "ışıklar"]
    assert len(answered) == 1
    ranges, _ = found_in(text, ask("محمد"))
    assert [text[start:end] for start, end in ranges] == ["مُحَمَّد"]


def test_only_the_last_word_may_go_on() -> None:
    ranges, answered = found_in("randevular için randevu saati", ask("randevu saa"))
    assert ranges == [(16, 23), (24, 29)]
    assert len(answered) == 2
    assert ask("randevu saa").terms == (Term(("randevu",)), Term(("saa",), begins=True))


def test_a_phrase_is_found_in_its_order_only() -> None:
    asked = ask('"diş beyazlatma" fiy')
    assert asked.terms == (Term(("dis", "beyazlatma")), Term(("fiy",), begins=True))
    assert len(found_in("Diş beyazlatma fiyatı", asked)[1]) == 2
    assert len(found_in("beyazlatma diş fiyatı", asked)[1]) == 1
    assert ask('"son söz"').terms[-1].begins is False
    assert ask("“akıllı tırnak”").terms == (Term(("akilli", "tirnak")),)


@pytest.mark.parametrize(
    "typed", ["+90 (532) 111 22 33", "0532 111 22 33", "05321112233", "0090 532-111-22-33", "532 111 2233", "1112233"]
)
def test_a_number_is_found_however_it_is_typed(typed: str) -> None:
    asked = ask(typed)
    assert asked.number
    for written in ("ara beni: 0532 111 22 33", "+905321112233", "90-532-111-22-33 lütfen"):
        assert found_in(written, asked)[1], written
    assert not found_in("0533 111 22 34", asked)[1]


def test_digits_of_a_date_or_a_price_are_words_too() -> None:
    assert dialled("0") == "0"
    assert ask("12").number == ""
    assert ask("kod 1234").terms == (Term(("kod",)), Term(("1234",), begins=True, digits="1234"))
    assert [word.key for word in numbers_of("tel 0532 111 22 33, fiyat 1.250 TL")] == ["05321112233"]


@pytest.mark.parametrize("nothing", ["", "   ", "!?", '""', "😀", "\u200d"])
def test_nothing_to_look_for_is_seen(nothing: str) -> None:
    assert ask(nothing) == Asked(())
