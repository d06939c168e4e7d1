"""Named statements of the imports: what the ORM would need many for, one `.sql` file each."""

from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

_HERE = Path(__file__).parent


@cache
def text(name: str) -> str:
    """Return the statement in `<name>.sql`."""
    return (_HERE / f"{name}.sql").read_text()


def run(name: str, **params: Any) -> list[tuple[Any, ...]]:
    """Run a named statement and return its rows, none for one that returns nothing."""
    with connection.cursor() as cursor:
        cursor.execute(text(name), params)
        return cursor.fetchall() if cursor.description else []
