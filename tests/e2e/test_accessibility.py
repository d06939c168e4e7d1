"""Pages that everybody can use: the rules of axe, in light and dark, on a desk and on a telephone."""

import os
from collections.abc import Callable
from typing import Literal

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from queueproject.queue.models import Batch
from scoring.remarketing.models import Score, Universe
from scoring.remarketing.services import scoring
from scoring.remarketing.services.plans import plan_deals
from tests.e2e import axe, packages

pytestmark = pytest.mark.browser


@pytest.fixture
def pages(universe: Universe, failed: Batch) -> dict[str, str]:
    """Name the pages of a busy day: a batch runs, jobs failed, one deal is scored."""
    links = universe.listing_links.order_by("pk")[2:4]
    running = scoring.start(plan_deals(universe, listings=[link.listing for link in links]), label="Two more")
    scored, tier = Score.objects.order_by("composite_score").values_list("listing_id", "tier")[0]
    return {
        "dashboard": reverse("console:dashboard"),
        "batch": reverse("console:batch", args=[running.batch.pk]),
        "failed batch": reverse("console:batch", args=[failed.pk]),
        "failures": reverse("console:failures"),
        "health": reverse("console:health"),
        "universe": reverse("remarketing:universe", args=[universe.pk]),
        "matching": f"{reverse('remarketing:matching', args=[universe.pk, scored])}?tier={tier}",
        "confirmation": f"{reverse('remarketing:start', args=['universe-deals'])}?ids={universe.pk}",
    }


@pytest.fixture(scope="module")
def rules() -> None:
    """Have axe at hand; skip where it cannot be fetched, fail where it is required."""
    try:
        axe.get_script()
    except packages.NotFetched as error:
        if os.environ.get("QUEUEPROJECT_REQUIRE_BROWSER") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.mark.usefixtures("rules")
def test_pages_break_no_rule_and_fit_their_width(
    signed_in: Callable[..., Page], pages: dict[str, str]
) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    found = {scheme: find_faults(signed_in(color_scheme=scheme), pages) for scheme in schemes}
    assert found == {"light": {}, "dark": {}}


def find_faults(page: Page, pages: dict[str, str]) -> dict[str, list[str]]:
    """Look at pages on a desk and on a telephone; return what is wrong, by page and width."""
    found = {}
    for name, url in pages.items():
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(url)
        found[f"{name}, 1280"] = axe.find_violations(page) + find_overflow(page)
        page.set_viewport_size({"width": 390, "height": 844})
        found[f"{name}, 390"] = axe.find_violations(page) + find_overflow(page)
    return {where: faults for where, faults in found.items() if faults}


def find_overflow(page: Page) -> list[str]:
    """Describe how far a page is wider than its window."""
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{too_wide} px too wide"] if too_wide > 0 else []
