"""The pages of the taxonomy, under the admin."""

from django.urls import path

from scoring.taxonomy.views import (
    analyses,
    comparing,
    importing,
    nodes,
    opportunities,
    projects,
    starting,
)

app_name = "taxonomy"

_PROJECT = "product-trees/<int:project_id>/"
_ANALYSIS = "product-trees/analyses/<uuid:analysis_id>/"

urlpatterns = [
    path("product-trees/", projects.projects, name="projects"),
    path(_PROJECT, projects.project, name="project"),
    path(f"{_PROJECT}analyse/", starting.start, name="start"),
    path(f"{_PROJECT}import/<slug:what>/", importing.import_file, name="import"),
    path(f"{_PROJECT}opportunities/", opportunities.opportunities, name="opportunities"),
    path(f"{_PROJECT}opportunities.csv", opportunities.opportunities_csv, name="opportunities_csv"),
    path(f"{_PROJECT}tree/", nodes.tree, name="tree"),
    path(f"{_PROJECT}compare/", comparing.compare, name="compare"),
    path("product-trees/nodes/<int:node_id>/", nodes.node, name="node"),
    path("product-trees/nodes/<int:node_id>/children/", nodes.children, name="children"),
    path(_ANALYSIS, analyses.analysis, name="analysis"),
    path(f"{_ANALYSIS}failed/", analyses.failed, name="failed"),
    path(f"{_ANALYSIS}results.csv", analyses.results_csv, name="results_csv"),
    path(f"{_ANALYSIS}<slug:verb>/", analyses.act_on_analysis, name="act_on_analysis"),
]
