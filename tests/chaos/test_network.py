"""A worker host that is cut off, or only its connections: it holds nothing for long, does nothing twice."""

import time

import pytest

from queueproject.queue.models import Attempt, Job, Provider
from tests.chaos.conftest import Note
from tests.chaos.proxy import run_wire
from tests.chaos.world import (
    LEASE_SECONDS,
    Scale,
    check_ended,
    done,
    longest_pause,
    rescued,
    start_batch,
    start_cluster,
    wait_until_both_work,
    within,
)
from tests.processes import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


def test_a_host_cut_off_for_longer_than_its_lease_is_replaced_and_wakes_to_nothing(
    lane: Provider, database: str, scale: Scale, note: Note
) -> None:
    with (
        run_wire(database) as wire,
        start_cluster(slots=1) as near,
        start_cluster(slots=1, DATABASE_URL=wire.url) as far,
    ):
        batch = start_batch(700)
        away = wait_until_both_work(far, near)
        wire.hold()
        began = time.monotonic()
        held = Job.objects.filter(worker_id=away.pk).count()
        pause = longest_pause([batch], until=700, seconds=90)
        time.sleep(max(0.0, scale.pick(LEASE_SECONDS + 2, 60) - (time.monotonic() - began)))
        away.refresh_from_db()
        assert away.status == "stopped"
        wire.give_back()
        later = start_batch(50, milliseconds=20)
        wait_for(lambda: done(later) == 50, seconds=60, what="work goes on")
    check_ended(batch, later)
    away.refresh_from_db()
    assert (away.status, away.stop_reason) == ("stopped", "heartbeat lost")
    assert pause < within(LEASE_SECONDS + 5)
    note("jobs held when cut off", held)
    note("longest pause s", round(pause, 1))
    note("late results refused", Attempt.objects.filter(outcome="late").count())


@pytest.mark.long
def test_cut_connections_cost_only_time(lane: Provider, database: str, scale: Scale, note: Note) -> None:
    cuts = int(scale.pick(3, 20))
    with run_wire(database) as wire, start_cluster(DATABASE_URL=wire.url):
        batches = [start_batch(100 * cuts, milliseconds=60)]
        batches.append(start_batch(100 * cuts, kind="chaos.local", milliseconds=2))
        for number in range(1, cuts):
            wait_for(lambda n=number: done(*batches) > 200 * n, seconds=60, what="work")  # type: ignore[misc]
            wire.cut()
        pause = longest_pause(batches, until=200 * cuts, seconds=60)
    check_ended(*batches)
    assert rescued() == 0
    note("cuts", cuts - 1)
    note("longest pause s", round(pause, 1))
