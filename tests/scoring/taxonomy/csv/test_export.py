"""An export holds what was found and nothing that differs between equal runs."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scoring.taxonomy.csv.export import COLUMNS, export_analysis, stream_analysis
from scoring.taxonomy.models import Analysis, Project
from tests.scoring.taxonomy.factories import make_analysis, make_node, make_project, make_result

pytestmark = pytest.mark.django_db

FACTORS = {"volume": 0.7168419516, "ctr_gap": 0.3478, "position": 7 / 19, "competition": 0.5, "revenue": 0}


def make_run(project: Project) -> Analysis:
    analysis = make_analysis(project, state="completed")
    for node in project.nodes.order_by("pk"):
        if node.title == "Broken":
            make_result(analysis, node, error="Batch timeout", error_kind="timeout", retry_count=3)
            continue
        make_result(
            analysis,
            node,
            has_data=True,
            score=41,
            factors=FACTORS,
            priority=4,
            confidence=0.875,
            revenue_potential="1728.70",
            projected_revenue=3120,
            projected_lift=2560,
            combined_value=15.694000000000004,
        )
    return analysis


@pytest.fixture
def project() -> Project:
    project = make_project()
    for external_id, title in (("b", "Tea"), ("B", "=1+1"), ("a", "Broken"), ("ä", "Käse")):
        make_node(project, title, external_id=external_id)
    return project


def read(analysis: Analysis) -> list[str]:
    file = io.StringIO(newline="")
    assert export_analysis(analysis, file) == analysis.node_results.count()
    return file.getvalue().split("\r\n")


def test_results_come_by_node_with_fixed_decimals_and_harmless_text(project: Project) -> None:
    figures = (
        "yes,yes,41,0.716842,0.347800,0.368421,0.500000,0.000000,4,0.8750,1728.70,3120.00,2560.00,15.6940,"
    )
    assert read(make_run(project)) == [
        ",".join(COLUMNS),
        f"B,'=1+1,{figures}",
        "a,Broken,no,no,,,,,,,,,,,,,Batch timeout",
        f"b,Tea,{figures}",
        f"ä,Käse,{figures}",
        "",
    ]


def test_two_runs_that_found_the_same_export_the_same_bytes(project: Project) -> None:
    first = make_run(project)
    for node in project.nodes.order_by("-pk"):
        node.save()
    assert read(first) == read(make_run(project))


def test_figures_that_an_analysis_did_not_look_for_stay_empty(project: Project) -> None:
    analysis = make_analysis(project, type="revenue", state="completed")
    make_result(analysis, project.nodes.get(title="Tea"), has_data=True, projected_lift=5)
    assert read(analysis)[1] == "b,Tea,yes,yes,,,,,,,,,,,5.00,,"


def test_the_command_writes_to_the_terminal_or_into_a_file(project: Project, tmp_path: Path) -> None:
    analysis = make_run(project)
    out = io.StringIO()
    call_command("export_analysis", str(analysis.pk), stdout=out)
    file = tmp_path / "results.csv"
    call_command("export_analysis", str(analysis.pk), str(file), bom=True)
    assert file.read_bytes().decode("utf-8-sig").splitlines() == out.getvalue().splitlines()
    assert len(out.getvalue().splitlines()) == 5
    with pytest.raises(CommandError, match="cannot be written") as caught:
        call_command("export_analysis", str(analysis.pk), str(tmp_path / "no" / "out.csv"))
    assert caught.value.returncode == 2
    with pytest.raises(CommandError, match="There is no analysis"):
        call_command("export_analysis", "00000000-0000-0000-0000-000000000000")


def test_an_export_is_read_in_a_fixed_number_of_queries(
    project: Project, django_assert_num_queries: "pytest.FixtureRequest"
) -> None:
    analysis = make_run(project)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(list(stream_analysis(analysis))) == 5
