"""What is true of every process of a cluster."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from queueproject.queue import rescue, sql, workers
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Job, Provider
from tests.queue.conftest import Hand, states
from tests.queue.threads import held


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


@pytest.mark.django_db
def test_a_hanging_main_loop_ends_its_process_but_not_one_that_was_kept_from_running_with_it(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    worker = workers.register()
    beat = workers.Heartbeat(worker.pk, workers.Tally(), interval_seconds=5, overdue=lambda: "it hangs")
    beat._look_around(was_starved=True)
    assert ends == []
    beat._look_around()
    assert ends == [70]
    worker.refresh_from_db()
    assert (worker.status, worker.stop_reason) == ("error", "it hangs")


@pytest.mark.django_db(transaction=True)
def test_a_job_somebody_holds_keeps_no_other_from_its_rescue(lane: Provider) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    hand = Hand(workers.register())
    (first, *_) = hand.claim()
    workers.sign_off(hand.worker.pk, reason="its process is gone")
    with held(Job.objects.filter(pk=first["id"])):
        assert rescue.rescue_dead() == 2
    assert rescue.rescue_dead() == 1
    assert states() == {"pending": 3}
