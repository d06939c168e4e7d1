"""Small files and real ones, as imports take them."""

import csv
from pathlib import Path

from queueproject.csvimport import CsvRefused
from scoring.taxonomy.csv import import_metrics, import_nodes
from scoring.taxonomy.models import Node, Project

TREE = """\
node_id,parent_id,title,product_count
tea,,Tea,30
green,tea,Green tea,12
sencha,green,Sencha,4
coffee,,Coffee,9
"""


def load_tree(project: Project, content: str = TREE) -> dict[str, Node]:
    """Import a small tree and return its nodes by id."""
    import_nodes(project, content.encode())
    return {node.external_id: node for node in project.nodes.all()}


def list_node_faults(project: Project, content: str) -> list[str]:
    """Return why a tree is refused."""
    try:
        import_nodes(project, content.encode())
    except CsvRefused as refused:
        return [str(fault) for fault in refused.faults.kept]
    return []


def list_metric_faults(project: Project, content: str) -> list[str]:
    """Return why metrics are refused that say themselves what they cover."""
    try:
        import_metrics(project, content.encode(), measured_by="gsc", days_covered=1)
    except CsvRefused as refused:
        return [str(fault) for fault in refused.faults.kept]
    return []


def import_retail(project: Project, real_data: Path) -> None:
    """Import the grocer's 4,203 nodes and 23,879 weeks of sales."""
    import_nodes(project, real_data / "taxonomy" / "retail_nodes.csv")
    import_metrics(
        project,
        real_data / "taxonomy" / "retail_node_weeks.csv",
        measured_by="shopify",
        days_covered=7,
    )


def repeat_rows(source: Path, directory: Path, *, rows: int) -> Path:
    """Write a file of so many rows: a real one over and over, each time with other ids."""
    with source.open(encoding="utf-8", newline="") as opened:
        header, *lines = list(csv.reader(opened))
    ids = [place for place, name in enumerate(header) if name in ("node_id", "parent_id")]
    target = directory / f"{rows}_{source.name}"
    with target.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(header)
        for number in range(rows):
            turn, place = divmod(number, len(lines))
            cells = list(lines[place])
            for column in ids:
                cells[column] = f"{turn}-{cells[column]}" if cells[column] else ""
            writer.writerow(cells)
    return target
