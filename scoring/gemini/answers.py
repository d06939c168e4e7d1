"""Read a 200 of generateContent: a valid answer, a block, or something malformed. Nothing is repaired."""

import json
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from queueproject.http.redaction import cut, redact
from queueproject.queue.outcomes import Permanent, Transient, Usage

AnswerT = TypeVar("AnswerT", bound=BaseModel)

_MESSAGE_CHARACTERS = 500
_SHOWN_FAULTS = 5
_NO_USAGE = Usage()

# Google's rule for these is not to ask again; every other reason but STOP may pass.
BLOCKING_REASONS = frozenset(
    {"SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "RECITATION", "LANGUAGE", "IMAGE_SAFETY"}
)


class Blocked(Permanent):
    """The prompt or the answer was blocked; `reason` is Gemini's word, `usage` what was spent on it."""

    def __init__(self, message: str, *, reason: str, usage: Usage = _NO_USAGE) -> None:
        super().__init__(message, status=200)
        self.reason = reason
        self.usage = usage


class Malformed(Transient):
    """The answer was cut off, unreadable or of another shape; the message quotes field and value.

    `parsed` is the answer as plain JSON when it was JSON (None otherwise), for a handler that can use the
    good entries of a group; it holds no NUL and no lone surrogate. `usage` is what was spent.
    """

    def __init__(
        self, message: str, *, parsed: Any = None, truncated: bool = False, usage: Usage = _NO_USAGE
    ) -> None:
        super().__init__(cut(message, limit=_MESSAGE_CHARACTERS), status=200)
        self.parsed = parsed
        self.truncated = truncated
        self.usage = usage


@dataclass(frozen=True)
class Reply:
    """One 200, opened: the text of its first candidate and what goes with it."""

    text: str
    finish_reason: str
    block_reason: str
    model: str
    response_id: str


def parse_json(body: bytes) -> dict[str, Any]:
    """Read a 200's body as a JSON object; raise Malformed when it is none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        shown = redact(body[:200].decode("utf-8", "replace"), limit=120)
        raise Malformed(f"Gemini's answer is not JSON: it begins {shown!r}") from None
    if not isinstance(data, dict):
        raise Malformed(f"Gemini's answer is a JSON {type(data).__name__}, not an object")
    return data


def find_prompt_tokens(data: dict[str, Any]) -> int:
    """Return the prompt tokens that `usageMetadata` names; 0 when absent or unreadable."""
    usage = data.get("usageMetadata")
    count = usage.get("promptTokenCount") if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0


def open_reply(data: dict[str, Any]) -> Reply:
    """Take the first candidate's text (without thoughts), why it ended, and what blocked the prompt."""
    feedback = data.get("promptFeedback")
    candidates = data.get("candidates")
    first = candidates[0] if isinstance(candidates, list) and candidates else {}
    candidate = first if isinstance(first, dict) else {}
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    texts = [
        part["text"]
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, dict) and isinstance(part.get("text"), str) and part.get("thought") is not True
    ]
    block = feedback.get("blockReason") if isinstance(feedback, dict) and not candidate else ""
    return Reply(
        text="".join(texts),
        finish_reason=str(candidate.get("finishReason") or ""),
        block_reason=str(block or ""),
        model=str(data.get("modelVersion") or ""),
        response_id=str(data.get("responseId") or ""),
    )


def require_complete(reply: Reply) -> None:
    """Raise Blocked or Malformed unless the model finished its answer by itself (STOP)."""
    if reply.block_reason:
        raise Blocked(f"Gemini blocked the prompt: {reply.block_reason}", reason=reply.block_reason)
    match reply.finish_reason:
        case "STOP":
            if not reply.text.strip():
                raise Malformed("Gemini's answer holds no text")
        case "MAX_TOKENS":
            raise Malformed(
                f"Gemini's answer was cut off at the largest output allowed; it ends {reply.text[-60:]!r}",
                truncated=True,
            )
        case reason if reason in BLOCKING_REASONS:
            raise Blocked(f"Gemini blocked its answer: {reason}", reason=reason)
        case "":
            raise Malformed("Gemini's answer holds no candidate and says no reason")
        case reason:
            raise Malformed(f"Gemini did not finish its answer: {redact(reason, limit=60)}")


def validate(text: str, *, schema: type[AnswerT]) -> AnswerT:
    """Check the text against the schema, exactly; raise Malformed naming every field that is wrong."""
    try:
        parsed = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The answer is not JSON ({_show(str(error))}): {_show(text)}") from None
    unstorable = _find_unstorable(parsed)
    if unstorable:
        raise Malformed(f"The answer's {unstorable} holds a NUL or half a character, which cannot be stored")
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        raise Malformed(_describe(error), parsed=parsed) from None


def _describe(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False)
    shown = []
    for fault in faults[:_SHOWN_FAULTS]:
        field = ".".join(str(step) for step in fault["loc"]) or "answer"
        shown.append(f"{field}: {fault['msg']}, got {_show(fault['input'])}")
    more = f"; and {len(faults) - _SHOWN_FAULTS} more" if len(faults) > _SHOWN_FAULTS else ""
    return f"The answer does not fit its schema: {'; '.join(shown)}{more}"


def _show(value: Any) -> str:
    """Quote what came from outside, so that failures group by what is ours to say about it."""
    if value is None or isinstance(value, bool | int | float):
        return redact(json.dumps(value), limit=80)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    shown = redact(text, limit=80).replace("”", "'")
    return f"“{shown}”"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _find_unstorable(answer: Any) -> str:
    """Return the path of a text with a NUL or a lone surrogate, or ""."""
    waiting: list[tuple[str, Any]] = [("", answer)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str) and _is_unstorable(value):
            return path or "text"
        if isinstance(value, dict):
            if any(_is_unstorable(key) for key in value):
                return f"{path or 'answer'} (a key)"
            waiting += [(f"{path}.{key}" if path else key, child) for key, child in value.items()]
        elif isinstance(value, list):
            waiting += [
                (f"{path}.{index}" if path else str(index), child) for index, child in enumerate(value)
            ]
    return ""


def _is_unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)
