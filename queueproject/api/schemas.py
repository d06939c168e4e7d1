"""Types that the calls of every workload share: strict, in camel case, and of what a database can store."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

# Postgres stores neither NUL nor halves of surrogate pairs; a page deeper than this is a scan of the table.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
DEEPEST: Final = 100_000
LARGEST_ID: Final = 2**63 - 1


def refuse_unstorable(text: str) -> str:
    """Return text that the database can store; raise ValueError for any other."""
    if _UNSTORABLE.search(text):
        raise ValueError("must not hold NUL or lone surrogates")
    return text


Text = Annotated[str, AfterValidator(refuse_unstorable)]
Limit = Annotated[int, Field(ge=1, le=1_000, description="How many to list.")]
Offset = Annotated[int, Field(ge=0, le=DEEPEST, description="How many to leave out before.")]


class Request(BaseModel):
    """The body of a call: unknown fields and other types are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, validate_by_name=False, validate_by_alias=True
    )


class Answer(BaseModel):
    """The body of an answer."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True)


class Success(Answer):
    """It was done."""

    success: bool = True


def find_id(text: str) -> int | None:
    """Return the row number that a text is, None when it is none."""
    if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_ID:
        return int(text)
    return None


def show_page(url: str, query: dict[str, Any]) -> str:
    """Return the address of another page of a list."""
    from urllib.parse import urlencode

    return f"{url}?{urlencode({name: value for name, value in query.items() if value not in (None, '')})}"
