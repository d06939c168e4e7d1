"""Jobs that failed: what staff read about them, and how they try again."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from queueproject.queue.models import Batch
from queueproject.sandbox.behaviour import Fault
from queueproject.sandbox.server import Sandbox
from scoring.remarketing.models import Listing, Universe
from scoring.remarketing.services import scoring
from scoring.remarketing.services.plans import plan_deals
from tests.e2e.conftest import work_off

pytestmark = pytest.mark.browser


@pytest.fixture
def failed(universe: Universe, sandbox: Sandbox) -> Batch:
    """Score two deals, one of which Gemini answers with half a document."""
    spoilt, other = universe.listing_links.order_by("pk")[:2]
    title = Listing.objects.get(pk=spoilt.listing_id).title
    sandbox.control(script=(Fault(answer="malformed", kind="cut_json", times=None, contains=title),))
    plan = plan_deals(universe, listings=[spoilt.listing, other.listing])
    batch = scoring.start(plan, label="Score two deals").batch
    # The first answer decides; that a job has three tries otherwise is tested where tries are.
    batch.jobs.update(max_attempts=1)
    work_off()
    batch.refresh_from_db()
    assert (batch.completed_units, batch.failed_units) == (48, 48)
    return batch


def test_a_group_of_failures_is_read_and_retried_from_the_page(
    signed_in: Callable[..., Page], failed: Batch, sandbox: Sandbox
) -> None:
    page = signed_in()
    page.goto(reverse("console:failures"))
    groups = page.locator("#failure-groups tbody tr")
    expect(groups).to_have_count(1)
    expect(groups.first).to_contain_text("remarketing.score_fit")
    expect(groups.first.locator("td[data-label=All]")).to_have_text("48")
    groups.first.locator("td.q-error-text a").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(48)
    sandbox.control(clear_script=True)
    page.go_back()
    page.get_by_role("link", name=re.compile("^Retry 48 jobs")).click()
    page.get_by_label("Reason").fill("Gemini answers whole again")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".messagelist")).to_contain_text("48 retried")
    expect(page.locator("#failures")).to_contain_text("No failed jobs.")
    work_off()
    page.goto(reverse("console:batch", args=[failed.pk]))
    expect(page.locator("#batch")).to_contain_text(re.compile(r"Completed\s+96"))
    expect(page.locator("#batch .q-badge").first).to_have_text("completed")
