"""Places among the calls in flight: a dead worker keeps none of them until its lease is over."""

import os
from datetime import timedelta

import pytest

from queueproject.queue.models import Attempt, BudgetEntry, Job, Provider, Worker
from tests.chaos.conftest import Note
from tests.chaos.world import busy_drain, check_ended, done, start_batch, start_cluster
from tests.processes import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]

LONG_LEASE_SECONDS = 90
PLACES = 4


def test_a_killed_slot_that_held_every_place_gives_them_back_long_before_its_lease_ends(
    lane: Provider, note: Note
) -> None:
    Provider.objects.filter(pk=lane.pk).update(max_in_flight=PLACES)
    with start_cluster(QUEUE_LEASE_SECONDS=str(LONG_LEASE_SECONDS)):
        slow = start_batch(PLACES, milliseconds=4000)
        held = BudgetEntry.objects.filter(currency="calls", answered_at=None).exclude(spent_at=None)
        wait_for(lambda: held.count() == PLACES, seconds=40, what="every place is taken")
        quick = start_batch(20)
        killed = busy_drain()
        assert set(held.values_list("worker_id", flat=True)) == {killed.pk}
        os.kill(killed.pid, 9)
        took = wait_for(lambda: done(quick) > 0, seconds=LONG_LEASE_SECONDS / 2, what="another slot goes on")
        wait_for(lambda: done(slow, quick) == 20 + PLACES, seconds=60, what="all end")
    killed.refresh_from_db()
    assert killed.stop_reason == "its process is gone"
    theirs = BudgetEntry.objects.filter(worker_id=killed.pk, currency="calls")
    closed = [entry.answered_at for entry in theirs if entry.answered_at]
    assert len(closed) == theirs.count() == PLACES, "what it had spent counts, once"
    assert max(closed) < killed.heartbeat_at + timedelta(seconds=LONG_LEASE_SECONDS)
    assert Attempt.objects.filter(outcome="rescued").count() == PLACES
    assert not Worker.objects.filter(pk__in=Job.objects.values("worker_id")).exists()
    check_ended(slow, quick)
    note("another slot went on after s", round(took, 1))
