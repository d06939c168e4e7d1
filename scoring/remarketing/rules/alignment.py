"""Alignment: how well a buyer's business belongs to the universe's industry, by its words."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar, Final

from scoring.remarketing.answers import AlignmentAnswer, Confidence
from scoring.remarketing.facts import BuyerFacts, UniverseFacts
from scoring.remarketing.rules.rounding import round_half_up
from scoring.remarketing.rules.words import find_words

_VENDOR = re.compile(r"\b(?:software for|suppliers? to|distributors?)\b", re.IGNORECASE)
_VENDOR_PENALTY: Final = 30
_MOST_TERMS_NAMED: Final = 8


class CannotAlign(ValueError):
    """The universe lacks what alignment is measured by. `code` is stable, the message is for staff."""

    code: ClassVar[str] = ""


class MissingGuide(CannotAlign):
    """The universe has no industry guide."""

    code = "ma_guide_missing"


class NothingToMatch(CannotAlign):
    """The universe has neither name, keywords nor a primary focus to compare words with."""

    code = "universe_terms_missing"


def check_universe(universe: UniverseFacts) -> None:
    """Refuse a universe that no buyer can be aligned with. Raises MissingGuide or NothingToMatch."""
    if not universe.guide:
        raise MissingGuide(
            "The universe has no industry guide. Write one, or attach a document of type ma_guide."
        )
    if not _find_universe_terms(universe):
        raise NothingToMatch("The universe has no words to match: give it a primary focus or keywords.")


def score_alignment(universe: UniverseFacts, buyer: BuyerFacts) -> AlignmentAnswer:
    """Score by the share of the universe's terms that the buyer uses. Raises as `check_universe` does."""
    check_universe(universe)
    terms = _find_universe_terms(universe)
    texts = _list_texts(buyer)
    matched = terms & frozenset[str]().union(*(find_words(text) for text in texts.values()))
    score = round_half_up(20 + 75 * Fraction(len(matched), len(terms)))
    vendor = _VENDOR.search(buyer.business_summary)
    if vendor:
        score = max(0, score - _VENDOR_PENALTY)
    present = [name for name, text in texts.items() if text]
    return AlignmentAnswer(
        score=score,
        reasoning=_write_reasoning(matched, terms - matched, present, vendor[0] if vendor else ""),
        key_factors=[
            f"Matched {len(matched)} of {len(terms)} terms: {_name(matched)}",
            f"Not matched: {_name(terms - matched)}",
            f"Fields with data: {', '.join(present) or 'none'}",
            *([f'Vendor to the industry: "{vendor[0]}"'] if vendor else []),
        ],
        confidence=_rate_confidence(len(present)),
    )


@lru_cache(maxsize=64)
def _find_universe_terms(universe: UniverseFacts) -> frozenset[str]:
    texts = (*universe.service_criteria.primary_focus, *universe.keywords, universe.name)
    return frozenset[str]().union(*(find_words(text) for text in texts))


def _list_texts(buyer: BuyerFacts) -> dict[str, str]:
    return {
        "services": "\n".join((*buyer.target_services, buyer.services_offered)).strip(),
        "industries": "\n".join(buyer.target_industries),
        "vertical": buyer.industry_vertical,
        "summary": buyer.business_summary,
    }


def _rate_confidence(fields: int) -> Confidence:
    if fields >= 3:
        return "high"
    return "medium" if fields == 2 else "low"


def _name(terms: frozenset[str]) -> str:
    if not terms:
        return "none"
    rest = len(terms) - _MOST_TERMS_NAMED
    shown = ", ".join(sorted(terms)[:_MOST_TERMS_NAMED])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _write_reasoning(
    matched: frozenset[str], unmatched: frozenset[str], present: list[str], vendor: str
) -> str:
    total = len(matched) + len(unmatched)
    sentences = [
        f"The buyer uses {len(matched)} of the universe's {total} terms: {_name(matched)}.",
        f"It does not use: {_name(unmatched)}.",
        f"Judged by {', '.join(present)}." if present else "Nothing is known of what the buyer does.",
    ]
    if vendor:
        sentences.append(f'Its summary says "{vendor}", as vendors do: -{_VENDOR_PENALTY} points.')
    return " ".join(sentences)
