from typing import Any

import pytest
from pydantic import ValidationError

from scoring.remarketing.answers import AlignmentAnswer, FitAnswers, ThesisAnswer

ALIGNMENT = {"score": 80, "reasoning": "Fits.", "key_factors": ["a", "b", "c"], "confidence": "high"}
# What a provider's JSON schema may hold; any other keyword is refused or ignored there.
SUPPORTED_KEYWORDS = {
    "$defs", "$ref", "type", "title", "description", "enum", "items", "minItems", "maxItems", "minimum",
    "maximum", "properties", "additionalProperties", "required",
}  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"score": 140},
        {"score": -1},
        {"score": 80.5},
        {"score": "80"},
        {"score": True},
        {"reasoning": " "},
        {"reasoning": "a\x00"},
        {"key_factors": ["a", "b"]},
        {"key_factors": list("abcdef")},
        {"confidence": "certain"},
        {"extra": 1},
    ],
)
def test_a_malformed_alignment_answer_is_refused_never_clamped(changed: dict[str, Any]) -> None:
    AlignmentAnswer.model_validate(ALIGNMENT)
    with pytest.raises(ValidationError):
        AlignmentAnswer.model_validate(ALIGNMENT | changed)


@pytest.mark.parametrize("field", sorted(ALIGNMENT))
def test_a_missing_field_is_refused(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        AlignmentAnswer.model_validate({name: value for name, value in ALIGNMENT.items() if name != field})


def test_a_thesis_has_twenty_points_at_most() -> None:
    assert ThesisAnswer(score=20, reasoning="Exact.").score == 20
    with pytest.raises(ValidationError):
        ThesisAnswer(score=21, reasoning="More than exact.")


def _find_keywords(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(_find_keywords, schema))
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for keyword, value in schema.items():
        named = keyword in ("properties", "$defs")
        found |= _find_keywords(list(value.values()) if named else value)
    return found


@pytest.mark.parametrize("answer", [AlignmentAnswer, FitAnswers])
def test_the_schemas_use_only_keywords_that_providers_support(
    answer: type[AlignmentAnswer | FitAnswers],
) -> None:
    assert _find_keywords(answer.model_json_schema()) <= SUPPORTED_KEYWORDS
