"""The chaos tests' own statements, one a file."""

from pathlib import Path
from typing import LiteralString, cast

HERE = Path(__file__).resolve().parent


def text(name: str) -> LiteralString:
    return cast(LiteralString, (HERE / f"{name}.sql").read_text())
