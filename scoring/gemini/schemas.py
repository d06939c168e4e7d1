"""Turn a pydantic model into the part of JSON Schema that Gemini's `responseJsonSchema` understands."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel

# Source: the field's description in Google's discovery document, v1beta, revision 20251218.
SUPPORTED_KEYWORDS = frozenset(
    {
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
    }
)


@lru_cache(maxsize=64)
def make_response_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Describe the model's JSON for `responseJsonSchema`.

    References are written out (a `$ref` may carry no description beside it), `const` becomes a one-element
    `enum`, and what Gemini does not know (lengths, patterns, defaults) is left out: validation checks it all
    again. The answer is shared: do not change it. Raises TypeError for a model that contains itself.
    """
    schema = model.model_json_schema()
    return _write_out(schema, definitions=schema.get("$defs", {}), inside=())


def _write_out(
    node: dict[str, Any], *, definitions: dict[str, Any], inside: tuple[str, ...]
) -> dict[str, Any]:
    reference = node.get("$ref")
    if reference:
        name = str(reference).rpartition("/")[2]
        if name in inside:
            raise TypeError(f"{name} contains itself; Gemini's schema cannot say that")
        target = _write_out(definitions[name], definitions=definitions, inside=(*inside, name))
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return target | _write_out(beside, definitions=definitions, inside=inside)
    written: dict[str, Any] = {}
    for key, value in node.items():
        written |= _write_keyword(key, value, definitions=definitions, inside=inside)
    if written.get("type") == "object" and "properties" in written:
        # The model writes in this order; without it the order, and with it the answers, would be its own.
        written["propertyOrdering"] = list(written["properties"])
    return written


def _write_keyword(
    key: str, value: Any, *, definitions: dict[str, Any], inside: tuple[str, ...]
) -> dict[str, Any]:
    def write(node: Any) -> Any:
        return _write_out(node, definitions=definitions, inside=inside) if isinstance(node, dict) else node

    match key:
        case "const":
            return {"enum": [value]}
        case "allOf" if len(value) == 1:
            return dict(write(value[0]))
        case "properties":
            return {key: {name: write(node) for name, node in value.items()}}
        case "anyOf" | "oneOf" | "prefixItems":
            return {key: [write(node) for node in value]}
        case "items" | "additionalProperties":
            return {key: write(value)}
        case "$defs" | "title":
            # A title repeats the field's name and costs prompt tokens.
            return {}
        case _:
            return {key: value} if key in SUPPORTED_KEYWORDS else {}
