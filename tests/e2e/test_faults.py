"""What staff see when work does not get done, and how they mend it."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import Settings

from queueproject.queue.models import Batch, Provider
from queueproject.sandbox.server import Sandbox
from tests.e2e.conftest import work_off

pytestmark = pytest.mark.browser

COMMAND = "python manage.py qcluster"


def test_without_a_worker_every_page_names_the_command_that_starts_one(
    signed_in: Callable[..., Page], waiting: Batch
) -> None:
    page = signed_in()
    page.goto(reverse("admin:auth_user_changelist"))
    expect(page.get_by_role("alert")).to_contain_text(f"no worker lives. Start one: {COMMAND}")
    page.goto(reverse("console:dashboard"))
    expect(page.locator("#warnings")).to_contain_text("144 jobs wait and no worker lives.")
    expect(page.locator("#warnings code")).to_have_text(COMMAND)
    page.goto(reverse("console:batch", args=[waiting.pk]))
    expect(page.locator("#batch-why")).to_contain_text("worker")


def test_a_mistyped_key_is_named_tested_and_mended(
    signed_in: Callable[..., Page], waiting: Batch, sandbox: Sandbox, settings: Settings
) -> None:
    right_key, settings.GEMINI_API_KEY = settings.GEMINI_API_KEY, "mistyped"
    sandbox.control(behaviour={"bad_keys": ["mistyped"]})
    work_off()
    page = signed_in()
    page.goto(reverse("console:dashboard"))
    expect(page.locator("#warnings")).to_contain_text("gemini is paused by a fault of its account (bad key")
    expect(page.locator("#lane-gemini")).to_contain_text("API key not valid")
    page.get_by_role("link", name="Look at gemini").click()
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator(".messagelist")).to_contain_text("Gemini does not work (bad key")

    settings.GEMINI_API_KEY = right_key
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator(".messagelist")).to_contain_text("Gemini answers")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".messagelist")).to_contain_text("Resumed.")
    assert Provider.objects.get(key="gemini").paused_at is None
    work_off()
    page.goto(reverse("console:batch", args=[waiting.pk]))
    expect(page.locator("#batch")).to_contain_text(re.compile(r"Completed\s+144"))
