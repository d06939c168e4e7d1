"""Suggest that two buyers may be the same company; people decide."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, utils

LIKELY_THE_SAME = 88
MOST_SUGGESTIONS = 50
# A word that more names share than this says nothing about which company it is.
COMMON_WORD = 40
_LEGAL_FORMS = frozenset(
    {"inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company", "the"}
)


@dataclass(frozen=True)
class Suggestion:
    """A new name that resembles a known one, with the likeness in percent."""

    line: int
    name: str
    similar_to: str
    likeness: int

    def __str__(self) -> str:
        return f"line {self.line}: {self.name} resembles {self.similar_to} ({self.likeness} %)"


@dataclass(frozen=True)
class _Name:
    line: int
    text: str
    words: tuple[str, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\d+", self.text))


def _prepare(line: int, text: str) -> _Name:
    words = utils.default_process(text).split()
    telling = sorted(word for word in words if word not in _LEGAL_FORMS) or sorted(words)
    return _Name(line=line, text=text, words=tuple(telling))


def suggest_duplicates(new: Sequence[tuple[int, str]], *, known: Iterable[str] = ()) -> list[Suggestion]:
    """Return which of the new (line, name) pairs resemble a known name or an earlier new one.

    Names are compared when they share a word's first four letters, so that 10,000 of them take a second.
    """
    by_word: dict[str, list[_Name]] = defaultdict(list)
    for text in known:
        _remember(_prepare(0, text), by_word)
    found: list[Suggestion] = []
    for line, text in new:
        name = _prepare(line, text)
        best = _find_nearest(name, by_word)
        if best is not None:
            found.append(best)
            if len(found) == MOST_SUGGESTIONS:
                break
        _remember(name, by_word)
    return found


def _remember(name: _Name, by_word: dict[str, list[_Name]]) -> None:
    for start in {word[:4] for word in name.words}:
        by_word[start].append(name)


def _find_nearest(name: _Name, by_word: dict[str, list[_Name]]) -> Suggestion | None:
    nearest: Suggestion | None = None
    for start in {word[:4] for word in name.words}:
        others = by_word.get(start, [])
        for other in others if len(others) <= COMMON_WORD else ():
            likeness = fuzz.ratio(" ".join(name.words), " ".join(other.words), score_cutoff=LIKELY_THE_SAME)
            is_nearer = likeness and (nearest is None or int(likeness) > nearest.likeness)
            if is_nearer and other.numbers == name.numbers:
                nearest = Suggestion(name.line, name.text, other.text, int(likeness))
    return nearest
