"""Named statements: one `.sql` file per function that runs it."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, connection

HERE = Path(__file__).parent
QUERY_CANCELED = "57014"
LOCK_CONFLICTS = {"55P03", "40P01"}  # waited too long for a lock, chosen to end a deadlock


@cache
def text(name: str) -> str:
    """Return the statement in `<name>.sql`."""
    return (HERE / f"{name}.sql").read_text()


def rows(name: str, **params: Any) -> list[dict[str, Any]]:
    """Run a named statement on Django's connection and return its rows as dicts."""
    with connection.cursor() as cursor:
        cursor.execute(text(name), params)
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def run(name: str, **params: Any) -> int:
    """Run a named statement and return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(text(name), params)
        changed: int = cursor.rowcount
    return changed


def value(name: str, **params: Any) -> Any:
    """Run a named statement that returns one value."""
    with connection.cursor() as cursor:
        cursor.execute(text(name), params)
        row = cursor.fetchone()
    return None if row is None else row[0]


def integers(numbers: Iterable[int]) -> str:
    """Write an array of integers as Postgres reads it: six times as fast as the driver's list of any type."""
    return f"{{{','.join(map(str, numbers))}}}"


def is_nobodys_fault(error: Exception) -> bool:
    """Return whether the database was away or a lock held too long; a slow statement is its job's own."""
    return isinstance(error, OperationalError | InterfaceError) and not was_cancelled(error)


def was_cancelled(error: Exception) -> bool:
    """Return whether a statement took longer than it may, or somebody ended it."""
    return getattr(error.__cause__, "sqlstate", None) == QUERY_CANCELED


def is_lock_conflict(error: Exception) -> bool:
    """Return whether somebody else held a lock for too long, or a deadlock was ended at our cost."""
    return (
        isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", None) in LOCK_CONFLICTS
    )
