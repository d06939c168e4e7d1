"""Two imports at once leave a tree."""

import threading

import pytest
from django.db import connection

from queueproject.csvimport import CsvRefused
from scoring.taxonomy.csv import import_nodes
from scoring.taxonomy.csv.tree import find_cycles
from scoring.taxonomy.models import Project
from tests.scoring.taxonomy.csv.files import load_tree
from tests.scoring.taxonomy.factories import make_project


@pytest.mark.django_db(transaction=True)
def test_two_imports_that_would_make_a_circle_together_do_not() -> None:
    project = make_project()
    load_tree(project, "node_id,parent_id,title\ntea,,Tea\ncoffee,,Coffee\n")
    barrier = threading.Barrier(2)
    refused: list[str] = []

    def move(node: str, below: str) -> None:
        try:
            mine = Project.objects.get(pk=project.pk)
            barrier.wait(timeout=30)
            import_nodes(mine, f"node_id,parent_id,title\n{node},{below},{node}\n".encode())
        except CsvRefused as error:
            refused.append(str(error.faults.kept[0]))
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=pair) for pair in (("tea", "coffee"), ("coffee", "tea"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    parents = {node.external_id: node.parent for node in project.nodes.select_related("parent")}
    assert not list(find_cycles({key: up.external_id if up else "" for key, up in parents.items()}))
    assert sum(parent is not None for parent in parents.values()) == 1
    assert len(refused) == 1
    assert "stands below itself" in refused[0]
