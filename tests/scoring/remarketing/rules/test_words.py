import pytest

from scoring.remarketing.rules.words import (
    find_words,
    fold_plural,
    get_phrase,
    get_phrases,
    names_the_same,
    share_a_token,
)


@pytest.mark.parametrize(
    ("word", "singular"),
    [
        ("gutters", "gutter"),
        ("companies", "company"),
        ("glass", "glass"),
        ("gas", "gas"),
        ("status", "status"),
    ],
)
def test_plurals_are_folded(word: str, singular: str) -> None:
    assert fold_plural(word) == singular


def test_words_leave_out_case_punctuation_and_function_words() -> None:
    assert find_words("The Roofs, and Gutters of Tampa!") == {"roof", "gutter", "tampa"}


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("fire restoration", "restoration", True),
        ("commercial roofing", "residential roofing", True),
        ("commercial roofing", "commercial cleaning", False),
        ("tax services", "cleaning services", False),
        ("IT services", "IT", True),
        ("cart repair", "art", False),
    ],
)
def test_phrases_share_tokens_by_whole_telling_words(one: str, other: str, shared: bool) -> None:
    assert share_a_token(get_phrase(one), get_phrases([other])) is shared


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("metal roofing", "Roofing", True),
        ("roofing", "metal roofing", True),
        ("metal roofing", "metal work", False),
    ],
)
def test_a_narrower_name_is_the_same_thing(one: str, other: str, same: bool) -> None:
    assert names_the_same(get_phrase(one), get_phrase(other)) is same


def test_phrases_without_a_word_are_dropped() -> None:
    assert [phrase.text for phrase in get_phrases(["roofing", "-", "roofing", "the"])] == ["roofing"]
