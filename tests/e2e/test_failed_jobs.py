"""Jobs that failed: what staff read about them, and how they try again."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from queueproject.queue.models import Batch
from queueproject.sandbox.server import Sandbox
from tests.e2e.conftest import work_off

pytestmark = pytest.mark.browser


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
