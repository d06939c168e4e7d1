"""A file read row by row, with headings of its own and columns that nobody wants."""

import tracemalloc
from collections.abc import Mapping
from typing import ClassVar

from queueproject.csvimport import CsvRow, WholeNumber, open_csv, read_csv


class Animal(CsvRow):
    """A row that knows other headings."""

    column_aliases: ClassVar[Mapping[str, str]] = {"feet": "legs", "animal": "name"}
    ignored_columns: ClassVar[frozenset[str]] = frozenset({"colour"})
    name: str
    legs: WholeNumber = None


def read_names(content: str) -> tuple[list[str], list[str]]:
    stream = open_csv(content.encode(), row=Animal)
    return [line.row.name for line in stream], [str(fault) for fault in stream.faults.kept]


def test_other_headings_are_taken_and_unwanted_columns_left() -> None:
    (line,) = open_csv(b"colour,animal,feet\nbrown,Rex,4\n", row=Animal)
    assert (line.number, line.row.given()) == (2, {"name": "Rex", "legs": 4})
    assert read_csv(b"colour,animal,feet\nbrown,Rex,4\n", row=Animal).columns == ("colour", "name", "legs")


def test_a_fault_names_the_heading_that_the_file_has() -> None:
    assert read_names("animal,feet\nRex,four\nTom,4\n") == (
        ["Tom"],
        ["line 2, column feet: not a whole number; write it in digits, such as 1500000 (found: four)"],
    )


def test_two_headings_of_one_column_are_refused() -> None:
    assert read_names("name,legs,feet\nRex,4,4\n") == (
        [],
        ["line 1, column feet: means the same as the column legs (found: feet)"],
    )


def test_headings_decide_the_delimiter_too() -> None:
    assert read_names("animal;feet;colour\nRex, the dog;4;brown\n") == (["Rex, the dog"], [])


def test_good_rows_come_although_others_are_faulty() -> None:
    names, faults = read_names("name,legs\nRex,4,5\nTom,4\nA\x00,2\nBob,2\n")
    assert names == ["Tom", "Bob"]
    assert [fault.split(":")[0] for fault in faults] == ["line 2", "line 4, column name"]


def test_a_row_found_wrong_later_is_named_by_its_heading() -> None:
    stream = open_csv(b"animal,feet\nRex,4\n", row=Animal)
    (line,) = stream
    stream.add_fault(line.number, "legs", "dogs have more", value="4")
    assert [str(fault) for fault in stream.faults.kept] == ["line 2, column feet: dogs have more (found: 4)"]


def test_reading_row_by_row_takes_no_memory_for_the_rows() -> None:
    content = ("name,legs\n" + "Rex,4\n" * 100_000).encode()
    tracemalloc.start()
    try:
        assert sum(1 for _ in open_csv(content, row=Animal)) == 100_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
