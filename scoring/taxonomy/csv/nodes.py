"""Import nodes: the whole tree of a file or, with any fault, nothing of it."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from queueproject.csvimport import CsvRefused, CsvStream, open_csv
from scoring.taxonomy.csv import sql
from scoring.taxonomy.csv.forest import Forest
from scoring.taxonomy.csv.refusing import refuse_database_errors, refuse_faults
from scoring.taxonomy.csv.rows import NodeRow
from scoring.taxonomy.csv.tree import Place
from scoring.taxonomy.models import Project

_PLACED_BY_PARENT = frozenset({"node_id", "parent_id", "title"})


@dataclass(frozen=True)
class NodeImport:
    """What an import of nodes did, or with `dry_run` would have done. Moved nodes are not in the file."""

    dry_run: bool
    rows: int
    created: int
    updated: int
    moved: int

    @property
    def unchanged(self) -> int:
        """Count the rows that said nothing new."""
        return self.rows - self.created - self.updated


def import_nodes(
    project: Project, source: bytes | Path | BinaryIO, *, dry_run: bool = False, max_faults: int = 100
) -> NodeImport:
    """Create or update one node per line; raise CsvRefused with every fault when there is any.

    Nodes are matched by their id. They are placed by `parent_id`, or where the file has no such column by
    `path`; a parent may stand anywhere in the file or be stored already. What stands below a node moves with
    it. Columns the file does not have keep their values.
    """
    stream = open_csv(source, row=NodeRow, max_faults=max_faults)
    _require_layout(stream)
    with refuse_database_errors(), transaction.atomic():
        # Two imports into one tree could each be free of cycles and together make one.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        forest = Forest(stream)
        forest.load(project)
        _send_rows(forest)
        _send_places(forest, forest.find_places())
        _refuse_misplaced(stream)
        ((created, updated, moved),) = sql.run("upsert_nodes", project=project.pk, given=list(stream.columns))
        sql.run("drop_node_tables")
        if dry_run:
            transaction.set_rollback(True)
    return NodeImport(dry_run=dry_run, rows=len(forest.lines), created=created, updated=updated, moved=moved)


def _require_layout(stream: CsvStream[NodeRow]) -> None:
    is_placed = set(stream.columns) >= _PLACED_BY_PARENT or "path" in stream.columns
    if not stream.faults and not is_placed:
        reason = "the file needs the columns node_id, parent_id and title, or a column path"
        stream.faults.add(line=1, column="", value="", reason=reason)
    if stream.faults:
        raise CsvRefused(stream.faults)


def _send_rows(forest: Forest) -> None:
    """Read the file once, checking its rows and handing them to the database as they come."""
    sql.run("create_node_upload")
    with connection.cursor() as cursor, cursor.copy(sql.text("copy_node_upload")) as copy:
        for line in forest.stream:
            if external_id := forest.take(line):
                copy.write_row(_list_values(line.number, external_id, forest.titles[external_id], line.row))


def _list_values(line: int, external_id: str, title: str, row: NodeRow) -> list[Any]:
    return [
        line,
        external_id,
        title,
        row.path,
        row.depth,
        row.position,
        row.url,
        row.meta_title,
        row.meta_description,
        row.product_count,
        row.content_status,
        row.source,
        Jsonb(row.metadata),
    ]


def _send_places(forest: Forest, places: dict[str, Place]) -> None:
    """Number the new nodes and hand over where all of them stand; in the file's order among siblings."""
    refuse_faults(forest.stream.faults)
    new = [external_id for external_id in places if external_id not in forest.stored]
    numbers = (pk for (pk,) in sql.run("reserve_node_ids", count=len(new)))
    ids = {external_id: stored.id for external_id, stored in forest.stored.items()}
    ids |= dict(zip(new, numbers, strict=True))
    positions: dict[str, count[int]] = {}
    sql.run("create_node_place")
    with connection.cursor() as cursor, cursor.copy(sql.text("copy_node_place")) as copy:
        for external_id in sorted(places, key=lambda one: forest.lines.get(one, 0)):
            parent, place = forest.parents[external_id], places[external_id]
            position = next(positions.setdefault(parent, count()))
            copy.write_row(
                [ids[external_id], ids.get(parent), external_id, place.depth, place.path, position]
            )


def _refuse_misplaced(stream: CsvStream[NodeRow]) -> None:
    """Name the lines whose own depth or path is not what their parents make it."""
    for line, depth, true_depth, path, true_path in sql.run("find_misplaced_nodes"):
        if depth is not None and depth != true_depth:
            stream.add_fault(line, "depth", f"by its parents it is {true_depth}", value=str(depth))
        if path and path != true_path.strip():
            stream.add_fault(line, "path", f"by its parents it is {true_path}", value=path)
    refuse_faults(stream.faults)
