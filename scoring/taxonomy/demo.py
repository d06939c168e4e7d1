"""Load the made-up shop that ships with the project."""

from pathlib import Path
from typing import Final

from django.db import transaction

from scoring.taxonomy.csv import import_nodes
from scoring.taxonomy.models import Project
from scoring.taxonomy.synthetic import DEFAULT_SEED, make_up_metrics

DEMO_DATA: Final = Path(__file__).resolve().parent / "demo_data"
DEMO_PROJECT: Final = "Demo: tea and coffee shop (made up)"


def load_demo(*, seed: int = DEFAULT_SEED) -> Project:
    """Import the demo's tree and make up its figures; doing it again changes no more than their days."""
    with transaction.atomic():
        project = Project.objects.find_by_name(DEMO_PROJECT) or Project.objects.create(name=DEMO_PROJECT)
        import_nodes(project, DEMO_DATA / "nodes.csv")
        make_up_metrics(project, seed=seed)
    return project
