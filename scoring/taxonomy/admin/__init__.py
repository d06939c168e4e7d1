"""The admin's pages of the taxonomy workload, one module per model or close family."""

from scoring.taxonomy.admin.analyses import AnalysisAdmin, NodeResultAdmin
from scoring.taxonomy.admin.findings import OpportunityAdmin, ProjectionAdmin
from scoring.taxonomy.admin.nodes import NodeAdmin, NodeMetricAdmin
from scoring.taxonomy.admin.projects import ProjectAdmin

__all__ = [
    "AnalysisAdmin",
    "NodeAdmin",
    "NodeMetricAdmin",
    "NodeResultAdmin",
    "OpportunityAdmin",
    "ProjectAdmin",
    "ProjectionAdmin",
]
