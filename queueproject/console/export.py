"""CSV as it streams from the database."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse

from queueproject.csvimport.writing import stream_csv


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Answer with a CSV file that a spreadsheet opens; rows are read as they are sent."""
    response = StreamingHttpResponse(
        stream_csv(columns, rows, bom=True), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def format_moment(moment: datetime | None) -> str:
    """Write a moment to the second, in ISO 8601, UTC; none as nothing."""
    return moment.isoformat(timespec="seconds") if moment else ""
