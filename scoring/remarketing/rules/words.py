"""Words of a text, and whether two phrases mean the same thing by their words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_FUNCTION_WORDS = frozenset(
    ["a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "in", "is", "of", "on",
     "or", "our", "that", "the", "their", "to", "we", "with"]
)  # fmt: skip
# They say nothing about which service it is: "cleaning services" and "tax services" have nothing in common.
_EMPTY_WORDS = frozenset(["service", "company", "business", "solution", "general", "other"])
# They say how, not what: "commercial roofing" and "commercial cleaning" have nothing in common.
_QUALIFIERS = frozenset(["commercial", "residential", "industrial", "professional"])
_SHORTEST_TOKEN = 3


def fold_plural(word: str) -> str:
    """Return the singular of an English word, near enough to compare by."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=2048)
def find_words(text: str) -> frozenset[str]:
    """Return the words of a text, lower case and singular, without function words."""
    found = (word for word in _WORD.findall(text.casefold()) if word not in _FUNCTION_WORDS)
    return frozenset(fold_plural(word) for word in found)


@dataclass(frozen=True, slots=True)
class Phrase:
    """The name of a service: all its words, and the tokens that tell it from others."""

    text: str
    words: frozenset[str]
    tokens: frozenset[str]


@lru_cache(maxsize=8192)
def get_phrase(text: str) -> Phrase:
    """Take a phrase apart. A phrase of nothing but short or empty words keeps what it has."""
    words = find_words(text)
    telling = words - _EMPTY_WORDS
    long = frozenset(word for word in telling if len(word) >= _SHORTEST_TOKEN)
    return Phrase(text=text, words=words, tokens=(long - _QUALIFIERS) or long or telling or words)


def get_phrases(texts: Iterable[str]) -> tuple[Phrase, ...]:
    """Take phrases apart, dropping repetitions and those without a word."""
    phrases = dict.fromkeys(get_phrase(text) for text in texts)
    return tuple(phrase for phrase in phrases if phrase.words)


def share_a_token(phrase: Phrase, others: Iterable[Phrase]) -> bool:
    """Say whether any of the other phrases has a token in common with this one."""
    return any(not phrase.tokens.isdisjoint(other.tokens) for other in others)


def names_the_same(one: Phrase, other: Phrase) -> bool:
    """Say whether one phrase is the other, or a narrower name of it, as "metal roofing" is of "roofing"."""
    return one.words <= other.words or other.words <= one.words
