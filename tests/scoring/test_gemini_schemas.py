from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from scoring.gemini.schemas import SUPPORTED_KEYWORDS, make_response_schema
from scoring.remarketing.answers import AlignmentAnswer, FitAnswers


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=2, max_length=5, pattern="^[A-Z]+$", description="A code")
    title: Literal["only"] = "only"


class Tree(BaseModel):
    left: Leaf = Field(description="The left one")
    rest: list[Leaf] = Field(default_factory=list, max_length=3)
    other: Leaf | None = None
    pair: tuple[int, Leaf] | None = None
    by_name: dict[str, Leaf] = Field(default_factory=dict)


class Endless(BaseModel):
    children: list["Endless"]


def find_keywords(node: Any) -> set[str]:
    found: set[str] = set()
    if not isinstance(node, dict):
        return found
    for key, value in node.items():
        found.add(key)
        if key == "properties":
            found |= {each for child in value.values() for each in find_keywords(child)}
        elif isinstance(value, list):
            found |= {each for child in value for each in find_keywords(child)}
        else:
            found |= find_keywords(value)
    return found


@pytest.mark.parametrize("model", [Tree, AlignmentAnswer, FitAnswers])
def test_only_keywords_gemini_knows_are_sent(model: type[BaseModel]) -> None:
    keywords = find_keywords(make_response_schema(model))
    assert keywords <= SUPPORTED_KEYWORDS
    assert not keywords & {"$ref", "$defs"}


def test_a_reference_is_written_out_and_keeps_the_description_beside_it() -> None:
    left = make_response_schema(Tree)["properties"]["left"]
    assert left["description"] == "The left one"
    assert left["properties"]["code"] == {"type": "string", "description": "A code"}
    assert left["additionalProperties"] is False


def test_a_constant_becomes_a_choice_of_one_and_a_field_called_title_stays() -> None:
    title = make_response_schema(Leaf)["properties"]["title"]
    assert title["enum"] == ["only"]


def test_lists_keep_their_lengths_and_numbers_their_bounds() -> None:
    schema = make_response_schema(AlignmentAnswer)["properties"]
    assert (schema["key_factors"]["minItems"], schema["key_factors"]["maxItems"]) == (3, 5)
    assert (schema["score"]["minimum"], schema["score"]["maximum"]) == (0, 100)


def test_the_model_writes_the_fields_in_the_order_of_the_class() -> None:
    assert make_response_schema(Tree)["propertyOrdering"] == ["left", "rest", "other", "pair", "by_name"]


def test_a_model_that_contains_itself_is_refused() -> None:
    with pytest.raises(TypeError, match="Endless contains itself"):
        make_response_schema(Endless)
