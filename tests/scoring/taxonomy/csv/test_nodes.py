"""A tree is imported whole or refused line by line."""

import tracemalloc
from pathlib import Path

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from queueproject.csvimport import CsvRefused
from scoring.taxonomy.csv import import_nodes
from scoring.taxonomy.models import Node, Project
from tests.scoring.taxonomy.csv.files import TREE, list_node_faults, load_tree, repeat_rows
from tests.scoring.taxonomy.factories import make_metric, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def test_a_tree_is_placed_by_its_parents(project: Project) -> None:
    result = import_nodes(project, TREE.encode())
    assert (result.rows, result.created, result.updated, result.unchanged, result.moved) == (4, 4, 0, 0, 0)
    nodes = list(
        project.nodes.order_by("path").values_list("external_id", "parent__external_id", "depth", "path")
    )
    assert nodes == [
        ("coffee", None, 1, "Coffee"),
        ("tea", None, 1, "Tea"),
        ("green", "tea", 2, "Tea > Green tea"),
        ("sencha", "green", 3, "Tea > Green tea > Sencha"),
    ]
    assert dict(project.nodes.values_list("external_id", "position")) == {
        "tea": 0,
        "coffee": 1,
        "green": 0,
        "sencha": 0,
    }


def test_parents_may_stand_after_their_children_or_be_stored_already(project: Project) -> None:
    load_tree(project, "node_id,parent_id,title\ngreen,tea,Green tea\ntea,,Tea\n")
    result = import_nodes(project, b"node_id,parent_id,title\nsencha,green,Sencha\n")
    assert (result.created, result.moved) == (1, 0)
    assert project.nodes.get(external_id="sencha").path == "Tea > Green tea > Sencha"


def test_the_same_file_again_changes_nothing(project: Project) -> None:
    before = {key: node.pk for key, node in load_tree(project).items()}
    result = import_nodes(project, TREE.encode())
    assert (result.created, result.updated, result.unchanged, result.moved) == (0, 0, 4, 0)
    assert {node.external_id: node.pk for node in project.nodes.all()} == before


def test_columns_the_file_does_not_have_keep_their_values_and_empty_cells_empty_them(
    project: Project,
) -> None:
    load_tree(project, 'node_id,parent_id,title,url,product_count,metadata\ntea,,Tea,/tea,30,"{""a"": 1}"\n')
    Node.objects.update(opportunity_score=55)
    load_tree(project, "node_id,parent_id,title\ntea,,Teas\n")
    node = project.nodes.get()
    assert (node.title, node.path, node.url, node.product_count) == ("Teas", "Teas", "/tea", 30)
    assert (node.metadata, node.opportunity_score) == ({"a": 1}, 55)
    load_tree(project, "node_id,parent_id,title,url,product_count\ntea,,Teas,,\n")
    node = project.nodes.get()
    assert (node.url, node.product_count, node.metadata) == ("", None, {"a": 1})


def test_every_column_is_taken_over(project: Project) -> None:
    header = "node_id,parent_id,title,position,url,meta_title,meta_description,content_status,source,metadata"
    load_tree(project, f'{header}\ntea,,Tea,7,/tea,Fine teas,Leaves,Outdated,merchant,"{{""a"": 1}}"\n')
    node = project.nodes.get()
    assert (node.position, node.url, node.meta_title, node.meta_description) == (
        7,
        "/tea",
        "Fine teas",
        "Leaves",
    )
    assert (node.content_status, node.source, node.metadata) == ("outdated", "merchant", {"a": 1})
    assert node.optimization_status == "no_data"


def test_what_stands_below_a_node_moves_with_it(project: Project) -> None:
    nodes = load_tree(project)
    make_metric(nodes["sencha"])
    result = import_nodes(project, b"node_id,parent_id,title\ngreen,coffee,Green\n")
    assert (result.created, result.updated, result.moved) == (0, 1, 1)
    moved = project.nodes.get(external_id="sencha")
    assert (moved.pk, moved.path, moved.depth, moved.product_count) == (
        nodes["sencha"].pk,
        "Coffee > Green > Sencha",
        3,
        4,
    )
    import_nodes(project, b"node_id,parent_id,title\ngreen,,Green\n")
    assert project.nodes.get(external_id="sencha").depth == 2
    assert moved.metrics.count() == 1


def test_a_tree_is_placed_by_its_paths(project: Project) -> None:
    load_tree(project, "path,product_count\nTea > Green,4\nTea,9\nTea > Green > Sencha,2\n")
    nodes = list(project.nodes.order_by("depth").values_list("external_id", "parent__external_id", "title"))
    assert nodes == [
        ("Tea", None, "Tea"),
        ("Tea > Green", "Tea", "Green"),
        ("Tea > Green > Sencha", "Tea > Green", "Sencha"),
    ]
    again = import_nodes(project, b"path\nTea > Black\n")
    assert (again.created, project.nodes.get(title="Black").depth) == (1, 2)


def test_paths_may_come_with_ids_of_their_own_and_move(project: Project) -> None:
    load_tree(project, "node_id,path\n1,Tea\n2,Tea > Green\n3,Coffee\n")
    load_tree(project, "node_id,path\n2,Coffee > Green\n4,Coffee > Green > Sencha\n")
    paths = dict(project.nodes.values_list("external_id", "path"))
    assert paths == {"1": "Tea", "2": "Coffee > Green", "3": "Coffee", "4": "Coffee > Green > Sencha"}


def test_paths_with_an_empty_last_title_keep_it(project: Project) -> None:
    load_tree(project, "node_id,path\n1,Tea\n2,Tea > \n")
    assert project.nodes.get(external_id="2").title == ""
    assert project.nodes.get(external_id="2").path == "Tea > "


def test_other_headings_and_unwanted_columns_are_known(project: Project) -> None:
    load_tree(project, "id,parent,name,products,listed,subcategory_count\ntea,,Tea,3,1,9\n")
    node = project.nodes.get()
    assert (node.external_id, node.title, node.product_count) == ("tea", "Tea", 3)


def test_projects_do_not_know_each_others_nodes(project: Project) -> None:
    load_tree(project)
    other = make_project("Other shop")
    assert list_node_faults(other, "node_id,parent_id,title\nsencha,green,Sencha\n")
    load_tree(other)
    assert Node.objects.filter(external_id="tea").count() == 2


LONG_PATH = "x" * 201
LONG_PATH_REASON = (
    "line 2, column path: longer than 200 characters, so no id; give a column node_id "
    f"(found: {LONG_PATH[:59]}…)"
)
REFUSED_TREES = {
    "an id twice": (
        "node_id,parent_id,title\ntea,,Tea\ngreen,tea,Green\ntea,,Teas\n",
        ["line 4, column node_id: line 2 has the same node_id (found: tea)"],
    ),
    "an orphan": (
        "node_id,parent_id,title\ntea,,Tea\ngreen,te,Green\n",
        ["line 3, column parent_id: no node has this id, in the file or stored (found: te)"],
    ),
    "its own parent": (
        "node_id,parent_id,title\ntea,tea,Tea\n",
        ["line 2, column parent_id: is its own parent (found: tea)"],
    ),
    "a circle": (
        "node_id,parent_id,title\na,c,A\nb,a,B\nc,b,C\nbelow,c,D\n",
        [
            "line 2, column parent_id: stands below itself: a, c, b, a (found: c)",
            "line 3, column parent_id: stands below itself: b, a, c, b (found: a)",
            "line 4, column parent_id: stands below itself: c, b, a, c (found: b)",
        ],
    ),
    "an empty id": (
        "node_id,parent_id,title\n,,Tea\n",
        ["line 2, column node_id: must not be empty"],
    ),
    "another heading": (
        "id,parent,name\n1,2,Tea\n",
        ["line 2, column parent: no node has this id, in the file or stored (found: 2)"],
    ),
    "a wrong depth": (
        "node_id,parent_id,title,depth\ntea,,Tea,1\ngreen,tea,Green,3\n",
        ["line 3, column depth: by its parents it is 2 (found: 3)"],
    ),
    "a wrong path": (
        "node_id,parent_id,title,path\ntea,,Tea,Tea\ngreen,tea,Green,Teas > Green\n",
        ["line 3, column path: by its parents it is Tea > Green (found: Teas > Green)"],
    ),
    "nothing to place nodes by": (
        "node_id,title\ntea,Tea\n",
        ["line 1: the file needs the columns node_id, parent_id and title, or a column path"],
    ),
    "a path without its parent": (
        "path\nTea\nCoffee > Beans\n",
        ["line 3, column path: no node has this path, in the file or stored (found: Coffee)"],
    ),
    "a path twice": ("path\nTea\nTea\n", ["line 3, column path: line 2 has the same path (found: Tea)"]),
    "an empty path": ("path,url\n,/tea\n", ["line 2, column path: must not be empty"]),
    "a parent's path of two": (
        "node_id,path\n1,Tea\n2,Tea\n3,Tea > Green\n",
        ["line 4, column path: the path above is that of line 2 and line 3; give parent_id (found: Tea)"],
    ),
    "a title that is not the path's": (
        "path,title\nTea > Green,Black\n",
        ["line 2, column title: the path ends with Green (found: Black)"],
    ),
    "a path too long for an id": (
        f"path\n{LONG_PATH}\n",
        [LONG_PATH_REASON],
    ),
    "cells and the tree at once": (
        "node_id,parent_id,title,product_count\ntea,,Tea,-1\ngreen,tea,Green,1\n",
        [
            "line 2, column product_count: must be at least 0 (found: -1)",
            "line 3, column parent_id: no node has this id, in the file or stored (found: tea)",
        ],
    ),
}


@pytest.mark.parametrize("kind", REFUSED_TREES)
def test_a_broken_tree_is_refused_by_line_and_column(project: Project, kind: str) -> None:
    content, faults = REFUSED_TREES[kind]
    assert list_node_faults(project, content) == faults
    assert not Node.objects.exists()


def test_a_circle_through_stored_nodes_is_refused(project: Project) -> None:
    load_tree(project)
    assert list_node_faults(project, "node_id,parent_id,title\ntea,sencha,Tea\n") == [
        "line 2, column parent_id: stands below itself: tea, sencha, green, tea (found: sencha)"
    ]
    assert project.nodes.get(external_id="tea").parent is None


def test_a_large_circle_is_named_by_its_first_nodes(project: Project) -> None:
    rows = "".join(f"{node},{(node + 1) % 50},x\n" for node in range(50))
    faults = list_node_faults(project, f"node_id,parent_id,title\n{rows}")
    assert len(faults) == 50
    assert faults[48] == (
        "line 50, column parent_id: stands below itself: 48, 49, 0, 1, 2, 3, …, 48 (found: 49)"
    )


def test_a_tree_deeper_than_a_hundred_is_refused(project: Project) -> None:
    rows = "".join(f"{node},{node - 1 or ''},x\n" for node in range(1, 102))
    assert list_node_faults(project, f"node_id,parent_id,title\n{rows}") == [
        "line 102, column parent_id: stands at depth 101; 100 is the deepest"
    ]


def test_a_dry_run_counts_and_writes_nothing(project: Project) -> None:
    result = import_nodes(project, TREE.encode(), dry_run=True)
    assert (result.dry_run, result.created) == (True, 4)
    assert not Node.objects.exists()
    assert import_nodes(project, TREE.encode()).created == 4


def test_only_the_first_faults_are_kept(project: Project) -> None:
    rows = "".join(f"n{number},gone,x\n" for number in range(30))
    with pytest.raises(CsvRefused) as refused:
        import_nodes(project, f"node_id,parent_id,title\n{rows}".encode(), max_faults=4)
    assert (len(refused.value.faults.kept), refused.value.faults.count) == (4, 30)


def test_what_the_database_refuses_is_a_fault_of_the_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise IntegrityError("duplicate key\nDETAIL: more")

    monkeypatch.setattr("scoring.taxonomy.csv.nodes._send_places", refuse)
    assert list_node_faults(project, TREE) == [
        "line 1: the database refused the file, nothing was imported; try again (duplicate key)"
    ]


def test_the_grocers_tree_is_imported_as_it_is(project: Project, real_data: Path) -> None:
    file = real_data / "taxonomy" / "retail_nodes.csv"
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert import_nodes(project, file).created == 4_203
    assert len(queries) < 20
    depths = [project.nodes.filter(depth=depth).count() for depth in (1, 2, 3)]
    assert depths == [32, 343, 3_828]
    assert project.nodes.filter(title="COUPON").count() == 5
    assert import_nodes(project, file).unchanged == 4_203


def test_the_electronics_shops_tree_is_imported_with_its_traps(project: Project, real_data: Path) -> None:
    assert import_nodes(project, real_data / "taxonomy" / "site_categories.csv").created == 4_723
    unnamed = project.nodes.get(title="")
    assert (unnamed.external_id, unnamed.path) == ("pcmcat748300293073", "More Categories > Test Pages > ")
    paths = list(project.nodes.values_list("path", flat=True))
    assert len(paths) - len(set(paths)) == 9
    assert max(project.nodes.values_list("depth", flat=True)) == 6


@pytest.mark.slow
def test_a_hundred_thousand_nodes_are_imported_in_bounded_memory(
    project: Project, real_data: Path, tmp_path: Path
) -> None:
    file = repeat_rows(real_data / "taxonomy" / "retail_nodes.csv", tmp_path, rows=100_000)
    tracemalloc.start()
    try:
        assert import_nodes(project, file).created == 100_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # 64 MiB were measured: ids, parents, titles and paths; the rest goes to the database as it is read.
    assert peak < 100 * 2**20
