"""Read a CSV file, whole or row by row: every row checked, every fault named, nothing written."""

import csv
import io
from codecs import BOM_UTF8
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


@dataclass
class CsvStream(Generic[Row]):
    """An open file: iterate it once for its good rows; then `faults` holds what was wrong with the others.

    It keeps no row, so it does not see two with the same key: that is for whoever stores them.
    """

    row: type[Row]
    records: Iterator[tuple[int, list[str]]]
    faults: Faults
    max_rows: int
    columns: tuple[str, ...] = ()
    headings: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[CsvLine[Row]]:
        """Yield the good rows, as long as the file can be read."""
        if not self.columns or self.faults:
            return
        for count, (line, cells) in enumerate(self.records, start=1):
            if count > self.max_rows:
                reason = f"more than {self.max_rows:,} rows; split the file"
                self.faults.add(line=line, column="", value="", reason=reason)
                return
            if (found := self._read_row(cells, line=line)) is not None:
                yield CsvLine(number=line, row=found)

    def add_fault(self, line: int, column: str, reason: str, *, value: str = "") -> None:
        """Name a fault of a line, under the heading that its column has in the file."""
        self.faults.add(line=line, column=self.headings.get(column, column), value=value, reason=reason)

    def _read_row(self, cells: list[str], *, line: int) -> Row | None:
        if len(cells) != len(self.columns):
            reason = f"has {len(cells)} cells, the header has {len(self.columns)}"
            self.faults.add(line=line, column="", value=cells[0], reason=reason)
            return None
        values = {
            name: unescape_cell(cell.strip())
            for name, cell in zip(self.columns, cells, strict=True)
            if name not in self.row.ignored_columns
        }
        found = {name: "contains a NUL character" for name, value in values.items() if "\x00" in value}
        if not found:
            try:
                return self.row.model_validate(values)
            except ValidationError as error:
                refused = list_errors(error)
        else:
            refused = list(found.items())
        for column, reason in refused:
            self.add_fault(line, column, reason, value=values.get(column, ""))
        return None


def read_csv(
    source: bytes | Path | BinaryIO, *, row: type[Row], max_faults: int = 100, max_rows: int = 200_000
) -> CsvFile[Row]:
    """Return the rows and the faults of a file of at most 64 MiB; UTF-8, separated by , ; tab or |."""
    stream = open_csv(source, row=row, max_faults=max_faults, max_rows=max_rows)
    file: CsvFile[Row] = CsvFile(faults=stream.faults, columns=stream.columns)
    seen: dict[tuple[str, ...], int] = {}
    for line in stream:
        key = {column: value for column, value in line.row.get_key().items() if value}
        identity = tuple(f"{column}={value}".casefold() for column, value in key.items())
        if key and (earlier := seen.setdefault(identity, line.number)) != line.number:
            reason = f"line {earlier} has the same {' and '.join(key)}"
            stream.add_fault(line.number, next(iter(key)), reason, value=", ".join(key.values()))
            continue
        file.lines.append(line)
    return file


def open_csv(
    source: bytes | Path | BinaryIO, *, row: type[Row], max_faults: int = 100, max_rows: int = 200_000
) -> CsvStream[Row]:
    """Return a file of at most 64 MiB to be read row by row; its header is read and checked."""
    faults = Faults(limit=max_faults)
    stream: CsvStream[Row] = CsvStream(row=row, records=iter(()), faults=faults, max_rows=max_rows)
    content = _read_bytes(source)
    _check_encoding(content, faults)
    if faults:
        return stream
    stream.records = _split(content, _find_delimiter(content, row), faults)
    header = next(stream.records, None)
    if header is None:
        if not faults:
            reason = "the file is empty; its first line must name the columns"
            faults.add(line=1, column="", value="", reason=reason)
        return stream
    stream.headings = _read_header(header[1], row, faults, line=header[0])
    stream.columns = tuple(stream.headings)
    return stream


def _read_bytes(source: bytes | Path | BinaryIO) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, Path):
        with source.open("rb") as opened:
            return opened.read(LARGEST_FILE_BYTES + 1)
    return source.read(LARGEST_FILE_BYTES + 1)


def _check_encoding(content: bytes, faults: Faults) -> None:
    if len(content) > LARGEST_FILE_BYTES:
        faults.add(line=1, column="", value="", reason="the file is larger than 64 MiB; split it")
        return
    if content.startswith(_UTF16_MARKS):
        faults.add(line=1, column="", value="", reason="the file is UTF-16; save it as CSV UTF-8")
        return
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        found = content[content.rfind(b"\n", 0, error.start) + 1 : error.start + 1][-20:].decode("latin-1")
        reason = f"not UTF-8 (byte 0x{content[error.start]:02X}); save the file as CSV UTF-8"
        faults.add(line=line, column="", value=found, reason=reason)


def _find_delimiter(content: bytes, row: type[CsvRow]) -> str:
    """Return the delimiter by which the first line holds most known columns."""
    first = content.removeprefix(BOM_UTF8).lstrip(b"\r\n").split(b"\n", 1)[0].decode()
    known = {*row.model_fields, *row.column_aliases, *row.ignored_columns}

    def count_known(delimiter: str) -> int:
        return sum(_name_column(cell.strip('"')) in known for cell in first.split(delimiter))

    return max(DELIMITERS, key=count_known)


def _name_column(cell: str) -> str:
    return cell.strip().strip('"').lower().replace(" ", "_")


def _split(content: bytes, delimiter: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """Yield (first physical line, cells) of every record that is not blank; a broken quote ends the file."""
    # Decoded as it is read: the text of a large file takes several times its bytes.
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
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


def _read_header(cells: list[str], row: type[CsvRow], faults: Faults, *, line: int) -> dict[str, str]:
    """Return the heading of each column, by the name that the row model has for it."""
    known = list(row.model_fields)
    headings: dict[str, str] = {}
    for place, cell in enumerate(cells, start=1):
        heading = _name_column(cell)
        name = row.column_aliases.get(heading, heading)
        if not heading:
            faults.add(line=line, column="", value="", reason=f"column {place} has no name")
        elif name in headings:
            faults.add(line=line, column=heading, value=cell, reason=_explain_twice(heading, headings[name]))
        elif name not in known and name not in row.ignored_columns:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            faults.add(line=line, column=heading, value=cell, reason=f"unknown column; {hint}")
        headings[name] = heading
    for name, info in row.model_fields.items():
        if info.is_required() and name not in headings:
            faults.add(line=line, column=name, value="", reason="the column is missing and is required")
    return headings


def _explain_twice(heading: str, earlier: str) -> str:
    return "the column appears twice" if heading == earlier else f"means the same as the column {earlier}"
