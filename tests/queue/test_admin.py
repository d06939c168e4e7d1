"""The queue's tables in the admin: read-only, filtered on indexed columns, moved by actions."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queueproject.queue.admin import base
from queueproject.queue.models import (
    Audit,
    Batch,
    BatchJob,
    Budget,
    Job,
    Ledger,
    Provider,
    ProviderEvent,
    SchedulerRun,
    Setting,
)
from queueproject.queue.states import State
from tests.console.rows import make_attempt, make_batch, make_job, make_provider, make_worker

pytestmark = pytest.mark.django_db

JOBS = "admin:queue_job_changelist"
MODELS = (
    "attempt",
    "audit",
    "batch",
    "budget",
    "job",
    "ledger",
    "provider",
    "providerevent",
    "schedulerrun",
    "setting",
    "worker",
)

# Session, user, permissions 4; the estimate, the count, the page 3; the bar 2.
LIST_QUERIES = 9


@pytest.fixture
def client_with(make_user: Callable[..., User]) -> Callable[..., Client]:
    """Log in staff who may view every table, and what else is named."""

    def make(*codenames: str) -> Client:
        user = make_user("-".join(codenames) or "vera")
        wanted = [*codenames, *(f"view_{model}" for model in MODELS)]
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="queue", codename__in=wanted)
        )
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def lane(db: None) -> Provider:
    return make_provider("gemini")


def act(client: Client, action: str, *rows: Any, url: str = JOBS, query: str = "", **fields: str) -> Any:
    selected = {ACTION_CHECKBOX_NAME: [row.pk for row in rows]}
    return client.post(f"{reverse(url)}{query}", {"action": action, **selected, **fields}, follow=True)


def fill(lane: Provider) -> None:
    """Make a row in every table."""
    job = make_job(State.FAILED, batch=make_batch())
    make_attempt(job)
    make_worker()
    Ledger.objects.create(provider=lane, currency="calls", hour=timezone.now())
    ProviderEvent.objects.create(provider=lane, verb="blocked")
    SchedulerRun.objects.create(trigger="cron")
    Setting.objects.create(key="batch_size", value=250)
    Audit.objects.create(actor="ada", action="pause batch", target="batch 1")
    assert Budget.objects.filter(provider=lane).exists()


@pytest.mark.parametrize("model", MODELS)
def test_every_table_is_listed_and_shown_and_cannot_be_written(
    staff_client: Client, lane: Provider, model: str
) -> None:
    fill(lane)
    listed = staff_client.get(reverse(f"admin:queue_{model}_changelist"))
    assert listed.status_code == 200
    row = listed.context["cl"].queryset[0]
    change = reverse(f"admin:queue_{model}_change", args=[row.pk])
    assert staff_client.get(change).status_code == 200
    assert staff_client.post(change, {}).status_code == 403
    assert staff_client.get(reverse(f"admin:queue_{model}_add")).status_code == 403
    assert (
        staff_client.post(reverse(f"admin:queue_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code
        == 403
    )


@pytest.mark.parametrize("model", MODELS)
def test_every_table_is_refused_without_its_permission(
    make_user: Callable[..., User], lane: Provider, model: str
) -> None:
    client = Client()
    client.force_login(make_user("nobody"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse(f"admin:queue_{model}_changelist")).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_every_list_is_shown_when_it_is_empty(staff_client: Client, db: None, model: str) -> None:
    Provider.objects.all().delete()
    assert staff_client.get(reverse(f"admin:queue_{model}_changelist")).status_code == 200


def test_the_list_of_jobs_costs_the_same_however_many_there_are(
    client_with: Callable[..., Client], lane: Provider, django_assert_num_queries: Callable[..., Any]
) -> None:
    client = client_with()
    make_worker()
    for size in (1, 10):
        for number in range(size):
            make_job(State.PENDING, batch=make_batch(f"Batch {number}"))
        with django_assert_num_queries(LIST_QUERIES):
            client.get(reverse(JOBS))


def test_a_large_table_is_counted_by_estimate_and_a_filtered_one_up_to_a_bound(
    lane: Provider, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable[..., Any]
) -> None:
    for _ in range(4):
        make_job(State.FAILED)
    monkeypatch.setattr(base, "estimate_rows", lambda model: 5_000_000)
    monkeypatch.setattr(base, "MOST_COUNTED", 3)
    with django_assert_num_queries(0):
        assert base.EstimatingPaginator(Job.objects.order_by("pk"), 50).count == 5_000_000
    with django_assert_num_queries(1):
        assert base.EstimatingPaginator(Job.objects.filter(state="failed").order_by("pk"), 50).count == 3


def test_a_table_nobody_has_analysed_is_counted(lane: Provider) -> None:
    make_job(State.FAILED)
    assert base.estimate_rows(Job) < base.ESTIMATED_FROM
    assert base.EstimatingPaginator(Job.objects.order_by("pk"), 50).count == 1


@pytest.mark.parametrize(
    "asked",
    [
        "?state=failed",
        "?provider=stockx",
        "?kind=tests.noop",
        "?q=subject:listing/7",
        "?q=subject:listing",
        "?q=state:failed+kind:tests.noop",
        "?q=error:special",
        "?fingerprint=special",
        "?within=1",
        "?batch=77",
        "?q=batch:77",
    ],
)
def test_lists_of_jobs_are_narrowed(staff_client: Client, lane: Provider, asked: str) -> None:
    make_provider("stockx")
    make_job(State.PENDING)
    wanted = make_job(
        State.FAILED,
        provider="stockx",
        kind="tests.noop",
        subject_type="listing",
        subject_id="7",
        fingerprint="special",
        batch=make_batch(pk=77),
    )
    answer = staff_client.get(f"{reverse(JOBS)}{asked}")
    assert answer.status_code == 200
    assert list(answer.context["cl"].queryset) == [wanted]


def test_the_jobs_a_worker_holds_and_those_that_are_held_are_found(
    staff_client: Client, lane: Provider
) -> None:
    running = make_job(State.PROCESSING)
    held = make_job(State.PENDING, held="paused", batch=make_batch(paused=True))
    found = staff_client.get(f"{reverse(JOBS)}?q=worker:{running.worker_id}").context["cl"].queryset
    assert list(found) == [running]
    assert list(staff_client.get(f"{reverse(JOBS)}?held=any").context["cl"].queryset) == [held]
    assert list(staff_client.get(f"{reverse(JOBS)}?held=in_flight").context["cl"].queryset) == []


@pytest.mark.parametrize("typed", ["colour:red", "twelve", "batch:x"])
def test_a_search_that_is_not_understood_says_what_is(
    staff_client: Client, lane: Provider, typed: str
) -> None:
    make_job(State.PENDING)
    answer = staff_client.get(reverse(JOBS), {"q": typed})
    assert not answer.context["cl"].queryset
    assert "“" in answer.content.decode()


def test_actions_need_the_permission_to_operate(client_with: Callable[..., Client], lane: Provider) -> None:
    job = make_job(State.FAILED)
    viewer = client_with()
    assert 'name="action"' not in viewer.get(reverse(JOBS)).content.decode()
    act(viewer, "retry_jobs", job)
    job.refresh_from_db()
    assert job.state == State.FAILED
    act(client_with("operate"), "retry_jobs", job)
    job.refresh_from_db()
    assert job.state == State.PENDING


def test_one_job_is_moved_at_once_and_the_list_keeps_its_filter(
    client_with: Callable[..., Client], lane: Provider
) -> None:
    query = "?state=failed&provider=gemini"
    answer = act(client_with("operate"), "retry_jobs", make_job(State.FAILED), query=query)
    assert answer.redirect_chain == [(f"{reverse(JOBS)}{query}", 302)]
    assert "1 retried" in answer.content.decode()
    assert Audit.objects.get().actor == "operate"


def test_many_are_moved_after_asking_and_refusals_are_told(
    client_with: Callable[..., Client], lane: Provider
) -> None:
    client = client_with("operate")
    rows = [make_job(State.FAILED), make_job(State.CANCELLED), make_job(State.COMPLETED)]
    asked = act(client, "retry_jobs", *rows)
    assert "Retry 3 jobs?" in asked.content.decode()
    assert Job.objects.filter(state=State.PENDING).count() == 0
    done = act(client, "retry_jobs", *rows, confirmed="yes", reason="the model is back")
    assert "2 retried, 1 refused: already completed" in done.content.decode()
    assert Audit.objects.get().reason == "the model is back"


def test_all_that_match_a_filter_are_moved_beyond_the_page(
    client_with: Callable[..., Client], lane: Provider
) -> None:
    client = client_with("operate")
    rows = [make_job(State.FAILED) for _ in range(60)]
    other = make_job(State.FAILED, fingerprint="other")
    query = "?q=error:abc123"
    asked = act(client, "retry_jobs", rows[0], query=query, select_across="1")
    page = asked.content.decode()
    assert "Retry 60 jobs?" in page
    assert 'name="select_across" value="1"' in page
    act(client, "retry_jobs", rows[0], query=query, select_across="1", confirmed="yes")
    assert Job.objects.filter(state=State.PENDING).count() == 60
    other.refresh_from_db()
    assert other.state == State.FAILED


def test_stuck_jobs_are_reset_and_waiting_ones_cancelled(
    client_with: Callable[..., Client], lane: Provider
) -> None:
    client = client_with("operate")
    stuck, waiting = make_job(State.PROCESSING), make_job(State.RATE_LIMITED)
    act(client, "reset_jobs", stuck)
    act(client, "cancel_jobs", waiting)
    stuck.refresh_from_db()
    waiting.refresh_from_db()
    assert (stuck.state, stuck.worker_id, waiting.state) == (State.PENDING, None, State.CANCELLED)


def test_batches_are_cancelled_and_retried_by_selection(
    client_with: Callable[..., Client], lane: Provider
) -> None:
    client, batches = client_with("operate"), [make_batch("One"), make_batch("Two", failed_units=1)]
    waiting = make_job(State.PENDING, batch=batches[0])
    failed = make_job(State.FAILED, batch=batches[1])
    url = "admin:queue_batch_changelist"
    act(client, "retry_failed_jobs", batches[1], url=url)
    failed.refresh_from_db()
    assert failed.state == State.PENDING
    act(client, "cancel_batches", *batches, url=url, confirmed="yes")
    assert set(Job.objects.values_list("state", flat=True)) == {State.CANCELLED}
    waiting.refresh_from_db()
    assert Batch.objects.get(pk=batches[0].pk).cancelled_by == "operate"


def test_a_jobs_page_tells_why_it_waits_what_it_tried_and_who_else_asked(
    client_with: Callable[..., Client], lane: Provider
) -> None:
    job = make_job(
        State.PENDING, payload={"listing_id": 7}, options={"rescore": True}, batch=make_batch("First")
    )
    make_attempt(job)
    make_attempt(job, number=2, outcome="deferred", status=429, retry_after_seconds=37)
    BatchJob.objects.create(batch=make_batch("Second"), job=job)
    page = client_with("operate").get(reverse("admin:queue_job_change", args=[job.pk])).content.decode()
    assert "No worker lives. Start one: python manage.py qcluster" in page
    assert "&quot;listing_id&quot;: 7" in page
    assert "&quot;rescore&quot;: true" in page
    assert "37 s" in page
    assert "1.3 s" in page
    assert ">Second</a>" in page
    assert reverse("console:act_on_job", args=[job.pk, "cancel"]) in page
    assert reverse("console:act_on_job", args=[job.pk, "retry"]) not in page


def test_a_viewer_of_a_jobs_page_has_no_buttons(client_with: Callable[..., Client], lane: Provider) -> None:
    job = make_job(State.FAILED)
    page = client_with().get(reverse("admin:queue_job_change", args=[job.pk])).content.decode()
    assert "503 The model is overloaded" in page
    assert f"/jobs/{job.pk}/" not in page


def test_a_jobs_page_costs_the_same_with_many_attempts(
    client_with: Callable[..., Client], lane: Provider, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    job, client = make_job(State.FAILED), client_with()
    make_worker()
    for _ in range(10):
        make_attempt(job)
    # Session, user, permissions 4; job, attempts, other batches 3; the bar 2; the content type 1, once.
    with django_assert_max_num_queries(10):
        client.get(reverse("admin:queue_job_change", args=[job.pk]))


def test_one_job_is_cancelled_from_its_page_after_asking(
    client_with: Callable[..., Client], lane: Provider
) -> None:
    client, job = client_with("operate"), make_job(State.PENDING)
    url = reverse("console:act_on_job", args=[job.pk, "cancel"])
    assert "Cancel: job" in client.get(url).content.decode()
    page = client.post(url, {"reason": "not wanted"}, follow=True).content.decode()
    assert "1 cancelled" in page
    job.refresh_from_db()
    assert job.state == State.CANCELLED
