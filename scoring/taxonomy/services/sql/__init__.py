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


def run(name: str, **params: Any) -> int:
    """Run a named statement and return how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(text(name), params)
        rows: int = cursor.rowcount
    return rows
