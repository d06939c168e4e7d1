"""Trees and metrics in from CSV, whole files or nothing; results out, in an order that can be compared."""

from scoring.taxonomy.csv.metrics import MetricImport, import_metrics
from scoring.taxonomy.csv.nodes import NodeImport, import_nodes

__all__ = ["MetricImport", "NodeImport", "import_metrics", "import_nodes"]
