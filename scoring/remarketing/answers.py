"""The answers asked of a model, or given by the rules in its place: checked, never clamped."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Confidence = Literal["high", "medium", "low"]


def _check_sentence(text: str) -> str:
    # Checked here and not by keywords of the JSON schema: providers support few of those.
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    if not text.strip():
        raise ValueError("must not be empty")
    return text.strip()


Sentence = Annotated[str, AfterValidator(_check_sentence)]
Percent = Annotated[int, Field(ge=0, le=100, strict=True)]
Points = Annotated[int, Field(ge=0, le=20, strict=True)]


class Answer(BaseModel):
    """Refuse unknown fields: an answer of another shape is malformed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AlignmentAnswer(Answer):
    """How well a buyer's business belongs to the universe's industry, 0-100."""

    score: Percent
    reasoning: Sentence
    key_factors: list[Sentence] = Field(min_length=3, max_length=5)
    confidence: Confidence


class ServiceAnswer(Answer):
    """How well the listing's services fit what the buyer does or wants, 0-100."""

    score: Percent
    reasoning: Sentence


class OwnerGoalsAnswer(Answer):
    """How well this buyer serves what the owner wants from the sale, 0-100."""

    score: Percent
    confidence: Confidence
    reasoning: Sentence


class ThesisAnswer(Answer):
    """How closely the listing follows the buyer's thesis, 0-20 points."""

    score: Points
    reasoning: Sentence


class FitAnswer(Answer):
    """The three judgements on one buyer."""

    buyer_id: int = Field(strict=True)
    service: ServiceAnswer
    owner_goals: OwnerGoalsAnswer
    thesis: ThesisAnswer


class FitAnswers(Answer):
    """One entry per buyer that was asked about, matched by `buyer_id`."""

    answers: list[FitAnswer]
