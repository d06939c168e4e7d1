"""Tables of the taxonomy workload, one module per model or close family."""

from scoring.taxonomy.models.analysis import Analysis, NodeResult
from scoring.taxonomy.models.findings import Opportunity, Projection
from scoring.taxonomy.models.node import Node, NodeMetric
from scoring.taxonomy.models.project import Project

__all__ = ["Analysis", "Node", "NodeMetric", "NodeResult", "Opportunity", "Project", "Projection"]
