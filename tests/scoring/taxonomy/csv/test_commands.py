"""The commands print what they did or every fault, and say by exit code which."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class

from scoring.taxonomy.csv.rows import MetricCsvRow, NodeRow
from scoring.taxonomy.demo import DEMO_PROJECT
from scoring.taxonomy.models import Node, NodeMetric, Project
from tests.scoring.taxonomy.csv.files import TREE, load_tree
from tests.scoring.taxonomy.factories import make_metric, make_project

pytestmark = pytest.mark.django_db


def write(tmp_path: Path, content: str) -> str:
    file = tmp_path / "rows.csv"
    file.write_text(content, encoding="utf-8")
    return str(file)


def call(command: str, *args: str, **options: Any) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue().strip()


def test_a_tree_is_imported_into_a_project_that_is_made_when_asked(tmp_path: Path) -> None:
    file = write(tmp_path, TREE)
    said = call("import_taxonomy_nodes", "Corner shop", file, create=True)
    assert said == "4 nodes: 4 created, 0 updated, 0 unchanged; 0 others moved."
    assert call("import_taxonomy_nodes", "CORNER shop", file).startswith("4 nodes: 0 created")
    assert Project.objects.count() == 1


def test_a_dry_run_makes_neither_nodes_nor_the_project(tmp_path: Path) -> None:
    said = call("import_taxonomy_nodes", "Corner shop", write(tmp_path, TREE), create=True, dry_run=True)
    assert "4 would be created" in said
    assert not Project.objects.exists()
    assert not Node.objects.exists()


def test_a_refused_tree_leaves_no_new_project(tmp_path: Path) -> None:
    err = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call(
            "import_taxonomy_nodes",
            "Corner shop",
            write(tmp_path, "node_id,parent_id,title\ntea,,Tea\ntea,,Tea\n"),
            create=True,
            stderr=err,
            no_color=True,
        )
    assert stopped.value.code == 2
    assert err.getvalue().splitlines() == [
        "line 3, column node_id: line 2 has the same node_id (found: tea)",
        "1 fault(s), nothing was imported.",
    ]
    assert not Project.objects.exists()


def test_metrics_are_imported_and_counted_in_json(tmp_path: Path) -> None:
    load_tree(make_project())
    file = write(tmp_path, "node_id,week_start,revenue_usd,transactions\ntea,2026-06-01,7,1\n")
    said = call("import_node_metrics", "corner shop", file, source="shopify", days_covered=7, json=True)
    assert json.loads(said) == {
        "imported": True,
        "dry_run": False,
        "rows": 1,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
    }
    assert "1 unchanged" in call("import_node_metrics", "corner shop", file, source="shopify", days_covered=7)
    assert NodeMetric.objects.get().days_covered == 7


def test_refused_metrics_are_listed_in_json_too(tmp_path: Path) -> None:
    load_tree(make_project())
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command(
            "import_node_metrics",
            "corner shop",
            write(tmp_path, "node_id,date\nmate,2026-06-01\n"),
            source="gsc",
            days_covered=1,
            json=True,
            stdout=out,
        )
    said = json.loads(out.getvalue())
    assert (said["imported"], said["fault_count"]) == (False, 1)
    assert said["faults"][0]["line"] == 2


@pytest.mark.parametrize("command", ["import_taxonomy_nodes", "import_node_metrics"])
def test_wrong_arguments_end_with_code_2_and_say_what_there_is(command: str, tmp_path: Path) -> None:
    file = write(tmp_path, TREE)
    for name, path, message in (
        ("Nowhere", file, "There is none yet"),
        ("Nowhere", "/nowhere.csv", "There is no file"),
    ):
        with pytest.raises(CommandError, match=message) as caught:
            call(command, name, path)
        assert caught.value.returncode == 2
    make_project("Corner shop")
    with pytest.raises(CommandError, match="Known: 'Corner shop'"):
        call(command, "Nowhere", file)


def test_the_demo_shop_is_made_and_a_projects_figures_are_made_up() -> None:
    assert call("make_taxonomy_demo").startswith(f"{DEMO_PROJECT}: 65 nodes, ")
    project = make_project("Grocery")
    load_tree(project)
    said = call("make_taxonomy_demo", "grocery", seed=7)
    assert "sales among them made up for 4 nodes" in said
    NodeMetric.objects.all().delete()
    make_metric(project.nodes.get(external_id="tea"), impressions=5)
    with pytest.raises(CommandError, match="were measured; they stay as they are") as caught:
        call("make_taxonomy_demo", "grocery")
    assert caught.value.returncode == 2


@pytest.mark.parametrize(
    ("command", "row"), [("import_taxonomy_nodes", NodeRow), ("import_node_metrics", MetricCsvRow)]
)
def test_the_help_teaches_every_column_and_other_heading(command: str, row: type[NodeRow]) -> None:
    loaded = load_command_class(get_commands()[command], command)
    text = loaded.create_parser("manage.py", command).format_help()
    for word in (*row.model_fields, *row.column_aliases, *row.ignored_columns, "examples:"):
        assert word in text
