"""What is true of every process of a cluster."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from queueproject.queue import sql, workers


@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_no_log_of_its_statements_however_long_it_lives(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    options = dict(connections.settings["default"].get("OPTIONS", {}))
    monkeypatch.setitem(connections.settings["default"], "OPTIONS", options)
    monkeypatch.setattr(BaseDatabaseWrapper, "queries_limit", BaseDatabaseWrapper.queries_limit)

    def ask() -> int:
        sql.value("now")
        assert connection.queries_logged
        return len(connection.queries_log)

    def work() -> int:
        try:
            assert ask() == 1
            workers.limit_sessions()
            return ask()
        finally:
            connection.close()

    def beat() -> int:
        try:
            return ask()
        finally:
            connection.close()

    for job in (work, beat):
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(job).result() == 0
