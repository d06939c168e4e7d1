"""The chaos tests' own statements, one a file."""

from pathlib import Path
from typing import Any, LiteralString, cast

HERE = Path(__file__).resolve().parent


def text(name: str) -> LiteralString:
    """Return the statement in `<name>.sql`; our own file, so as good as a literal."""
    statement: Any = (HERE / f"{name}.sql").read_text()
    return cast(LiteralString, statement)
