"""Named statements of the benchmarks: what they are held against, and how they set up."""

from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

HERE = Path(__file__).parent


@cache
def text(name: str) -> LiteralString:
    """Return the statement in `<name>.sql`; our own file, so as good as a literal."""
    statement: Any = (HERE / f"{name}.sql").read_text()
    return cast(LiteralString, statement)
