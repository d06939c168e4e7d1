"""The dashboard: what it shows, with rows and without, and what it costs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queueproject.queue.models import BudgetEntry, Ledger, Provider, SchedulerRun
from queueproject.queue.states import State
from tests.console.rows import make_batch, make_job, make_provider, make_worker

pytestmark = pytest.mark.django_db
REFRESH = {"HX-Request": "true"}

# Session, user, permissions 4; a bound on the rest 3; the lanes 4; runs, workers, failures 3; running, what
# is left of them, ended 3; nobody works 1.
REFRESH_QUERIES = 18
# The bar on top: running batches, nobody works.
BAR_QUERIES = 2


def fill(times: int) -> None:
    """Make every kind of row that the dashboard shows, so many times."""
    for number in range(times):
        batch = make_batch(f"Batch {number}", completed_units=4, failed_units=1)
        make_batch(f"Ended {number}", state="completed")
        make_job(State.PENDING, batch=batch)
        make_job(State.RATE_LIMITED, batch=batch)
        make_job(State.PENDING, batch=batch, held="paused")
        make_job(State.PROCESSING, batch=batch, lease_token=number + 1)
        make_job(State.FAILED, fingerprint=f"print{number}", last_error=f"error {number}")
        SchedulerRun.objects.create(trigger="cron")


def show(client: Client) -> str:
    answer = client.get(reverse("console:dashboard"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_queue_says_what_to_do_next(viewer: Client, db: None) -> None:
    Provider.objects.all().delete()
    page = show(viewer)
    assert "No provider is known yet" in page
    assert "Nothing runs." in page
    assert "No failed jobs." in page
    assert "python manage.py qcluster" in page
    assert "The scheduler has not run yet" in page
    assert "No operation has ended yet." in page


def test_budgets_show_used_of_allowed_with_what_is_reserved(viewer: Client, gemini: Provider) -> None:
    now = timezone.now()
    for token in range(4):
        BudgetEntry.objects.create(
            provider=gemini, currency="calls", lease_token=token, amount=3, spent_at=now, answered_at=now
        )
    BudgetEntry.objects.create(provider=gemini, currency="calls", lease_token=9, amount=2)
    old = now - timedelta(minutes=5)
    BudgetEntry.objects.create(
        provider=gemini, currency="calls", lease_token=10, amount=7, spent_at=old, answered_at=old
    )
    page = show(viewer)
    assert 'aria-label="calls per minute: 14 of 30 used"' in page
    assert "2 reserved" in page


def test_a_slowed_provider_shows_the_limit_in_force_and_the_one_set(viewer: Client, gemini: Provider) -> None:
    make_provider("gemini", rate_factor=0.5)
    page = show(viewer)
    assert "of 15" in page
    assert "(limit 30)" in page
    assert "50 % of limits" in page


def test_the_current_hour_is_shown_and_the_last_is_not(viewer: Client, gemini: Provider) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    Ledger.objects.create(provider=gemini, currency="calls", hour=hour, allowed=1800, spent=411, refused=3)
    Ledger.objects.create(provider=gemini, currency="calls", hour=hour - timedelta(hours=1), spent=90210)
    page = show(viewer)
    assert "411 of 1,800" in page
    assert "3 refused" in page
    assert "90,210" not in page


def test_a_blocked_provider_counts_down(viewer: Client, gemini: Provider) -> None:
    make_provider("gemini", blocked_until=timezone.now() + timedelta(seconds=95))
    page = show(viewer)
    assert "The provider said wait: opens" in page
    assert "in 1 min 3" in page


def test_a_fault_of_the_account_stands_first_and_links_to_the_provider(
    viewer: Client, gemini: Provider
) -> None:
    make_provider("gemini", paused_at=timezone.now(), paused_reason="API key not valid", fault="bad_key")
    page = show(viewer)
    warnings = page[page.index('id="warnings"') : page.index('id="h-lanes"')]
    assert "gemini is paused by a fault of its account (bad key): API key not valid" in warnings
    assert reverse("console:provider", args=["gemini"]) in warnings


def test_depth_is_counted_by_state_and_links_to_the_jobs(viewer: Client, gemini: Provider) -> None:
    batch = make_batch(paused=True)
    for _ in range(3):
        make_job(State.PENDING)
    make_job(State.SCHEDULED)
    make_job(State.RATE_LIMITED)
    for _ in range(2):
        make_job(State.PENDING, held="paused", batch=batch)
    make_job(State.PROCESSING)
    make_job(State.FAILED)
    make_job(State.COMPLETED)
    page = show(viewer)
    for count, words in (
        (3, "pending"),
        (1, "scheduled"),
        (1, "rate limited"),
        (2, "held"),
        (1, "processing"),
        (1, "failed"),
    ):
        assert f"<b>{count}</b> {words}" in page
    assert f"{reverse('admin:queue_job_changelist')}?provider=gemini&amp;state=pending" in page


def test_waiting_jobs_without_a_worker_are_a_warning_with_the_command(
    viewer: Client, gemini: Provider
) -> None:
    make_job(State.PENDING)
    assert "1 jobs wait and no worker lives" in show(viewer)
    make_worker()
    assert "no worker lives" not in show(viewer)


def test_a_running_batch_shows_its_progress_and_its_end_by_budget(operator: Client, gemini: Provider) -> None:
    batch = make_batch("Score all deals", total_units=100, completed_units=25, failed_units=5)
    for _ in range(70):
        make_job(State.PENDING, batch=batch)
    page = show(operator)
    row = page[page.index(f'id="running-{batch.pk}"') : page.index('id="h-failed"')]
    assert "Score all deals: 25 completed, 5 failed of 100" in row
    assert "30 of 100" in row
    assert "in 1 min 5" in row  # 70 calls at 30 a minute: two more windows after this one
    assert 'aria-label="Pause Score all deals"' in row
    assert 'aria-label="Cancel Score all deals"' in row


def test_jobs_that_share_calls_end_sooner(operator: Client, gemini: Provider) -> None:
    batch = make_batch("Mixed", total_units=70)
    for number in range(60):
        make_job(State.PENDING, batch=batch, kind="tests.grouped", group_key=str(number // 5))
    for _ in range(10):
        make_job(State.PENDING, batch=batch, kind="tests.call")
    row = show(operator).split(f'id="running-{batch.pk}"')[1]
    assert row.index("in 4 s") < row.index("</tr>")  # 12 + 10 calls of two seconds, ten at once


def test_a_paused_batch_ends_when_it_is_resumed(operator: Client, gemini: Provider) -> None:
    batch = make_batch(paused=True)
    make_job(State.PENDING, held="paused", batch=batch)
    page = show(operator)
    assert "when resumed" in page
    assert reverse("console:act_on_batch", args=[batch.pk, "resume"]) in page


def test_a_worker_whose_heartbeat_is_old_is_marked_lost(viewer: Client, gemini: Provider) -> None:
    make_worker(host="young")
    make_worker(host="older", heartbeat_at=timezone.now() - timedelta(seconds=40))
    make_worker(host="gone", heartbeat_at=timezone.now() - timedelta(seconds=90))
    page = show(viewer)
    for host, level in (("young", "ok"), ("older", "near"), ("gone", "lost")):
        row = page[page.index(f"{host}:4711") :]
        assert row.index(f"q-beat-{level}") < row.index("</tr>")


def test_a_refresh_draws_the_live_part_alone(viewer: Client, gemini: Provider) -> None:
    page = viewer.get(reverse("console:dashboard"), headers=REFRESH).content.decode()
    assert page.strip().startswith('<div id="dashboard"')
    assert "<html" not in page
    assert "data-poll-seconds" in page


def test_a_refresh_costs_the_same_however_much_there_is(
    viewer: Client, gemini: Provider, django_assert_num_queries: Callable[..., Any]
) -> None:
    url = reverse("console:dashboard")
    for times in (1, 5):
        fill(times)
        with django_assert_num_queries(REFRESH_QUERIES):
            viewer.get(url, headers=REFRESH)


def test_the_whole_page_costs_the_bar_more(
    viewer: Client, gemini: Provider, django_assert_num_queries: Callable[..., Any]
) -> None:
    fill(3)
    with django_assert_num_queries(REFRESH_QUERIES + BAR_QUERIES):
        viewer.get(reverse("console:dashboard"))


def test_the_scheduler_runs_from_its_button_and_says_what_came_of_it(
    operator: Client, gemini: Provider
) -> None:
    answer = operator.post(reverse("console:run_scheduler"), follow=True)
    run = SchedulerRun.objects.get()
    assert (run.trigger, run.actor) == ("console", "oscar")
    assert run.finished_at is not None
    assert "The scheduler ran" in answer.content.decode()


def test_the_front_page_of_the_admin_leads_to_the_dashboard(viewer: Client) -> None:
    page = viewer.get(reverse("admin:index")).content.decode()
    assert page.count(f'href="{reverse("console:dashboard")}"') == 2
