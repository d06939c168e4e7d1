"""How the database keeps up: dead rows, who keeps them, and how soon autovacuum comes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from queueproject.queue import health, upkeep
from queueproject.queue.findings import Level
from queueproject.queue.models import Provider, Setting
from queueproject.queue.upkeep import Snapshot, Table
from tests.queue.threads import execute, held_open

pytestmark = pytest.mark.usefixtures("vacuumed")

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def make_table(**facts: Any) -> Table:
    values = {"name": "queue_job", "live": 1000, "dead": 0, "table_bytes": 1, "index_bytes": 1}
    return Table(**{**values, "vacuumed_at": None, **facts})


def make_holder(**facts: Any) -> Snapshot:
    values = {"kind": "session", "pid": 77, "name": "report", "who": "ada", "state": "idle in transaction"}
    return Snapshot(**{**values, "since": NOW - timedelta(minutes=10), "xids": 5, **facts})


@pytest.mark.parametrize(
    ("live", "dead", "found"),
    [(0, 200_000, False), (0, 200_001, True), (10_000_000, 2_000_000, False), (10_000_000, 2_000_001, True)],
)
def test_a_table_is_named_when_more_has_died_in_it_than_vacuum_should_leave(
    live: int, dead: int, found: bool
) -> None:
    assert bool(upkeep.look_at_tables([make_table(live=live, dead=dead)], None)) is found


def test_dead_rows_are_told_with_the_last_vacuum_and_whom_to_end_first() -> None:
    table = make_table(dead=300_000, vacuumed_at=NOW)
    (alone,) = upkeep.look_at_tables([table], None)
    assert alone.sentence == (
        "queue_job has 300,000 dead rows beside 1,000; last vacuumed: 2026-05-01 12:00 UTC."
    )
    assert alone.remedy.startswith("VACUUM (ANALYZE) queue_job;")
    (held,) = upkeep.look_at_tables([table], make_holder())
    assert held.remedy.startswith("First end the old snapshot")


@pytest.mark.parametrize(
    ("facts", "level", "remedy"),
    [
        ({}, Level.WARNING, "pg_terminate_backend(77)"),
        ({"since": NOW - timedelta(hours=2)}, Level.CRITICAL, "pg_terminate_backend(77)"),
        ({"kind": "prepared", "pid": None, "name": "move"}, Level.WARNING, "ROLLBACK PREPARED 'move'"),
        (
            {"kind": "slot", "name": "old", "since": None, "xids": 2_000_000},
            Level.WARNING,
            "pg_drop_replication_slot('old')",
        ),
    ],
)
def test_who_keeps_an_old_snapshot_is_named_with_what_ends_it(
    facts: dict[str, Any], level: Level, remedy: str
) -> None:
    (found,) = upkeep.look_at_snapshot(make_holder(**facts), NOW)
    assert found.level == level
    assert remedy in found.remedy


def test_a_session_is_named_by_application_pid_and_age() -> None:
    (found,) = upkeep.look_at_snapshot(make_holder(), NOW)
    assert found.sentence.startswith(
        "The session 'report' (ada, pid 77, idle in transaction) keeps a transaction open for 10 min"
    )


def test_a_replication_slot_that_keeps_up_is_no_fault() -> None:
    assert upkeep.look_at_snapshot(make_holder(kind="slot", since=None, xids=1000), NOW) == []


@pytest.mark.django_db(transaction=True)
def test_an_open_transaction_is_found_with_its_application_and_pid(lane: Provider) -> None:
    with held_open(lambda: execute("look_at_all")):
        found = upkeep.find_oldest_snapshot(older_than_seconds=0)
        assert found is not None
        assert (found.kind, found.name) == ("session", "nightly report")
        assert found.pid is not None
        assert found.since is not None
        assert upkeep.find_oldest_snapshot() is None, "five minutes is nothing to speak of"


@pytest.mark.django_db
def test_every_table_that_each_job_rewrites_is_measured(lane: Provider) -> None:
    assert {table.name for table in upkeep.measure_tables()} == set(upkeep.HOT_TABLES)


@pytest.mark.django_db
def test_a_stored_setting_that_is_not_possible_shuts_a_switch_and_leaves_a_number_at_its_default(
    lane: Provider,
) -> None:
    Setting.objects.create(key="queue_enabled", provider=lane.pk, value="perhaps")
    Setting.objects.create(key="batch_size", value="many")
    found = {(finding.code, finding.remedy) for finding in health.find_faults()}
    assert found == {
        ("bad_setting", f"python manage.py queue unset queue_enabled --provider {lane.pk}"),
        ("bad_setting", "python manage.py queue unset batch_size"),
    }


@pytest.mark.django_db(transaction=True)
def test_autovacuum_comes_to_the_jobs_after_a_hundredth_of_them_and_the_migration_can_be_taken_back(
    lane: Provider,
) -> None:
    assert "autovacuum_vacuum_scale_factor=0.01" in execute("read_table_options")
    try:
        MigrationExecutor(connection).migrate([("queue", "0003_let_a_job_pass_all_units_on")])
        assert not execute("read_table_options")
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    assert "autovacuum_vacuum_scale_factor=0.01" in execute("read_table_options")
