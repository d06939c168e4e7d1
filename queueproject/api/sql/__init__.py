"""Named statements that the ORM cannot say: one `.sql` file each."""

from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

_HERE = Path(__file__).parent


@cache
def text(name: str) -> str:
    """Return the statement in `<name>.sql`."""
    return (_HERE / f"{name}.sql").read_text()


def get_row(name: str, **params: Any) -> tuple[Any, ...]:
    """Run a named statement that always returns one row, and return it."""
    with connection.cursor() as cursor:
        cursor.execute(text(name), params)
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise LookupError(f"{name} returned no row")
    return row
