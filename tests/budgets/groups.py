"""How many scenarios one machine carries side by side, and what is left of runs that were killed."""

import os
import re
from collections.abc import Sequence

import psutil
import psycopg
from psycopg.sql import SQL, Identifier

from tests.bench import sql
from tests.budgets.scenarios import Scenario

NAME = "queueproject_budgets"
WORLDS_A_CORE = 4
CALLS_A_SECOND_A_CORE = 40
"""Both measured: beyond, calls start late because the machine is busy, and not because of any budget."""
CONNECTIONS_A_WORLD = 23
"""Four for each of four slots, three for each of two clusters, and one to spare: counted."""
CONNECTIONS_LEFT_FREE = 10


def make_groups(
    scenarios: Sequence[Scenario], *, window_seconds: float, cores: int, connections: int
) -> list[list[Scenario]]:
    """Put scenarios, in their order, into as few groups as the machine and the server carry; pure.

    `connections` are those the server has left. A scenario that is too much by itself runs alone.
    """
    most = max(1, min(WORLDS_A_CORE * cores, connections // CONNECTIONS_A_WORLD))
    groups: list[list[Scenario]] = []
    for scenario in scenarios:
        for group in groups:
            calls = sum(each.most_calls for each in (*group, scenario)) / window_seconds
            if len(group) < most and calls <= CALLS_A_SECOND_A_CORE * cores:
                group.append(scenario)
                break
        else:
            groups.append([scenario])
    return groups


def count_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count_free_connections(server: str) -> int:
    """Return how many more connections a server lets in, but for a few kept for others."""
    with psycopg.connect(server) as connection:
        (free,) = connection.execute(sql.text("count_free_connections")).fetchone() or (0,)
    return int(free) - CONNECTIONS_LEFT_FREE


def drop_abandoned(server: str) -> list[str]:
    """Drop the databases of runs whose process is gone, killed before it could; return their names."""
    with psycopg.connect(server, autocommit=True) as connection:
        found = [name for (name,) in connection.execute(sql.text("list_databases"))]
        gone = [name for name in found if (pid := _find_pid(name)) and not psutil.pid_exists(pid)]
        for name in gone:
            connection.execute(SQL(sql.text("drop_database")).format(Identifier(name)))
    return gone


def _find_pid(database: str) -> int | None:
    matched = re.fullmatch(rf"{NAME}_(\d+)_\d+", database)
    return int(matched[1]) if matched else None
