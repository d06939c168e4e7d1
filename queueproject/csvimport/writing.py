"""Write CSV that a spreadsheet opens without running anything."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from queueproject.csvimport.cells import join_list

# A spreadsheet takes these beginnings for a formula. Apostrophes before them count too, to be undone.
_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"''*[=+\-@\t\r]")


def escape_cell(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def unescape_cell(text: str) -> str:
    """Take away the apostrophe that `escape_cell` put there."""
    return text[1:] if _ESCAPED.match(text) else text


def format_cell(value: Any) -> str:
    """Return a cell: numbers as they are, yes or no, lists by semicolons, text escaped."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return escape_cell(join_list(value))
    return escape_cell(str(value))


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def stream_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, bom: bool = False) -> Iterator[str]:
    """Yield a CSV file line by line; `bom` makes spreadsheets read it as UTF-8."""
    writer = csv.writer(_Echo())
    if bom:
        yield "\ufeff"
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([format_cell(value) for value in row])
