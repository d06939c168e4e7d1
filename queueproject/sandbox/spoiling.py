"""Spoil a good answer in one of the ways models do."""

import copy
import json
from typing import Any

from queueproject.sandbox.behaviour import MalformedKind

UNKNOWN_BUYER_ID = 999_999_999


def spoil_text(text: str, *, kind: MalformedKind, buyer_id: int | None = None) -> str:
    """Return the answer's text spoilt; an entry of a list is spoilt in that buyer's, else the first, entry.

    Kinds that need a list of answers fall back to a missing field when there is none.
    """
    if kind == "cut_json":
        return text[: len(text) // 2]
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if kind == "prose" or not isinstance(data, dict):
        return "This buyer looks like a strong fit, I would rate it highly."
    return json.dumps(_spoil(data, kind=kind, buyer_id=buyer_id), ensure_ascii=False)


def _spoil(data: dict[str, Any], *, kind: MalformedKind, buyer_id: int | None) -> dict[str, Any]:
    spoilt = copy.deepcopy(data)
    entries = spoilt.get("answers")
    if not isinstance(entries, list) or not entries:
        _spoil_entry(spoilt, kind=kind)
        return spoilt
    index = next((i for i, entry in enumerate(entries) if entry.get("buyer_id") == buyer_id), 0)
    match kind:
        case "missing_entry":
            del entries[index]
        case "double_entry":
            entries.append(copy.deepcopy(entries[index]))
        case "unknown_entry":
            entries[index]["buyer_id"] = UNKNOWN_BUYER_ID
        case _:
            _spoil_entry(entries[index], kind=kind)
    return spoilt


def _spoil_entry(entry: dict[str, Any], *, kind: MalformedKind) -> None:
    judged = next((value for value in entry.values() if isinstance(value, dict)), entry)
    match kind:
        case "score_out_of_range":
            judged["score"] = 140
        case "extra_field":
            judged["remark"] = "not asked for"
        case "nul":
            judged["reasoning"] = "good\x00fit"
        case _:
            judged.pop("reasoning", None)
