"""Read Gemini's requests as strictly as Gemini does: an unknown field is an error, not ignored."""

import json
import re
from dataclasses import dataclass
from typing import Any

# Field: None for a plain value, the name of a table for a nested object, [name] for a list of them.
_Fields = dict[str, str | list[str] | None]
_TABLES: dict[str, _Fields] = {
    "request": {
        "model": None,
        "contents": ["content"],
        "systemInstruction": "content",
        "safetySettings": ["safety"],
        "generationConfig": "config",
        "tools": None,
        "toolConfig": None,
        "cachedContent": None,
    },
    "count": {"contents": ["content"], "generateContentRequest": "request"},
    "content": {"role": None, "parts": ["part"]},
    "part": dict.fromkeys(
        (
            "text",
            "thought",
            "thoughtSignature",
            "inlineData",
            "fileData",
            "functionCall",
            "functionResponse",
            "partMetadata",
        )
    ),
    "safety": {"category": None, "threshold": None},
    "config": {
        **dict.fromkeys(
            (
                "candidateCount",
                "stopSequences",
                "maxOutputTokens",
                "temperature",
                "topP",
                "topK",
                "seed",
                "responseMimeType",
                "responseSchema",
                "responseJsonSchema",
                "presencePenalty",
                "frequencyPenalty",
                "responseLogprobs",
                "logprobs",
                "responseModalities",
                "mediaResolution",
            )
        ),
        "thinkingConfig": "thinking",
    },
    "thinking": {"includeThoughts": None, "thinkingBudget": None, "thinkingLevel": None},
}
_SCHEMA_KEYWORDS = frozenset(
    [
        "$id",
        "$defs",
        "$ref",
        "$anchor",
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "oneOf",
        "properties",
        "additionalProperties",
        "required",
        "propertyOrdering",
    ]
)
_SNAKE = re.compile(r"_([a-z])")


class BadRequest(ValueError):
    """The request is refused; `field` names where."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@dataclass(frozen=True)
class Question:
    """What a generateContent request asks."""

    prompt: str
    schema: dict[str, Any] | None
    max_output_tokens: int | None


def parse_question(body: bytes) -> Question:
    """Read the body of generateContent; raise BadRequest for what Gemini would refuse."""
    request = _read(body, table="request")
    if not request.get("contents"):
        raise BadRequest("* GenerateContentRequest.contents: contents is not specified", field="contents")
    config = request.get("generationConfig") or {}
    schema = config.get("responseJsonSchema")
    if schema is not None:
        _check_schema_use(config)
        _check_schema(schema, path="generation_config.response_json_schema")
    limit = config.get("maxOutputTokens")
    if limit is not None and (not isinstance(limit, int) or not 1 <= limit <= 65_536):
        raise BadRequest(
            f"Unable to submit request because it has a maxOutputTokens value of {limit} but the supported "
            "range is from 1 (inclusive) to 65537 (exclusive).",
            field="generation_config.max_output_tokens",
        )
    return Question(prompt=_join_texts(request), schema=schema, max_output_tokens=limit)


def parse_count(body: bytes) -> str:
    """Read the body of countTokens and return the text that is counted."""
    request = _read(body, table="count")
    if bool(request.get("contents")) == bool(request.get("generateContentRequest")):
        raise BadRequest("Exactly one of contents and generate_content_request must be set.")
    return _join_texts(request.get("generateContentRequest") or request)


def _check_schema_use(config: dict[str, Any]) -> None:
    if config.get("responseSchema") is not None:
        raise BadRequest(
            "Only one of response_schema and response_json_schema may be set.",
            field="generation_config.response_json_schema",
        )
    if config.get("responseMimeType") != "application/json":
        raise BadRequest(
            "Json schema requires response_mime_type application/json.",
            field="generation_config.response_mime_type",
        )


def _check_schema(node: Any, *, path: str) -> None:
    if isinstance(node, bool):
        return
    if not isinstance(node, dict):
        raise BadRequest(f"{path} is not a schema", field=path)
    unknown = node.keys() - _SCHEMA_KEYWORDS
    if unknown:
        raise BadRequest(f"Unsupported keyword {min(unknown)!r} in the JSON schema", field=path)
    if "$ref" in node and any(not key.startswith("$") for key in node):
        raise BadRequest("A schema with $ref may set no other fields", field=path)
    for name, child in (node.get("properties") or {}).items():
        _check_schema(child, path=f"{path}.properties.{name}")
    for key in ("items", "additionalProperties"):
        if key in node:
            _check_schema(node[key], path=f"{path}.{key}")
    for key in ("anyOf", "oneOf", "prefixItems"):
        for index, child in enumerate(node.get(key) or ()):
            _check_schema(child, path=f"{path}.{key}[{index}]")


def _read(body: bytes, *, table: str) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("Invalid JSON payload received. Expected an object.") from None
    return _read_object(data, table=table, path="")


def _read_object(data: Any, *, table: str, path: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise BadRequest(f"Invalid value at '{path}': expected an object", field=path)
    fields = _TABLES[table]
    read = {}
    for name, value in data.items():
        known = _SNAKE.sub(lambda match: match[1].upper(), name)
        where = f"{path}.{name}" if path else name
        if known not in fields:
            place = f" at '{path}'" if path else ""
            message = f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.'
            raise BadRequest(message, field=path)
        read[known] = _read_value(value, shape=fields[known], path=where)
    return read


def _read_value(value: Any, *, shape: str | list[str] | None, path: str) -> Any:
    if shape is None or value is None:
        return value
    if isinstance(shape, str):
        return _read_object(value, table=shape, path=path)
    # The wire takes a single object for a list of one.
    values = value if isinstance(value, list) else [value]
    return [_read_object(each, table=shape[0], path=f"{path}[{index}]") for index, each in enumerate(values)]


def _join_texts(request: dict[str, Any]) -> str:
    contents = [request["systemInstruction"]] if request.get("systemInstruction") else []
    contents += request.get("contents") or []
    texts = [part.get("text") or "" for content in contents for part in content.get("parts") or []]
    if not all(isinstance(text, str) for text in texts):
        raise BadRequest("Invalid value at 'contents.parts.text': expected a string", field="contents")
    return "".join(texts)
