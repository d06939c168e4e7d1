"""The database refuses nonsense, whoever writes it, and the query methods find what they promise."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from scoring.taxonomy.groups import sync_groups
from scoring.taxonomy.models import Node, NodeMetric, NodeResult, Opportunity, Project, Projection
from scoring.taxonomy.rules.choices import ChoiceRefused, Choices
from tests.scoring.taxonomy.factories import (
    AS_OF,
    make_analysis,
    make_measured_node,
    make_metric,
    make_node,
    make_opportunity,
    make_project,
    make_projection,
    make_result,
    make_tree,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()

REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("project", "name_not_blank", {"name": " \t"}),
    ("project", "name_unique", {"name": "CORNER SHOP"}),
    ("project", "priority_in_range", {"priority": -1}),
    ("project", "ctr_curve_list", {"ctr_curve": {"1": 0.3}}),
    ("project", "weights_object", {"weights": [0.25]}),
    ("project", "target_position_in_range", {"target_position": 0}),
    ("project", "timeframe_known", {"timeframe": "reckless"}),
    ("project", "seasonality_in_range", {"seasonality": float("nan")}),
    ("node", "external_id_unique", {"external_id": "tea"}),
    ("node", "external_id_not_blank", {"external_id": " "}),
    ("node", "depth_in_range", {"depth": 0}),
    ("node", "root_has_depth_1", {"depth": 2}),
    ("node", "position_in_range", {"position": -1}),
    ("node", "product_count_in_range", {"product_count": -1}),
    ("node", "content_status_known", {"content_status": "fine"}),
    ("node", "source_known", {"source": "amazon"}),
    ("node", "metadata_object", {"metadata": []}),
    ("node", "opportunity_score_in_range", {"opportunity_score": 101}),
    ("node", "revenue_potential_in_range", {"revenue_potential": -1}),
    ("node", "optimization_status_known", {"optimization_status": ""}),
    ("nodemetric", "unique", {"on": AS_OF}),
    ("nodemetric", "source_known", {"source": "bing"}),
    ("nodemetric", "days_covered_known", {"days_covered": 30}),
    ("nodemetric", "impressions_in_range", {"impressions": -1}),
    ("nodemetric", "clicks_in_range", {"clicks": 10**11 + 1}),
    ("nodemetric", "position_in_range", {"position": float("nan")}),
    ("nodemetric", "sessions_in_range", {"sessions": -1}),
    ("nodemetric", "revenue_in_range", {"revenue": -0.01}),
    ("nodemetric", "transactions_in_range", {"transactions": -1}),
    ("nodemetric", "bounce_rate_in_range", {"bounce_rate": 1.1}),
    ("nodemetric", "avg_session_duration_in_range", {"avg_session_duration": -1}),
    ("analysis", "type_known", {"type": "guess"}),
    ("analysis", "state_known", {"state": "cancelled ", "finished_at": NOW}),
    ("analysis", "options_object", {"options": []}),
    ("analysis", "choices_object", {"choices": []}),
    ("analysis", "node_ids_list", {"node_ids": {}}),
    ("analysis", "result_object", {"result": []}),
    ("analysis", "total_nodes_in_range", {"total_nodes": -1}),
    ("analysis", "finished_when_over", {"state": "completed", "finished_at": None}),
    ("analysis", "finished_when_over", {"state": "processing", "finished_at": NOW}),
    ("noderesult", "unique", {"node": "tea"}),
    ("noderesult", "score_in_range", {"score": -1}),
    ("noderesult", "confidence_in_range", {"confidence": 1.01}),
    ("noderesult", "factors_object", {"factors": []}),
    ("noderesult", "projection_object", {"projection": []}),
    ("noderesult", "priority_in_range", {"priority": 6}),
    ("noderesult", "revenue_potential_in_range", {"revenue_potential": -1}),
    ("noderesult", "projected_lift_in_range", {"projected_lift": -1}),
    ("noderesult", "projected_revenue_in_range", {"projected_revenue": -1}),
    ("noderesult", "combined_value_in_range", {"combined_value": 100.1}),
    ("noderesult", "retry_count_in_range", {"retry_count": -1}),
    ("noderesult", "error_of_failed", {"error": "boom", "succeeded": True}),
    ("noderesult", "error_of_failed", {"succeeded": False}),
    ("noderesult", "error_of_failed", {"error": "boom", "error_kind": ""}),
    ("opportunity", "score_in_range", {"score": 101}),
    ("opportunity", "factors_object", {"factors": []}),
    ("opportunity", "recommendations_list", {"recommendations": {}}),
    ("opportunity", "revenue_potential_in_range", {"revenue_potential": -1}),
    ("opportunity", "priority_in_range", {"priority": 0}),
    ("opportunity", "confidence_in_range", {"confidence": -0.1}),
    ("opportunity", "effort_in_range", {"effort": 101}),
    ("opportunity", "label_known", {"label": "lost cause"}),
    ("opportunity", "valid_after_computed", {"computed_at": NOW, "valid_until": NOW}),
    ("projection", "current_revenue_in_range", {"current_revenue": -1}),
    ("projection", "projected_revenue_in_range", {"projected_revenue": -1}),
    ("projection", "projected_lift_in_range", {"projected_lift": -1}),
    ("projection", "cost_in_range", {"cost": -1}),
    ("projection", "assumptions_object", {"assumptions": []}),
    ("projection", "confidence_in_range", {"confidence": 2}),
    ("projection", "weeks_to_impact_in_range", {"weeks_to_impact": -1}),
    ("projection", "method_known", {"method": "magic"}),
    ("projection", "roi_in_range", {"roi": float("nan")}),
]


def store(table: str, values: dict[str, Any]) -> models.Model:
    """Store a second row of a table beside a good one."""
    project = make_project()
    first, second = make_node(project, "Tea"), make_node(project, "Coffee")
    if table == "project":
        return make_project(**{"name": "Other shop", **values})
    if table == "node":
        return make_node(project, "Cocoa", **values)
    if table == "nodemetric":
        make_metric(first)
        return make_metric(first, **{"on": AS_OF - timedelta(days=1), **values})
    analysis = make_analysis(project)
    if table == "analysis":
        return make_analysis(project, **values)
    if table == "noderesult":
        make_result(analysis, first)
        node = first if values.pop("node", "") == "tea" else second
        return make_result(analysis, node, **values)
    return make_opportunity(first, **values) if table == "opportunity" else make_projection(first, **values)


@pytest.mark.parametrize(("table", "name", "values"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_row_that_cannot_be_true_is_refused(table: str, name: str, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=f"taxonomy_{table}_{name}"), transaction.atomic():
        store(table, dict(values))


@pytest.mark.parametrize("table", sorted({table for table, _, _ in REFUSED}))
def test_a_row_that_can_be_true_is_stored(table: str) -> None:
    assert store(table, {}).pk


def test_every_check_of_the_tables_is_tried() -> None:
    tables = (Project, Node, NodeMetric, NodeResult, Opportunity, Projection)
    checks = {
        constraint.name
        for model in tables
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }
    assert checks <= {f"taxonomy_{table}_{name}" for table, name, _ in REFUSED}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("weights", {"volume": 1}, "must name exactly"),
        ("ctr_curve", [0.3], "must be a list of ten rates"),
        ("seasonality", 0, "must be a number above 0"),
        ("target_position", 11, "must lie between 1 and 10"),
        ("timeframe", "reckless", "not a valid choice"),
        ("name", "corner SHOP", "Another project has this name."),
    ],
)
def test_a_form_names_the_field_and_the_reason(field: str, value: Any, reason: str) -> None:
    make_project()
    project = Project(**{"name": "Other shop", field: value})
    with pytest.raises(ValidationError) as refused:
        project.full_clean()
    assert any(reason in message for message in refused.value.messages)


def test_a_project_hands_its_choices_to_the_formulas() -> None:
    assert make_project().choices == Choices()
    chosen = make_project("Other shop", target_position=1, timeframe="aggressive", seasonality=1.2)
    assert (chosen.choices.target_position, chosen.choices.timeframe) == (1, "aggressive")
    chosen.weights = {"volume": 1}
    with pytest.raises(ChoiceRefused, match="weights"):
        _ = chosen.choices


def test_projects_are_found_by_name_whatever_its_case() -> None:
    project = make_project("Corner shop")
    assert Project.objects.find_by_name(" CORNER shop ") == project
    assert Project.objects.find_by_name("Corner") is None


def test_the_newest_day_counts_the_days_of_a_week() -> None:
    project, other = make_project(), make_project("Other shop")
    first, second = make_node(project, "Tea"), make_node(project, "Coffee")
    assert NodeMetric.objects.find_newest_day(project) is None
    make_metric(first, on=date(2026, 6, 10), days_covered=7)
    make_metric(second, on=date(2026, 6, 12))
    make_metric(second, on=date(2026, 5, 1), days_covered=7)
    make_metric(make_node(other), on=date(2026, 7, 1))
    assert NodeMetric.objects.find_newest_day(project) == date(2026, 6, 16)
    make_metric(second, on=date(2026, 6, 17))
    assert NodeMetric.objects.find_newest_day(project) == date(2026, 6, 17)


def test_deleting_a_project_takes_everything_of_it() -> None:
    project = make_project()
    root = make_node(project, "Tea")
    node = make_measured_node(project, "Green tea", parent=root)
    analysis = make_analysis(project, state="completed")
    make_result(analysis, node)
    make_opportunity(node, analysis=analysis)
    make_projection(node, analysis=analysis)
    project.delete()
    assert not Node.objects.exists()
    assert not any(table.objects.exists() for table in (NodeMetric, NodeResult, Opportunity, Projection))


def test_findings_outlive_the_analysis_that_made_them() -> None:
    node = make_node(make_project())
    analysis = make_analysis(node.project, state="completed")
    opportunity = make_opportunity(node, analysis=analysis)
    analysis.delete()
    opportunity.refresh_from_db()
    assert opportunity.analysis is None


def test_a_made_tree_has_a_root_for_every_hundred() -> None:
    project = make_project()
    nodes = make_tree(project, nodes=250)
    assert len(nodes) == Node.objects.filter(project=project).count() == 250
    assert Node.objects.filter(parent__isnull=True).count() == 3


def test_rows_name_themselves_for_people() -> None:
    node = make_node(make_project(), "Tea")
    assert str(node) == "Tea"
    assert str(Node(external_id="n1")) == "n1"
    assert str(make_opportunity(node)) == f"opportunity of node {node.pk}: 41"


@pytest.mark.parametrize(
    ("group", "may", "may_not"),
    [
        ("viewer", "view_project", "analyse"),
        ("operator", "analyse", "delete_project"),
        ("configurer", "delete_project", "change_opportunity"),
    ],
)
def test_groups_may_do_what_their_names_say(make_user: Any, group: str, may: str, may_not: str) -> None:
    sync_groups()
    user: User = make_user("bo", groups=(group,))
    assert user.has_perm(f"taxonomy.{may}")
    assert not user.has_perm(f"taxonomy.{may_not}")
