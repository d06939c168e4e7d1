"""The row model: one pydantic class says which columns a file has and what their cells may hold."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails


class CsvRow(BaseModel):
    """A row whose fields are the file's columns; a column without default is required.

    `key_columns` name a row within the file: two rows with the same key are a fault. A row whose key is
    empty throughout has none. `column_aliases` are other headings of a column; `ignored_columns` are
    headings that files are known to have and that are not taken over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    key_columns: ClassVar[tuple[str, ...]] = ()
    column_aliases: ClassVar[Mapping[str, str]] = {}
    ignored_columns: ClassVar[frozenset[str]] = frozenset()

    def given(self) -> dict[str, Any]:
        """Return the columns that the file has, so that an import leaves the others as they are."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def get_key(self) -> dict[str, str]:
        """Return what names this row within the file, by column."""
        return {name: str(getattr(self, name)) for name in self.key_columns}


def list_columns(row: type[CsvRow]) -> list[tuple[str, bool, str]]:
    """Return (column, required, what it holds) in the order of the file."""
    return [(name, info.is_required(), info.description or "") for name, info in row.model_fields.items()]


_REASONS = {
    "string_too_long": "longer than {max_length} characters",
    "string_too_short": "must not be empty",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def explain(error: ErrorDetails) -> str:
    """Return why pydantic refused a cell, in the words of someone who fills in a sheet."""
    template = _REASONS.get(error["type"])
    return template.format(**error.get("ctx", {})) if template else error["msg"]


def list_errors(error: ValidationError) -> list[tuple[str, str]]:
    """Return (column, reason) of everything wrong with a row."""
    return [
        (str(one["loc"][0]) if one["loc"] else "", explain(one)) for one in error.errors(include_url=False)
    ]
