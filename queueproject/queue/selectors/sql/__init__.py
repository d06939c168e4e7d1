"""Statements of the pages: one `.sql` file per selector that runs it."""

from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

HERE = Path(__file__).parent


@cache
def text(name: str) -> str:
    """Return the statement in `<name>.sql`."""
    return (HERE / f"{name}.sql").read_text()


def rows(name: str, **params: Any) -> list[dict[str, Any]]:
    """Run a named statement on Django's connection and return its rows as dicts."""
    with connection.cursor() as cursor:
        cursor.execute(text(name), params)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
