"""A tree to look at."""

from dataclasses import dataclass

import pytest

from scoring.taxonomy.models import Analysis, Node, Project
from scoring.taxonomy.services import start_analysis
from tests.scoring.taxonomy.factories import make_measured_node, make_node, make_project
from tests.scoring.taxonomy.working import drain


@dataclass(frozen=True)
class Shop:
    """A project of three nodes, of which one has figures, analysed once."""

    project: Project
    drinks: Node
    tea: Node
    coffee: Node
    analysis: Analysis


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    """Store a small tree and analyse it."""
    project = make_project()
    drinks = make_node(project, "Drinks")
    tea = make_measured_node(project, "Tea", parent=drinks, product_count=12)
    coffee = make_node(project, "Coffee", parent=drinks, position=1)
    analysis = start_analysis(project, type="full_analysis", actor="ada")
    drain()
    analysis.refresh_from_db()
    return Shop(project, drinks, tea, coffee, analysis)
