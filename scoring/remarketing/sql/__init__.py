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


def find_row(name: str, **params: Any) -> dict[str, Any] | None:
    """Run a named statement and return its first row, None without one."""
    with connection.cursor() as cursor:
        cursor.execute(text(name), params)
        row = cursor.fetchone()
        if row is None:
            return None
        names = [column.name for column in cursor.description or ()]
        return dict(zip(names, row, strict=True))
