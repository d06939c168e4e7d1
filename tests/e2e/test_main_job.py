"""The main job as staff do it: score all deals, watch it, decide, take the ranking home."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from queueproject.queue import operations
from queueproject.queue.models import Batch, Budget
from queueproject.sandbox.server import Sandbox
from scoring.remarketing.models import Score, Universe
from tests.e2e.conftest import LEASE_SECONDS
from tests.processes import run_cluster

pytestmark = [pytest.mark.browser, pytest.mark.e2e]

PASSWORD = "correct horse battery"


def test_staff_score_all_deals_watch_it_decide_and_export(
    open_page: Callable[..., Page], staff: User, universe: Universe, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.control(behaviour={"latency_ms": 500})
    allow(40)
    staff.set_password(PASSWORD)
    staff.save()
    with run_cluster(slots=2, QUEUE_LEASE_SECONDS=str(LEASE_SECONDS), **sandbox.environment):
        page = open_page()
        log_in(page, staff)
        batch = score_all_deals(page, universe)
        watch_it_move(page, batch)
        see_it_on_another_page(page, batch)
        raise_the_limit(page)
        see_it_end(page, batch)
    told_once(page, batch)
    assert Score.objects.filter(universe=universe, scored_by="ai").count() == batch.total_units
    assert sandbox.report()["calls"] == 100
    open_best_deal(page, universe)
    approve_and_undo(page)
    export(page, tmp_path / "ranking.csv")


def get_budget() -> Budget:
    return Budget.objects.get(provider="gemini", window_seconds=60, currency="calls")


def allow(calls_per_minute: int) -> None:
    """Allow so many calls, as somebody else would: fewer than the job takes, so that this binds it."""
    operations.change_budget(get_budget().pk, limit=calls_per_minute, actor="grace")


def log_in(page: Page, staff: User) -> None:
    page.goto("/admin/")
    page.fill("[name=username]", staff.username)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")


def score_all_deals(page: Page, universe: Universe) -> Batch:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Universes").click()
    page.get_by_role("link", name=f"Deals of {universe}").click()
    page.get_by_role("link", name="Score all deals").click()
    offer = page.locator(".r-offer")
    expect(offer).to_contain_text(re.compile(r"Pairs to score\s+480"))
    expect(offer).to_contain_text(re.compile(r"Calls\s*100"))
    expect(offer).to_contain_text(re.compile(r"Ends, started now\s*[\w, ]+ at \d\d:\d\d UTC"))
    expect(offer).to_contain_text(re.compile(r"What binds it\s+40 calls per minute"))
    page.get_by_role("button", name="Start: score 480 pairs").click()
    told = page.locator(".messagelist")
    expect(told).to_contain_text("Queued 480 jobs, skipped 0")
    told.get_by_role("link", name="Follow operation").click()
    return Batch.objects.get()


def watch_it_move(page: Page, batch: Batch) -> None:
    """See the bar of the batch page move, on a page that is never loaded again."""
    page.evaluate("window.kept = true")
    bar = page.locator("#batch [role=progressbar]")
    before = int(bar.get_attribute("aria-valuenow") or 0)
    allow(80)
    expect(bar).not_to_have_attribute("aria-valuenow", str(before), timeout=20_000)
    assert int(bar.get_attribute("aria-valuenow") or 0) > before
    assert page.evaluate("window.kept") is True


def see_it_on_another_page(page: Page, batch: Batch) -> None:
    page.goto(reverse("admin:auth_user_changelist"))
    row = page.locator(f"#activity-{batch.pk}")
    expect(row).to_contain_text("of 480")
    bar = row.get_by_role("progressbar")
    before = int(bar.get_attribute("aria-valuenow") or 0)
    allow(90)
    expect(bar).not_to_have_attribute("aria-valuenow", str(before), timeout=20_000)


def raise_the_limit(page: Page) -> None:
    """Wait until the budget is spent and the page says so, then allow more of it, as a configurer would."""
    page.locator("#q-activity").get_by_role("link").first.click()
    expect(page.locator("#batch-why")).to_contain_text("90 calls per minute", timeout=20_000)
    page.goto(reverse("console:provider", args=["gemini"]))
    budget = get_budget()
    page.fill(f"[name=b{budget.pk}-limit]", "600")
    page.fill(f"[name=b{budget.pk}-reason]", "the account allows more")
    page.press(f"[name=b{budget.pk}-reason]", "Enter")
    expect(page.locator(".messagelist")).to_contain_text("Saved. Workers follow it")


def see_it_end(page: Page, batch: Batch) -> None:
    page.locator(f"#activity-{batch.pk}").get_by_role("link").click()
    expect(page.locator("#batch-percent")).to_have_text("100 %", timeout=30_000)
    expect(page.locator("#batch")).to_contain_text(re.compile(r"Completed\s+480"))
    expect(page.locator("#batch .q-badge").first).to_have_text("completed")
    batch.refresh_from_db()


def told_once(page: Page, batch: Batch) -> None:
    page.goto(reverse("admin:auth_group_changelist"))
    expect(page.locator("#q-told")).to_contain_text("has ended: 480 completed, 0 failed")
    page.goto(reverse("admin:auth_user_changelist"))
    expect(page.locator("#user-tools")).to_be_visible()
    expect(page.locator("#q-told")).to_have_count(0)


def open_best_deal(page: Page, universe: Universe) -> None:
    page.goto(reverse("remarketing:universe", args=[universe.pk]))
    page.locator("#deals td.q-cell-title a").first.click()
    scores = [int(cell) for cell in page.locator("#ranking .r-score b").all_inner_texts()]
    assert len(scores) > 10
    first = page.locator("#ranking tbody tr").first
    expect(first.locator(".r-dimensions dt")).to_have_count(4)
    assert scores[0] == max(scores)


def approve_and_undo(page: Page) -> None:
    name = page.locator("#ranking .r-buyer a").first.inner_text()
    page.get_by_role("button", name=f"Approve {name}").click()
    expect(page.locator(".messagelist")).to_contain_text(f"{name} is approved")
    assert Score.objects.get(status="approved").buyer.company_name == name
    page.get_by_role("button", name=f"Undo: {name}").click()
    expect(page.locator(".messagelist")).to_contain_text(f"{name} is undecided again")
    assert not Score.objects.filter(status="approved").exists()


def export(page: Page, path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    shown = page.locator("#ranking .r-buyer a").first.inner_text()
    assert shown in rows[0].values()
    assert len(rows) == 48
