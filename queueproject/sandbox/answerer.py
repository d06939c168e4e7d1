"""Answer a prompt by the offline rules, from the one JSON block it carries."""

import json
import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from scoring.remarketing.answers import FitAnswers
from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts
from scoring.remarketing.rules.alignment import score_alignment
from scoring.remarketing.rules.fit import answer_by_rules

# A fence stands alone on its line, and JSON holds no raw line break within a text: no text can end the block.
_BLOCK = re.compile(r"^```json\n(.*?)\n```[ \t]*$", re.DOTALL | re.MULTILINE)
HARMLESS = "Hello from the sandbox: there was nothing to answer by rules."


class UnanswerablePrompt(ValueError):
    """The block is there but cannot be answered; the message names the field."""


def has_block(prompt: str) -> bool:
    """Say whether the prompt carries a fenced JSON block."""
    return _BLOCK.search(prompt) is not None


def answer_prompt(prompt: str) -> str:
    """Return the JSON text that answers the prompt's block, or a harmless sentence when it has none.

    Raises UnanswerablePrompt when there are several blocks, or one the rules cannot read.
    """
    blocks = _BLOCK.findall(prompt)
    if not blocks:
        return HARMLESS
    if len(blocks) > 1:
        raise UnanswerablePrompt(f"the prompt carries {len(blocks)} JSON blocks, one was expected")
    try:
        block = json.loads(blocks[0])
        task = block["task"]
        answer = _TASKS[task]
    except (ValueError, KeyError, TypeError):
        known = ", ".join(sorted(_TASKS))
        raise UnanswerablePrompt(f"the JSON block names no task this sandbox knows ({known})") from None
    try:
        return json.dumps(answer(block), ensure_ascii=False)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(str(step) for step in fault["loc"])
        raise UnanswerablePrompt(f"{task}: {error.title}.{field}: {fault['msg']}") from None
    except (KeyError, TypeError, ValueError) as error:
        raise UnanswerablePrompt(f"{task}: {type(error).__name__}: {error}") from None


def _answer_alignment(block: dict[str, Any]) -> dict[str, Any]:
    _id, buyer = _split_buyer(block["buyer"])
    return score_alignment(UniverseFacts.model_validate(block["universe"]), buyer).model_dump(mode="json")


def _answer_fit(block: dict[str, Any]) -> dict[str, Any]:
    universe = UniverseFacts.model_validate(block["universe"])
    listing = ListingFacts.model_validate(block["listing"])
    answers = []
    for entry in block["buyers"]:
        buyer_id, buyer = _split_buyer(entry)
        answers.append(answer_by_rules(universe, listing, buyer, buyer_id=buyer_id))
    return FitAnswers(answers=answers).model_dump(mode="json")


def _split_buyer(entry: dict[str, Any]) -> tuple[int, BuyerFacts]:
    facts = {name: value for name, value in entry.items() if name != "id"}
    return int(entry["id"]), BuyerFacts.model_validate(facts)


_TASKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "alignment": _answer_alignment,
    "fit": _answer_fit,
}
