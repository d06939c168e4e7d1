"""Pages that refresh themselves leave what a person does alone, and are whole without JavaScript."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Response, expect

from queueproject.queue.models import Batch
from queueproject.sandbox.server import Sandbox
from scoring.remarketing.models import Score, Universe
from scoring.remarketing.services import scoring
from scoring.remarketing.services.plans import FitOptions, plan_deals
from tests.e2e.conftest import work_off

pytestmark = pytest.mark.browser


@contextmanager
def refreshed(page: Page) -> Iterator[None]:
    """Leave the block only when the page has asked for its live part again, and drawn it."""
    url = page.url

    def is_live_part(response: Response) -> bool:
        return response.url == url and response.request.headers.get("hx-request") == "true"

    with page.expect_response(is_live_part):
        yield
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def get_on(batch: Batch) -> None:
    """Count a third of a batch as done, which changes figures and moves nothing on a page."""
    Batch.objects.filter(pk=batch.pk).update(completed_units=48)


def test_a_refresh_of_the_dashboard_keeps_scroll_focus_and_selected_text(
    signed_in: Callable[..., Page], waiting: Batch
) -> None:
    page = signed_in(height=400)
    page.goto(reverse("console:dashboard"))
    page.locator("#h-workers a").focus()
    page.evaluate("getSelection().selectAllChildren(document.getElementById('h-runs'))")
    selected = page.evaluate("String(getSelection())")
    page.evaluate("window.scrollTo(0, 300)")
    top = page.evaluate("window.scrollY")
    with refreshed(page):
        get_on(waiting)
    expect(page.locator(f"#running-{waiting.pk}")).to_contain_text("48 of 144")
    assert page.evaluate("window.scrollY") == top > 0
    assert page.evaluate("String(getSelection())") == selected != ""
    assert page.evaluate("document.activeElement.closest('h2').id") == "h-workers"


def test_a_refresh_of_a_batch_keeps_scroll_and_open_details(
    signed_in: Callable[..., Page], waiting: Batch
) -> None:
    page = signed_in(height=400)
    page.goto(reverse("console:batch", args=[waiting.pk]))
    page.get_by_text("Options", exact=True).click()
    page.evaluate("window.scrollTo(0, 200)")
    top = page.evaluate("window.scrollY")
    with refreshed(page):
        get_on(waiting)
    expect(page.locator("#batch-percent")).to_have_text("33 %")
    expect(page.locator("details pre")).to_be_visible()
    assert page.evaluate("window.scrollY") == top > 0


def test_a_refresh_of_a_ranking_keeps_ticks_open_reasons_and_scroll(
    signed_in: Callable[..., Page], universe: Universe, half_scored: int
) -> None:
    page = signed_in()
    page.goto(reverse("remarketing:matching", args=[universe.pk, half_scored]))
    row = page.locator("#ranking tbody tr").nth(3)
    name = row.locator(".r-buyer a").inner_text()
    row.get_by_role("checkbox").check()
    row.locator("summary").click()
    page.evaluate("window.scrollTo(0, 500)")
    top = page.evaluate("window.scrollY")
    best = Score.objects.get(listing=half_scored, buyer__company_name=name)
    with refreshed(page):
        Score.objects.filter(pk=best.pk).update(is_stale=True)
    row = page.locator("#ranking tbody tr", has=page.get_by_role("link", name=name, exact=True))
    expect(row.locator(".q-is-stale")).to_be_visible()
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(row.locator("details li").first).to_be_visible()
    assert page.evaluate("window.scrollY") == top > 0


@pytest.fixture
def half_scored(universe: Universe, failed: Batch, sandbox: Sandbox) -> int:
    """Return the deal whose buyers are scored, while a batch scores it once more."""
    scored = Score.objects.values_list("listing_id", flat=True)[0]
    links = universe.listing_links.filter(listing=scored)
    plan = plan_deals(universe, listings=[link.listing for link in links], options=FitOptions(rescore=True))
    scoring.start(plan, label="Score again")
    return scored


def test_without_javascript_pages_are_whole_and_buttons_work(
    signed_in: Callable[..., Page], waiting: Batch, universe: Universe
) -> None:
    page = signed_in(javascript=False)
    page.goto(reverse("console:dashboard"))
    row = page.locator(f"#running-{waiting.pk}")
    expect(row).to_contain_text("0 of 144")
    row.get_by_role("button", name="Pause").click()
    expect(page.locator(".messagelist")).to_contain_text("Paused.")
    expect(page.locator("#q-activity")).to_contain_text("paused")
    row.get_by_role("button", name="Resume").click()
    expect(page.locator(".messagelist")).to_contain_text("Resumed.")
    work_off()
    page.goto(reverse("console:batch", args=[waiting.pk]))
    expect(page.locator("#batch")).to_contain_text(re.compile(r"Completed\s+144"))
    expect(page.locator("#q-told")).to_contain_text("144 completed")
    page.goto(reverse("remarketing:universe", args=[universe.pk]))
    page.locator("#deals td.q-cell-title a").first.click()
    page.locator("#ranking").get_by_role("button", name=re.compile("^Approve")).first.click()
    expect(page.locator(".messagelist")).to_contain_text("is approved")
