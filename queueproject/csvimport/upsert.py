"""Write many rows at once: COPY into a temporary table, then one INSERT … ON CONFLICT."""

from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import connections, models, transaction
from psycopg import sql
from psycopg.types.json import Jsonb


@cache
def _read_sql(name: str) -> sql.SQL:
    return sql.SQL((Path(__file__).parent / f"{name}.sql").read_text())


def upsert_rows(rows: Sequence[models.Model], *, key: str, update: Collection[str]) -> None:
    """Insert rows, or update the `update` columns (one or more) of those whose `key` is known; set their ids.

    All rows are of one model. Nothing is filled in: times of creation and change are the caller's. Rows are
    written in the order given; where two writers may meet on the same new keys, give them in the keys' order.
    10,000 rows of 40 columns take about a second; `bulk_create` took ten.
    """
    if not rows:
        return
    model = type(rows[0])
    fields: list[Any] = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    names = {
        "upload": sql.Identifier(f"upload_{uuid4().hex}"),
        "table": sql.Identifier(model._meta.db_table),
        "columns": _join([field.column for field in fields]),
        "key": sql.Identifier(key),
    }
    updated = [field.column for field in fields if field.name in update]
    names |= {"updated": _join(updated), "excluded": _join(updated, table="excluded")}
    using = rows[0]._state.db or transaction.get_connection().alias
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(_read_sql("create_upload").format(**names))
        with cursor.copy(_read_sql("copy_upload").format(**names)) as copy:
            for row in rows:
                copy.write_row([_adapt(field, row) for field in fields])
        cursor.execute(_read_sql("merge_upload").format(**names))
        ids = {found: pk for pk, found in cursor.fetchall()}
    for row in rows:
        row.pk = ids[getattr(row, key)]
        row._state.adding, row._state.db = False, using


def _join(columns: Sequence[str], *, table: str = "") -> sql.Composed:
    prefix = (table,) if table else ()
    return sql.SQL(", ").join(sql.Identifier(*prefix, column) for column in columns)


def _adapt(field: Any, row: models.Model) -> Any:
    value = getattr(row, field.attname)
    return Jsonb(value) if isinstance(field, models.JSONField) and value is not None else value
