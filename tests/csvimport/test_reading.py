"""Every kind of broken file is refused, naming line, column and reason."""

import io
from pathlib import Path
from typing import Annotated, ClassVar

import pytest
from pydantic import Field, StringConstraints

from queueproject.csvimport import Choice, CsvRow, Flag, JsonList, JsonObject, TextList, WholeNumber, read_csv
from queueproject.csvimport.reading import LARGEST_FILE_BYTES

REST_UNREAD = "the rest of the file was not read"


class Animal(CsvRow):
    """A row with a column of each kind."""

    key_columns: ClassVar[tuple[str, ...]] = ("ref",)
    ref: Annotated[str, StringConstraints(max_length=8)] = ""
    name: Annotated[str, StringConstraints(min_length=1, max_length=20)] = Field(
        description="what it is called"
    )
    legs: WholeNumber = None
    tame: Flag = False
    size: Annotated[str, Choice(["small", "very_big"])] = ""
    foods: TextList = ()
    extra: JsonObject = Field(default={})
    notes: JsonList = Field(default=[])


def read_faults(content: str | bytes) -> list[tuple[int, str, str, str]]:
    raw = content.encode() if isinstance(content, str) else content
    return [(one.line, one.column, one.value, one.reason) for one in read_csv(raw, row=Animal).faults.kept]


BROKEN_FILES: dict[str, tuple[str | bytes, tuple[int, str, str, str]]] = {
    "an empty file": ("", (1, "", "", "the file is empty; its first line must name the columns")),
    "only blank lines": ("\n\n", (1, "", "", "the file is empty; its first line must name the columns")),
    "UTF-16": ("name\n".encode("utf-16"), (1, "", "", "the file is UTF-16; save it as CSV UTF-8")),
    "Latin-1": (
        b"name\nRex\nCaf\xe9\n",
        (3, "", "Café", "not UTF-8 (byte 0xE9); save the file as CSV UTF-8"),
    ),
    "a misspelt column": ("name,leggs\nRex,4\n", (1, "leggs", "leggs", "unknown column; did you mean legs?")),
    "an unknown column": (
        "name,zzzz\nRex,4\n",
        (1, "zzzz", "zzzz", "unknown column; known are ref, name, legs, tame, size, foods, extra, notes"),
    ),
    "a column twice": ("name,legs,legs\nRex,4,4\n", (1, "legs", "legs", "the column appears twice")),
    "a column without name": ("name,,legs\nRex,4,4\n", (1, "", "", "column 2 has no name")),
    "a required column missing": ("legs\n4\n", (1, "name", "", "the column is missing and is required")),
    "a required cell empty": ("name,legs\n ,4\n", (2, "name", "", "must not be empty")),
    "too few cells": ("name,legs\nRex\n", (2, "", "Rex", "has 1 cells, the header has 2")),
    "too many cells": ("name,legs\nRex,4,5\n", (2, "", "Rex", "has 3 cells, the header has 2")),
    "words for a number": (
        "name,legs\nRex,abc\n",
        (2, "legs", "abc", "not a whole number; write it in digits, such as 1500000"),
    ),
    "a fraction": (
        "name,legs\nRex,4.5\n",
        (2, "legs", "4.5", "not a whole number; write it in digits, such as 1500000"),
    ),
    "wrongly grouped digits": (
        'name,legs\nRex,"1,00"\n',
        (2, "legs", "1,00", "not a whole number; write it in digits, such as 1500000"),
    ),
    "neither yes nor no": ("name,tame\nRex,maybe\n", (2, "tame", "maybe", "must be yes or no")),
    "a word not known": ("name,size\nRex,huge\n", (2, "size", "huge", "must be one of small, very_big")),
    "text too long": (
        f"name\n{'x' * 21}\n",
        (2, "name", "x" * 21, "longer than 20 characters"),
    ),
    "an entry too long": (
        f"name,foods\nRex,bone; {'y' * 301}\n",
        (
            2,
            "foods",
            "bone; " + "y" * 53 + "…",
            "an entry is longer than 300 characters; entries are separated by semicolons",
        ),
    ),
    "too many entries": (
        f"name,foods\nRex,{';'.join(['bone'] * 201)}\n",
        (2, "foods", (";".join(["bone"] * 201))[:59] + "…", "201 entries; at most 200 are allowed"),
    ),
    "not JSON": (
        "name,extra\nRex,{a}\n",
        (
            2,
            "extra",
            "{a}",
            "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
    ),
    "JSON of another shape": (
        "name,extra\nRex,[]\n",
        (2, "extra", "[]", 'not a JSON object such as {"roofing": ["siding"]}'),
    ),
    "an object for a list": (
        "name,notes\nRex,{}\n",
        (2, "notes", "{}", 'not a JSON list such as [{"title": "Guide"}]'),
    ),
    "NUL inside JSON": (
        'name,extra\nRex,"{""a"": ""\\u0000""}"\n',
        (2, "extra", '{"a": "\\u0000"}', "contains a NUL character"),
    ),
    "a NUL": ("name\nRe\x00x\n", (2, "name", "Re␀x", "contains a NUL character")),
    "an open quote": (
        'name,legs\nRex,4\n"Tom,4\nBob,4\n',
        (3, "", "", "a quote opened here is never closed; the rest of the file was not read"),
    ),
    "text after a quote": (
        'name\n"Rex" the dog\n',
        (2, "", "", f"text after a closing quote; write a quote inside a cell twice; {REST_UNREAD}"),
    ),
    "a cell without end": (
        f"name\n{'z' * 1_000_001}\n",
        (2, "", "", "a cell is longer than 1,000,000 characters; the rest of the file was not read"),
    ),
    "a key twice": (
        "ref,name\nA1,Rex\nB2,Tom\na1,Bob\n",
        (4, "ref", "a1", "line 2 has the same ref"),
    ),
}


@pytest.mark.parametrize("kind", BROKEN_FILES)
def test_a_broken_file_is_refused_naming_line_column_and_reason(kind: str) -> None:
    content, fault = BROKEN_FILES[kind]
    assert read_faults(content) == [fault]


def test_all_faults_of_a_file_are_collected() -> None:
    found = read_faults("name,legs,tame\n,x,maybe\nRex,4,yes\nTom,y,no\n")
    assert [(line, column) for line, column, *_ in found] == [
        (2, "name"),
        (2, "legs"),
        (2, "tame"),
        (4, "legs"),
    ]


def test_only_the_first_faults_are_kept_but_all_are_counted() -> None:
    file = read_csv(("name,legs\n" + "Rex,x\n" * 500).encode(), row=Animal, max_faults=7)
    assert (len(file.faults.kept), file.faults.count) == (7, 500)


def test_a_fault_names_the_physical_line_where_its_row_begins() -> None:
    faults = read_faults('name,foods,legs\n"Rex","bone\nand more",4\n\nTom,,x\n')
    assert [line for line, *_ in faults] == [5]


def test_too_many_rows_are_refused() -> None:
    file = read_csv(b"name\na\nb\nc\n", row=Animal, max_rows=2)
    assert [str(fault) for fault in file.faults.kept] == ["line 4: more than 2 rows; split the file"]


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as opened:
        opened.truncate(LARGEST_FILE_BYTES + 10)
    file = read_csv(huge, row=Animal)
    assert [fault.reason for fault in file.faults.kept] == ["the file is larger than 64 MiB; split it"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_header(delimiter: str) -> None:
    content = f"name{delimiter}legs{delimiter}size\nRex{delimiter}4{delimiter}small\n"
    (line,) = read_csv(content.encode(), row=Animal).lines
    assert (line.row.name, line.row.legs, line.row.size) == ("Rex", 4, "small")


def test_a_byte_order_mark_spaces_capitals_and_blank_rows_do_no_harm() -> None:
    content = '\ufeff Name , LEGS,size,foods\r\n  Rex ,"1,200",Very Big,bone; ;meat\r\n,,,\r\n\r\n'
    file = read_csv(io.BytesIO(content.encode()), row=Animal)
    (line,) = file.lines
    assert line.row.given() == {"name": "Rex", "legs": 1200, "size": "very_big", "foods": ("bone", "meat")}
    assert not file.faults


def test_an_escaped_formula_reads_as_the_text_it_was() -> None:
    (line,) = read_csv(b"name\n'=1+1\n", row=Animal).lines
    assert line.row.name == "=1+1"


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a": NaN}', "not JSON: Out of range float values are not JSON compliant"),
        ('{"a": 1e999}', "not JSON: Out of range float values are not JSON compliant"),
        ('{"a": "\\ud800"}', "not JSON: 'utf-8' codec can't encode character"),
    ],
    ids=["deep", "nan", "infinite", "half a pair"],
)
def test_json_that_the_database_could_not_store_is_a_fault_of_its_line(cell: str, fault: str) -> None:
    quoted = cell.replace('"', '""')
    (found,) = read_csv(f'name,extra\nRex,"{quoted}"\n'.encode(), row=Animal).faults.kept
    assert (found.line, found.column) == (2, "extra")
    assert found.reason.startswith(fault)
