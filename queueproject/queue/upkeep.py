"""How the database keeps up: what has died in the tables every job rewrites, and who keeps it there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queueproject.queue.findings import Finding, Level, in_words
from queueproject.queue.models import Batch, Budget, BudgetEntry, Job, Provider, Worker
from queueproject.queue.selectors import sql

HOT_TABLES = [model._meta.db_table for model in (Job, BudgetEntry, Batch, Worker, Provider, Budget)]
MANY_DEAD = 200_000
"""Dead rows before which a claim had to read a few pages; from there on it is measured to become slower."""
OLD_SNAPSHOT_SECONDS = 300.0
VERY_OLD_SNAPSHOT_SECONDS = 3600.0
OLD_SLOT_XIDS = 1_000_000


@dataclass(frozen=True)
class Table:
    """One table that every job rewrites, as the server's statistics have it."""

    name: str
    live: int
    dead: int
    table_bytes: int
    index_bytes: int
    vacuumed_at: datetime | None

    @property
    def is_bloated(self) -> bool:
        return self.dead > max(MANY_DEAD, self.live // 5)


@dataclass(frozen=True)
class Snapshot:
    """Who holds the oldest view of the data: nothing that died since may be removed."""

    kind: str
    pid: int | None
    name: str
    who: str
    state: str
    since: datetime | None
    xids: int | None

    def age_seconds(self, now: datetime) -> float:
        return (now - self.since).total_seconds() if self.since else 0.0


def measure_tables() -> list[Table]:
    """Measure the tables every job rewrites, the one with most dead rows first; one query."""
    return [Table(**row) for row in sql.rows("measure_tables", tables=HOT_TABLES)]


def find_oldest_snapshot(*, older_than_seconds: float = OLD_SNAPSHOT_SECONDS) -> Snapshot | None:
    """Find who holds the oldest view of the data for longer than so; one query."""
    rows = sql.rows("find_oldest_snapshot", older_than=older_than_seconds)
    return Snapshot(**rows[0]) if rows else None


def look_at_tables(tables: list[Table], holder: Snapshot | None) -> list[Finding]:
    """Name tables in which more has died than vacuum removes; pure."""
    found = []
    for table in tables:
        if not table.is_bloated:
            continue
        last = f"{table.vacuumed_at:%Y-%m-%d %H:%M} UTC" if table.vacuumed_at else "never"
        remedy = f"VACUUM (ANALYZE) {table.name}; and see that autovacuum is on."
        if holder:
            remedy = f"First end the old snapshot named here, then: VACUUM (ANALYZE) {table.name};"
        found.append(
            Finding(
                "dead_rows",
                Level.WARNING,
                f"{table.name} has {table.dead:,} dead rows beside {table.live:,}; last vacuumed: {last}.",
                remedy,
            )
        )
    return found


def look_at_snapshot(holder: Snapshot | None, now: datetime) -> list[Finding]:
    """Name who keeps the dead from being removed, and how it ends; pure."""
    if holder is None:
        return []
    age = holder.age_seconds(now)
    if holder.kind == "slot":
        if (holder.xids or 0) < OLD_SLOT_XIDS:
            return []
        words, remedy = (
            f"The replication slot {holder.name} ({holder.state}) holds back {holder.xids:,} transactions",
            f"If nothing reads from it any more: SELECT pg_drop_replication_slot('{holder.name}');",
        )
    elif holder.kind == "prepared":
        words = f"The prepared transaction {holder.name} of {holder.who} is {in_words(age)} old"
        remedy = f"COMMIT PREPARED '{holder.name}'; or ROLLBACK PREPARED '{holder.name}';"
    else:
        name = f"{holder.name!r} " if holder.name else ""
        words = (
            f"The session {name}({holder.who}, pid {holder.pid}, {holder.state}) keeps a transaction "
            f"open for {in_words(age)}"
        )
        remedy = f"Let it finish, or end it: SELECT pg_terminate_backend({holder.pid});"
    level = Level.CRITICAL if age >= VERY_OLD_SNAPSHOT_SECONDS else Level.WARNING
    return [
        Finding(
            "old_snapshot",
            level,
            f"{words}: no vacuum may remove what has died since, and claims become slower.",
            remedy,
        )
    ]


def facts_of(tables: list[Table], holder: Snapshot | None) -> dict[str, Any]:
    """Return the same for a program."""
    return {"tables": [vars(table) for table in tables], "oldest_snapshot": vars(holder) if holder else None}
