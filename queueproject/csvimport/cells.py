"""What a cell may hold: text turned into a value, or refused with a reason a person can act on."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, NoReturn

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,19}")
_GROUPED_NUMBER = re.compile(r"[+-]?\d{1,3}(,\d{3}){1,6}")
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


def refuse(reason: str) -> NoReturn:
    """Refuse a cell; pydantic collects it with the others of the row."""
    raise PydanticCustomError("cell", "{reason}", {"reason": reason})


def read_whole_number(cell: Any) -> int | None:
    """Return the number a cell holds, None when it is empty; thousands may be grouped by commas."""
    if not cell:
        return None
    if _PLAIN_NUMBER.fullmatch(cell):
        return int(cell)
    if _GROUPED_NUMBER.fullmatch(cell):
        return int(cell.replace(",", ""))
    refuse("not a whole number; write it in digits, such as 1500000")


def read_flag(cell: Any) -> bool:
    """Return yes or no; an empty cell means no."""
    if (flag := _FLAGS.get(cell.lower())) is None:
        refuse("must be yes or no")
    return flag


def join_list(items: Iterable[str]) -> str:
    """Write a list into one cell: separated by semicolons, a semicolon inside an entry as \\;."""
    return "; ".join(item.replace("\\", "\\\\").replace(";", "\\;") for item in items)


def split_list(cell: str) -> tuple[str, ...]:
    """Read what `join_list` wrote; empty entries are dropped."""
    items, item, rest = [], "", iter(re.split(r"(\\\\|\\;|;)", cell))
    for part in rest:
        if part == ";":
            items.append(item)
            item = ""
        else:
            item += part[1] if part in ("\\\\", "\\;") else part
    return tuple(stripped for entry in (*items, item) if (stripped := entry.strip()))


def read_list(cell: Any) -> tuple[str, ...]:
    """Return the entries of a cell, each at most 300 characters, at most 200 of them."""
    items = split_list(cell)
    if len(items) > 200:
        refuse(f"{len(items)} entries; at most 200 are allowed")
    if any(len(item) > 300 for item in items):
        refuse("an entry is longer than 300 characters; entries are separated by semicolons")
    return items


def _read_json(cell: str) -> Any:
    if "\\u0000" in cell:
        refuse("contains a NUL character")
    try:
        value = json.loads(cell)
        # The database stores no NaN, no infinity and no half of a surrogate pair: it would refuse the file.
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except RecursionError:
        refuse("nested too deeply")
    except ValueError as error:
        refuse(f"not JSON: {error}")
    return value


def read_json_object(cell: Any) -> dict[str, Any]:
    """Return the JSON object a cell holds, {} when it is empty."""
    value = _read_json(cell) if cell else {}
    if not isinstance(value, dict):
        refuse('not a JSON object such as {"roofing": ["siding"]}')
    return value


def read_json_list(cell: Any) -> list[Any]:
    """Return the JSON list a cell holds, [] when it is empty."""
    value = _read_json(cell) if cell else []
    if not isinstance(value, list):
        refuse('not a JSON list such as [{"title": "Guide"}]')
    return value


def normalise_word(text: str) -> str:
    """Return a word as the closed sets spell it: "Family Office" is family_office."""
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def choose(words: Iterable[str], *, empty: str = "") -> Callable[[Any], str]:
    """Return a reader of cells that hold one of `words`; an empty cell means `empty`."""
    known = list(words)

    def read_word(cell: Any) -> str:
        word = normalise_word(cell) or empty
        if word not in known and word != empty:
            refuse(f"must be one of {', '.join(known)}")
        return word

    return read_word


WholeNumber = Annotated[int | None, BeforeValidator(read_whole_number)]
Flag = Annotated[bool, BeforeValidator(read_flag)]
TextList = Annotated[tuple[str, ...], BeforeValidator(read_list)]
JsonList = Annotated[list[Any], BeforeValidator(read_json_list)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(read_json_object)]


def Choice(words: Iterable[str], *, empty: str = "") -> BeforeValidator:  # noqa: N802  reads as a type in annotations
    """Return the marker of a column that holds one of `words`: `Annotated[str, Choice(words)]`."""
    return BeforeValidator(choose(words, empty=empty))
