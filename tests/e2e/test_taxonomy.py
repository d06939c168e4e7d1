"""A product tree as staff analyse it: start, watch it move, reach what is worth doing; and the look of it."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from queueproject.queue import drains, providers
from scoring.taxonomy.demo import load_demo
from scoring.taxonomy.models import Analysis, Node, Opportunity, Project
from scoring.taxonomy.services import start_analysis
from scoring.taxonomy.synthetic import make_up_metrics
from tests.e2e.conftest import LEASE_SECONDS
from tests.e2e.test_accessibility import find_faults, rules
from tests.processes import run_cluster
from tests.scoring.taxonomy.factories import make_project, make_tree
from tests.scoring.taxonomy.working import drain

__all__ = ["rules"]

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Store a tree of 1,500 nodes with made-up figures."""
    monkeypatch.setattr(drains, "LEASE_SECONDS", float(LEASE_SECONDS))
    providers.sync_providers()
    project = make_project("Grocery")
    make_tree(project, nodes=1_500)
    make_up_metrics(project)
    return project


@pytest.mark.e2e
def test_staff_start_an_analysis_watch_it_move_and_reach_the_ranking(
    signed_in: Callable[..., Page], shop: Project, page_problems: list[str]
) -> None:
    page = signed_in()
    page.goto("/admin/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Product trees").click()
    page.get_by_role("link", name="Grocery").click()
    expect(page.locator("#synthetic")).to_contain_text("made up")
    page.get_by_role("link", name="Start an analysis").click()
    page.fill("[name=batch_size]", "0")
    page.get_by_role("button", name="Start the analysis").click()
    expect(page.locator(".q-field-error")).to_contain_text("greater than or equal to 1")
    page_problems.clear()  # the refusal itself, which is a 400
    page.fill("[name=batch_size]", "5")
    page.fill("[name=concurrency]", "1")
    page.get_by_role("button", name="Start the analysis").click()
    expect(page.locator("#analysis-percent")).to_have_text("0 %")
    page.evaluate("window.kept = true")
    with run_cluster(slots=2, QUEUE_LEASE_SECONDS=str(LEASE_SECONDS)):
        see_it_move(page)
        expect(page.locator("#analysis-percent")).to_have_text("100 %", timeout=90_000)
    assert page.evaluate("window.kept") is True
    expect(page.locator("#analysis")).to_contain_text(re.compile(r"Succeeded\s+1,500"))
    expect(page.locator("#analysis[data-poll-seconds]")).to_have_count(0)
    page.get_by_role("link", name="Ranked opportunities").click()
    scores = [int(cell) for cell in page.locator("#ranking .t-score b").all_inner_texts()]
    assert len(scores) == 50
    assert (
        scores[0] == max(scores) == Opportunity.objects.order_by("-score").values_list("score", flat=True)[0]
    )


def see_it_move(page: Page) -> None:
    """See the bar at two counts between nothing and all, on a page that is never loaded again."""
    bar = page.locator("#analysis [role=progressbar]")
    expect(bar).not_to_have_attribute("aria-valuenow", "0", timeout=60_000)
    before = int(bar.get_attribute("aria-valuenow") or 0)
    expect(bar).not_to_have_attribute("aria-valuenow", str(before), timeout=60_000)
    assert int(bar.get_attribute("aria-valuenow") or 0) > before


def test_the_tree_is_opened_level_by_level(signed_in: Callable[..., Page], shop: Project) -> None:
    page = signed_in()
    page.goto(reverse("taxonomy:tree", args=[shop.pk]))
    expect(page.locator(".t-leaf")).to_have_count(0)
    page.locator(".t-branch summary").first.click(position={"x": 4, "y": 8})
    expect(page.locator(".t-leaf")).to_have_count(99)
    page.locator(".t-leaf a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Leaf 1")


@pytest.fixture
def pages(transactional_db: None) -> dict[str, str]:
    """Name the pages of a shop that was analysed twice and is being analysed again."""
    providers.sync_providers()
    project = load_demo()
    for _ in range(2):
        ended = start_analysis(project, type="full_analysis", actor="ada")
        drain()
    running = start_analysis(project, type="scoring", actor="ada")
    best = (
        Node.objects.filter(project=project).order_by("-opportunity_score").exclude(opportunity_score=None)[0]
    )
    assert Analysis.objects.get(pk=ended.pk).state == "completed"
    whole = {
        name: reverse(f"taxonomy:{name}", args=[project.pk])
        for name in ("project", "start", "opportunities", "tree", "compare")
    }
    return {
        "projects": reverse("taxonomy:projects"),
        **whole,
        "import": reverse("taxonomy:import", args=[project.pk, "metrics"]),
        "running": reverse("taxonomy:analysis", args=[running.pk]),
        "ended": reverse("taxonomy:analysis", args=[ended.pk]),
        "failed": reverse("taxonomy:failed", args=[ended.pk]),
        "node": reverse("taxonomy:node", args=[best.pk]),
    }


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_break_no_rule_and_fit_their_width(
    signed_in: Callable[..., Page], pages: dict[str, str], scheme: Literal["light", "dark"]
) -> None:
    assert find_faults(signed_in(color_scheme=scheme), pages) == {}
