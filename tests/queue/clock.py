"""The database's clock, set by hand."""

import re
from datetime import UTC, datetime

import pytest

from queueproject.queue import sql

CLOCK = re.compile(r"(statement|transaction|clock)_timestamp\(\)")


class Clock:
    """A moment as if at which every statement of the queue is run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime(2025, 6, 1, tzinfo=UTC)
        true_text = sql.text
        monkeypatch.setattr(sql, "text", lambda name: CLOCK.sub(self._literal(), true_text(name)))

    def _literal(self) -> str:
        return f"'{self.at.isoformat()}'::timestamptz"
