"""Rows by the million, made by the server itself: bare of indexes while they come, then as if long there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg.sql import SQL, Identifier

from tests.bench import sql

BYTES_A_JOB = 800
"""Row, indexes, their making, and the log that is kept of all."""


def run(statement: str, **params: Any) -> None:
    """Run one of the benchmarks' statements on Django's connection."""
    with connection.cursor() as cursor:
        cursor.execute(sql.text(statement), params)


def refuse_full_disk(jobs: int) -> None:
    """Raise SystemExit when so many rows do not fit beside the server's data; one elsewhere is trusted."""
    with connection.cursor() as cursor:
        cursor.execute(sql.text("show_setting"), {"setting": "data_directory"})
        directory = Path(cursor.fetchone()[0])
    if not directory.exists():
        return
    free, needed = shutil.disk_usage(directory).free, jobs * BYTES_A_JOB
    if free < needed:
        raise SystemExit(
            f"{jobs:,} jobs need {needed / 1e9:.0f} GB, {directory} has {free / 1e9:.0f} GB free: "
            "fewer by --jobs"
        )


def start_batch() -> None:
    """Make the batch that the rows belong to, once."""
    run("raw_batch", units=0)


def make_table(name: str) -> None:
    """Make an empty job table in a schema of this name, with all that the real one has, and use it."""
    with connection.cursor() as cursor:
        cursor.execute(SQL(sql.text("create_schema")).format(Identifier(name)))
        use_table(name)
        cursor.execute(SQL(sql.text("create_job_table")).format(Identifier(name)))
        cursor.execute(sql.text("find_table_options"))
        if options := cursor.fetchone()[0]:
            cursor.execute(SQL(sql.text("set_table_options")).format(SQL(options)))


def use_table(name: str) -> None:
    """Let this session mean the job table of this schema from now on."""
    with connection.cursor() as cursor:
        cursor.execute(SQL(sql.text("look_into_schema")).format(Identifier(name)))


def drop_table(name: str) -> None:
    """Drop a schema with its job table, and mean the real one again."""
    with connection.cursor() as cursor:
        cursor.execute(sql.text("look_into_public"))
        cursor.execute(SQL(sql.text("drop_schema")).format(Identifier(name)))


def load(state: str, count: int) -> None:
    """Fill the empty job table with rows that wait or are finished, in an order of their own."""
    with connection.cursor() as cursor:
        cursor.execute(sql.text("find_indexes"))
        indexes = cursor.fetchall()
        cursor.execute(sql.text("commit_lazily"))
        for name, _ in indexes:
            cursor.execute(SQL(sql.text("drop_index")).format(Identifier(name)))
        cursor.execute(sql.text(f"load_{state}"), {"count": count})
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute(sql.text("commit_durably"))
        cursor.execute(sql.text("vacuum"))
        cursor.execute(sql.text("checkpoint"))


def top_up(count: int) -> None:
    """Add rows that wait behind all others."""
    run("load_waiting", count=count)


@contextmanager
def hold_snapshot() -> Iterator[None]:
    """Keep a transaction open that sees the tables as they are now, and so lets nothing be cleared away."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as holder:
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        holder.execute(sql.text("count_row_versions"))
        yield
        holder.rollback()
