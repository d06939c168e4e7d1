"""CSV in and out, shared by the workloads: every row is checked, faults name line, column and reason.

A workload describes its file by a row model (`CsvRow`), reads it by `read_csv`, or row by row by `open_csv`,
and writes it by `stream_csv`.
What `stream_csv` wrote, `read_csv` reads back unchanged.
"""

from queueproject.csvimport.cells import (
    Choice,
    Flag,
    JsonList,
    JsonObject,
    TextList,
    WholeNumber,
    join_list,
    normalise_word,
    refuse,
    split_list,
)
from queueproject.csvimport.faults import CsvRefused, Fault, Faults
from queueproject.csvimport.reading import CsvFile, CsvLine, CsvStream, open_csv, read_csv
from queueproject.csvimport.rows import CsvRow, list_columns
from queueproject.csvimport.writing import escape_cell, stream_csv, unescape_cell

__all__ = [
    "Choice",
    "CsvFile",
    "CsvLine",
    "CsvRefused",
    "CsvRow",
    "CsvStream",
    "Fault",
    "Faults",
    "Flag",
    "JsonList",
    "JsonObject",
    "TextList",
    "WholeNumber",
    "escape_cell",
    "join_list",
    "list_columns",
    "normalise_word",
    "open_csv",
    "read_csv",
    "refuse",
    "split_list",
    "stream_csv",
    "unescape_cell",
]
