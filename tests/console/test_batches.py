"""A batch's page, its progress endpoint, its exports and what staff do to it."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from queueproject.queue.models import Audit, Batch, BatchJob, Job, Provider
from queueproject.queue.states import State
from tests.console.rows import make_batch, make_job, make_worker

pytestmark = pytest.mark.django_db

# Session, user, permissions 4; a bound on the rest 3; batch, rate, counts, shared, open jobs, forecast 2,
# runs now, failures, audit 10; bar 2.
PAGE_QUERIES = 19


def show(client: Client, batch: Batch) -> str:
    answer = client.get(reverse("console:batch", args=[batch.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, batch: Batch, verb: str, **fields: str) -> str:
    url = reverse("console:act_on_batch", args=[batch.pk, verb])
    return client.post(url, fields, follow=True).content.decode()


def test_it_shows_counts_states_and_who_started_it(viewer: Client, gemini: Provider, staff: User) -> None:
    batch = make_batch(
        total_units=20, completed_units=10, failed_units=2, skipped_units=4, created_by=staff, url="/admin/"
    )
    make_job(State.PENDING, batch=batch)
    make_job(State.RATE_LIMITED, batch=batch)
    page = " ".join(show(viewer, batch).split())
    assert 'id="batch-percent">60 %</p>' in page
    assert "<b>1</b> rate limited" in page
    assert "<dt>Skipped</dt> <dd> 4 </dd>" in page
    assert "<dt>Started by</dt> <dd> ada </dd>" in page
    assert 'href="/admin/"' in page


def test_an_empty_batch_says_why(viewer: Client) -> None:
    batch = make_batch(total_units=0, skipped_units=7, state="completed")
    page = show(viewer, batch)
    assert "It had none: everything asked for was done already" in page
    assert "No failed jobs." in page
    assert "100 %" in page


def test_a_batch_whose_jobs_are_pruned_keeps_its_counts(viewer: Client) -> None:
    page = show(viewer, make_batch(total_units=5, completed_units=5, state="completed"))
    assert "They have been pruned; the counts above stay." in page


def test_it_says_why_it_waits_and_when_it_would_end(viewer: Client, gemini: Provider) -> None:
    batch = make_batch()
    make_job(State.PENDING, batch=batch)
    assert "Waits: No worker lives. Start one: python manage.py qcluster" in show(viewer, batch)
    make_worker()
    page = show(viewer, batch)
    assert "It is next" in page
    assert "1 calls to go." in page


def test_notes_of_a_completion_callback_are_shown(viewer: Client) -> None:
    batch = make_batch(state="completed", notes=["3 buyers had no profile", {"text": "Average fell by 12"}])
    page = show(viewer, batch)
    assert "3 buyers had no profile" in page
    assert "Average fell by 12" in page


def test_shared_jobs_are_told(viewer: Client, gemini: Provider) -> None:
    owner, later = make_batch("Owner"), make_batch("Later")
    BatchJob.objects.create(batch=later, job=make_job(State.PENDING, batch=owner))
    assert "1 more were already asked for by other operations" in show(viewer, later)


def test_the_page_costs_the_same_for_many_jobs(
    viewer: Client, gemini: Provider, django_assert_num_queries: Callable[..., Any]
) -> None:
    batch = make_batch(total_units=40)
    make_job(State.PROCESSING, batch=batch)
    for size in (1, 8):
        for number in range(size):
            make_job(State.PENDING, batch=batch)
            make_job(State.FAILED, batch=batch, fingerprint=f"print{number}")
        with django_assert_num_queries(PAGE_QUERIES):
            show(viewer, batch)


def test_progress_is_told_as_json(viewer: Client, gemini: Provider) -> None:
    batch = make_batch(total_units=10, completed_units=3, failed_units=1, cancelled_units=1, skipped_units=2)
    make_job(State.PENDING, batch=batch)
    told = viewer.get(reverse("console:batch_progress", args=[batch.pk])).json()
    counts = {name: told[name] for name in ("total", "completed", "failed", "cancelled", "skipped", "open")}
    assert counts == {"total": 10, "completed": 3, "failed": 1, "cancelled": 1, "skipped": 2, "open": 5}
    assert (told["state"], told["percent"], told["paused"]) == ("running", 50, False)
    assert told["waits"]["code"] == "no_worker"
    assert told["ends_at"] is not None


def test_an_unknown_batch_is_not_found(viewer: Client) -> None:
    assert viewer.get(reverse("console:batch", args=[12345])).status_code == 404
    assert viewer.get(reverse("console:batch_progress", args=[12345])).status_code == 404


def test_its_jobs_are_exported_in_order_and_without_formulas(viewer: Client, gemini: Provider) -> None:
    batch = make_batch()
    first = make_job(State.FAILED, batch=batch, last_error="=HYPERLINK(1)")
    make_job(State.COMPLETED, batch=batch)
    make_job(State.COMPLETED)
    answer = viewer.get(reverse("console:batch_jobs_csv", args=[batch.pk]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["state"] for row in rows] == ["failed", "completed"]
    assert rows[0]["job"] == str(first.pk)
    assert rows[0]["error"] == "'=HYPERLINK(1)"
    assert f'filename="operation-{batch.pk}.csv"' in answer["Content-Disposition"]


def test_pausing_and_resuming_take_one_press_each(operator: Client, gemini: Provider) -> None:
    batch = make_batch()
    make_job(State.PENDING, batch=batch)
    assert "Paused. Running jobs finish" in press(operator, batch, "pause")
    batch.refresh_from_db()
    assert (batch.paused, batch.paused_by) == (True, "oscar")
    assert "Resumed." in press(operator, batch, "resume")
    assert not Batch.objects.get(pk=batch.pk).paused
    assert list(Audit.objects.order_by("pk").values_list("action", flat=True)) == [
        "pause batch",
        "resume batch",
    ]


def test_pausing_what_has_ended_says_so(operator: Client) -> None:
    assert "Nothing to do" in press(operator, make_batch(state="completed"), "pause")


def test_cancelling_keeps_the_reason(operator: Client, gemini: Provider) -> None:
    batch = make_batch(total_units=2)
    for _ in range(2):
        make_job(State.PENDING, batch=batch)
    assert "2 cancelled" in press(operator, batch, "cancel", reason="wrong universe")
    assert set(Job.objects.values_list("state", flat=True)) == {State.CANCELLED}
    assert Audit.objects.get(action="cancel batch").reason == "wrong universe"


def test_one_group_of_failures_is_retried_and_the_others_stay(operator: Client, gemini: Provider) -> None:
    batch = make_batch(total_units=3, failed_units=3)
    again = [make_job(State.FAILED, batch=batch, fingerprint="this") for _ in range(2)]
    other = make_job(State.FAILED, batch=batch, fingerprint="that")
    page = show(operator, batch)
    url = reverse("console:act_on_batch", args=[batch.pk, "retry-failed"])
    assert f"{url}?fingerprint=this" in page
    asked = operator.get(url, {"fingerprint": "this"}).content.decode()
    assert 'name="fingerprint" value="this"' in asked
    assert "2 retried" in press(operator, batch, "retry-failed", fingerprint="this")
    assert {job.state for job in Job.objects.filter(pk__in=[job.pk for job in again])} == {State.PENDING}
    assert Job.objects.get(pk=other.pk).state == State.FAILED


def test_an_action_leads_back_only_to_pages_of_ours(operator: Client, gemini: Provider) -> None:
    batch = make_batch()
    url = reverse("console:act_on_batch", args=[batch.pk, "pause"])
    answer = operator.post(url, {"next": "https://elsewhere.example/"})
    assert answer["Location"] == reverse("console:batch", args=[batch.pk])
    answer = operator.post(url, {"next": reverse("console:dashboard")})
    assert answer["Location"] == reverse("console:dashboard")


def test_what_cannot_be_done_to_a_batch_is_not_found(operator: Client) -> None:
    batch = make_batch()
    assert operator.post(reverse("console:act_on_batch", args=[batch.pk, "explode"])).status_code == 404
