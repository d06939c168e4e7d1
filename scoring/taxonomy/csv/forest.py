"""Forest: a project's nodes as they will be, the stored ones overlaid with what a file says."""

from dataclasses import dataclass, field
from typing import NamedTuple

from queueproject.csvimport import CsvLine, CsvStream
from scoring.taxonomy.csv.rows import NodeRow
from scoring.taxonomy.csv.tree import Place, find_cycles, place_nodes, split_path
from scoring.taxonomy.models import Project
from scoring.taxonomy.models.node import DEEPEST

LONGEST_ID = 200
_LONGEST_RING_NAMED = 6


class Stored(NamedTuple):
    """What a stored node is known by, and where it stands."""

    id: int
    place: Place


@dataclass
class Forest:
    """Ids, parents and titles of all nodes; everything else of a row goes to the database as it is read."""

    stream: CsvStream[NodeRow]
    stored: dict[str, Stored] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    ids_at: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_by_path(self) -> bool:
        """Say whether the file places its nodes by their paths, having no parents."""
        return "parent_id" not in self.stream.columns

    def load(self, project: Project) -> None:
        """Take over the stored nodes."""
        nodes = project.nodes.values_list(
            "external_id", "parent__external_id", "title", "id", "depth", "path"
        )
        for external_id, parent, title, pk, depth, path in nodes.order_by("pk").iterator(chunk_size=10_000):
            self.stored[external_id] = Stored(pk, Place(depth, path))
            self.parents[external_id] = parent or ""
            self.titles[external_id] = title
            if self.is_by_path:
                self.ids_at.setdefault(path.strip(), []).append(external_id)

    def take(self, line: CsvLine[NodeRow]) -> str:
        """Take over a row and return the id of its node, "" after naming a fault."""
        row = line.row
        external_id, title = row.node_id, row.title
        if self.is_by_path:
            external_id = external_id if "node_id" in self.stream.columns else row.path
            title = split_path(row.path)[1]
        if not self._may_take(line, external_id, title):
            return ""
        self.lines[external_id] = line.number
        self.titles[external_id] = title
        self.parents[external_id] = split_path(row.path)[0] if self.is_by_path else row.parent_id
        if self.is_by_path:
            self._note_path(external_id, row.path)
        return external_id

    def _note_path(self, external_id: str, path: str) -> None:
        if external_id in self.stored:
            self.ids_at[self.stored[external_id].place.path.strip()].remove(external_id)
        self.ids_at.setdefault(path, []).append(external_id)

    def _may_take(self, line: CsvLine[NodeRow], external_id: str, title: str) -> bool:
        column = "path" if self.is_by_path and "node_id" not in self.stream.columns else "node_id"
        if self.is_by_path and not line.row.path:
            self.stream.add_fault(line.number, "path", "must not be empty")
        elif not external_id:
            self.stream.add_fault(line.number, column, "must not be empty")
        elif len(external_id) > LONGEST_ID:
            reason = f"longer than {LONGEST_ID} characters, so no id; give a column node_id"
            self.stream.add_fault(line.number, column, reason, value=external_id)
        elif external_id in self.lines:
            reason = f"line {self.lines[external_id]} has the same {column}"
            self.stream.add_fault(line.number, column, reason, value=external_id)
        elif self.is_by_path and line.row.title not in ("", title.strip()):
            reason = f"the path ends with {title.strip() or 'an empty title'}"
            self.stream.add_fault(line.number, "title", reason, value=line.row.title)
        else:
            return True
        return False

    def find_places(self) -> dict[str, Place]:
        """Return where each node of the file will stand, and each stored one that moves; name the faults."""
        if self.is_by_path:
            self._resolve_paths()
        self._refuse_orphans()
        self._refuse_cycles()
        places = place_nodes(self.parents, self.titles)
        for external_id in self.lines:
            if external_id in places and places[external_id].depth > DEEPEST:
                self._refuse(
                    external_id, f"stands at depth {places[external_id].depth}; {DEEPEST} is the deepest"
                )
        return {
            external_id: place
            for external_id, place in places.items()
            if external_id in self.lines or self.stored[external_id].place != place
        }

    def _resolve_paths(self) -> None:
        """Put the id of the node at a path in the place of the path."""
        for external_id in self.lines:
            above = self.parents[external_id]
            found = self.ids_at.get(above.strip(), []) if above else []
            if len(found) == 1:
                self.parents[external_id] = found[0]
            elif found:
                lines = [f"line {self.lines[one]}" if one in self.lines else "a stored node" for one in found]
                reason = f"the path above is that of {' and '.join(lines)}; give parent_id"
                self._refuse(external_id, reason, above)
                self.parents[external_id] = ""

    def _refuse_orphans(self) -> None:
        for external_id in self.lines:
            above = self.parents[external_id]
            if above and above not in self.parents:
                what = "path" if self.is_by_path else "id"
                self._refuse(external_id, f"no node has this {what}, in the file or stored", above)

    def _refuse_cycles(self) -> None:
        for ring in find_cycles(self.parents):
            for place, external_id in enumerate(ring):
                if external_id in self.lines:
                    reason = "is its own parent" if len(ring) == 1 else _name_ring(ring, place)
                    self._refuse(external_id, reason, self.parents[external_id])

    def _refuse(self, external_id: str, reason: str, value: str = "") -> None:
        column = "path" if self.is_by_path else "parent_id"
        self.stream.add_fault(self.lines[external_id], column, reason, value=value)


def _name_ring(ring: list[str], place: int) -> str:
    """Return how one comes from a node of a ring back to it, parent by parent."""
    named = [ring[(place + step) % len(ring)] for step in range(min(len(ring), _LONGEST_RING_NAMED))]
    left_out = ["…"] if len(ring) > _LONGEST_RING_NAMED else []
    return f"stands below itself: {', '.join([*named, *left_out, ring[place]])}"
