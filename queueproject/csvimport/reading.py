"""Read a CSV file whole: every row checked, every fault named, nothing written."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from pydantic import ValidationError

from queueproject.csvimport.faults import CsvRefused, Faults
from queueproject.csvimport.rows import CsvRow, list_errors
from queueproject.csvimport.writing import unescape_cell

Row = TypeVar("Row", bound=CsvRow)

LARGEST_FILE_BYTES = 64 * 2**20
LONGEST_CELL = 1_000_000
DELIMITERS = (",", ";", "\t", "|")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

# The limit is one for the whole process; its default of 131,072 is shorter than some industry guides.
csv.field_size_limit(LONGEST_CELL)


@dataclass(frozen=True)
class CsvLine(Generic[Row]):
    """A good row and the physical line it began on."""

    number: int
    row: Row


@dataclass
class CsvFile(Generic[Row]):
    """What was read: good rows, faults, and which columns the file has."""

    lines: list[CsvLine[Row]] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    columns: tuple[str, ...] = ()

    def require_no_faults(self) -> None:
        """Raise CsvRefused when anything is wrong: a file is taken whole or not at all."""
        if self.faults:
            raise CsvRefused(self.faults)


def read_csv(
    source: bytes | Path | BinaryIO, *, row: type[Row], max_faults: int = 100, max_rows: int = 200_000
) -> CsvFile[Row]:
    """Return the rows and the faults of a file of at most 64 MiB; UTF-8, separated by , ; tab or |."""
    file: CsvFile[Row] = CsvFile(faults=Faults(limit=max_faults))
    text = _decode(_read_bytes(source), file.faults)
    if file.faults:
        return file
    records = _split(text, _find_delimiter(text, row), file.faults)
    header = next(records, None)
    if header is None:
        if not file.faults:
            file.faults.add(
                line=1, column="", value="", reason="the file is empty; its first line must name the columns"
            )
        return file
    file.columns = _read_header(header[1], row, file.faults, line=header[0])
    if not file.faults:
        _read_rows(records, file, row=row, max_rows=max_rows)
    return file


def _read_bytes(source: bytes | Path | BinaryIO) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path):
        with source.open("rb") as opened:
            return opened.read(LARGEST_FILE_BYTES + 1)
    return source.read(LARGEST_FILE_BYTES + 1)


def _decode(content: bytes, faults: Faults) -> str:
    if len(content) > LARGEST_FILE_BYTES:
        faults.add(line=1, column="", value="", reason="the file is larger than 64 MiB; split it")
        return ""
    if content.startswith(_UTF16_MARKS):
        faults.add(line=1, column="", value="", reason="the file is UTF-16; save it as CSV UTF-8")
        return ""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        found = content[content.rfind(b"\n", 0, error.start) + 1 : error.start + 1][-20:].decode("latin-1")
        reason = f"not UTF-8 (byte 0x{content[error.start]:02X}); save the file as CSV UTF-8"
        faults.add(line=line, column="", value=found, reason=reason)
        return ""


def _find_delimiter(text: str, row: type[CsvRow]) -> str:
    """Return the delimiter by which the first line holds most known columns."""
    first = text.lstrip("\r\n").split("\n", 1)[0]

    def count_known(delimiter: str) -> int:
        return sum(_name_column(cell.strip('"')) in row.model_fields for cell in first.split(delimiter))

    return max(DELIMITERS, key=count_known)


def _name_column(cell: str) -> str:
    return cell.strip().strip('"').lower().replace(" ", "_")


def _split(text: str, delimiter: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield (first physical line, cells) of every record that is not blank; a broken quote ends the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(line=line, column="", value="", reason=_explain_broken(str(error)))
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _explain_broken(message: str) -> str:
    if "unexpected end" in message:
        return "a quote opened here is never closed; the rest of the file was not read"
    if "expected after" in message:
        return (
            "text after a closing quote; write a quote inside a cell twice; the rest of the file was not read"
        )
    if "field larger" in message:
        return f"a cell is longer than {LONGEST_CELL:,} characters; the rest of the file was not read"
    return f"not CSV: {message}; the rest of the file was not read"


def _read_header(cells: list[str], row: type[CsvRow], faults: Faults, *, line: int) -> tuple[str, ...]:
    known = list(row.model_fields)
    columns: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = _name_column(cell)
        if not name:
            faults.add(line=line, column="", value="", reason=f"column {place} has no name")
        elif name in columns:
            faults.add(line=line, column=name, value=cell, reason="the column appears twice")
        elif name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            faults.add(line=line, column=name, value=cell, reason=f"unknown column; {hint}")
        columns.append(name)
    for name, info in row.model_fields.items():
        if info.is_required() and name not in columns:
            faults.add(line=line, column=name, value="", reason="the column is missing and is required")
    return tuple(columns)


def _read_rows(
    records: Iterator[tuple[int, list[str]]], file: CsvFile[Row], *, row: type[Row], max_rows: int
) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for count, (line, cells) in enumerate(records, start=1):
        if count > max_rows:
            file.faults.add(
                line=line, column="", value="", reason=f"more than {max_rows:,} rows; split the file"
            )
            return
        found = _read_row(cells, file, row=row, line=line)
        if found is None:
            continue
        key = {column: value for column, value in found.get_key().items() if value}
        identity = tuple(f"{column}={value}".casefold() for column, value in key.items())
        if key and (earlier := seen.setdefault(identity, line)) != line:
            reason = f"line {earlier} has the same {' and '.join(key)}"
            file.faults.add(line=line, column=next(iter(key)), value=", ".join(key.values()), reason=reason)
            continue
        file.lines.append(CsvLine(number=line, row=found))


def _read_row(cells: list[str], file: CsvFile[Row], *, row: type[Row], line: int) -> Row | None:
    columns, faults = file.columns, file.faults
    if len(cells) != len(columns):
        reason = f"has {len(cells)} cells, the header has {len(columns)}"
        faults.add(line=line, column="", value=cells[0], reason=reason)
        return None
    values = {name: unescape_cell(cell.strip()) for name, cell in zip(columns, cells, strict=True)}
    spoilt = [name for name, value in values.items() if "\x00" in value]
    for name in spoilt:
        faults.add(line=line, column=name, value=values[name], reason="contains a NUL character")
    if spoilt:
        return None
    try:
        return row.model_validate(values)
    except ValidationError as error:
        for column, reason in list_errors(error):
            faults.add(line=line, column=column, value=values.get(column, ""), reason=reason)
        return None
