"""Load the made-up companies that ship with the project."""

from pathlib import Path

from scoring.remarketing.models import Universe
from scoring.remarketing.selectors import find_universe
from scoring.remarketing.services.csv_import import Kind, import_csv

DEMO_DATA = Path(__file__).resolve().parent.parent / "demo_data"
DEMO_UNIVERSE = "Demo: property restoration (made up)"
_FILES: dict[Kind, str] = {"universes": "universe.csv", "buyers": "buyers.csv", "listings": "listings.csv"}


def load_demo() -> Universe:
    """Import the demo's universe, buyers and listings; doing it again changes nothing."""
    for kind, name in _FILES.items():
        import_csv(DEMO_DATA / name, kind=kind)
    universe = find_universe(DEMO_UNIVERSE)
    if universe is None:
        raise RuntimeError(f"{DEMO_DATA / _FILES['universes']} does not hold {DEMO_UNIVERSE}")
    return universe
