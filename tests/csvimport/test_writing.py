"""What is written opens safely in a spreadsheet and reads back unchanged."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueproject.csvimport import escape_cell, join_list, split_list, stream_csv, unescape_cell
from queueproject.csvimport.writing import format_cell


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(beginning: str) -> None:
    assert escape_cell(f"{beginning}1+1") == f"'{beginning}1+1"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-5, "-5"),
        (Decimal("-1.50"), "-1.50"),
        ("-5", "'-5"),
        (["-a", "b"], "'-a; b"),
    ],
)
def test_numbers_stay_numbers_and_text_is_escaped(value: object, cell: str) -> None:
    assert format_cell(value) == cell


@given(st.text())
def test_escaping_can_always_be_undone(text: str) -> None:
    assert unescape_cell(escape_cell(text)) == text


@given(st.lists(st.text(alphabet="a;\\ '=é", min_size=1).map(str.strip).filter(bool)))
def test_a_list_reads_back_as_it_was_written(items: list[str]) -> None:
    assert list(split_list(join_list(items))) == items


def test_a_file_is_streamed_line_by_line_and_may_begin_with_a_mark() -> None:
    lines = stream_csv(["a", "b"], iter([["x\ny", 1]]), bom=True)
    assert list(lines) == ["\ufeff", "a,b\r\n", '"x\ny",1\r\n']
