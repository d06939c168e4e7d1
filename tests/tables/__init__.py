"""Tables between two tests that commit: what migrations made is kept aside once, and given back each time.

Django would empty every table, and then read what migrations made from a text, row by row.
"""

from pathlib import Path

from django.db import connection

HERE = Path(__file__).parent


def keep() -> None:
    """Keep the rows there are now."""
    _execute("keep")


def give_back() -> None:
    """Bring every table to what was kept of it; tables nobody wrote to are left alone."""
    _execute("give_back")


def _execute(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute((HERE / f"{name}.sql").read_text())
