"""Failed jobs by what went wrong."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queueproject.queue.models import Audit, Job, Provider
from queueproject.queue.selectors.failures import find_failure_groups
from queueproject.queue.states import State
from tests.console.rows import make_job, make_provider

pytestmark = pytest.mark.django_db

REFRESH = {"HX-Request": "true"}


def test_no_failures_is_good_news(viewer: Client) -> None:
    assert "No failed jobs." in viewer.get(reverse("console:failures")).content.decode()


def test_failures_are_grouped_by_fingerprint_provider_and_kind_and_counted_by_age(gemini: Provider) -> None:
    now = timezone.now()
    make_provider("ebay")
    for hours in (0.5, 5, 5, 100, 300):
        make_job(State.FAILED, fingerprint="a", finished_at=now - timedelta(hours=hours))
    make_job(State.FAILED, fingerprint="a", provider="ebay")
    make_job(State.FAILED, fingerprint="a", kind="tests.noop")
    make_job(State.COMPLETED, fingerprint="a")
    groups = find_failure_groups(now=now)
    assert [(group.provider, group.kind, group.jobs) for group in groups] == [
        ("gemini", "tests.call", 5),
        ("ebay", "tests.call", 1),
        ("gemini", "tests.noop", 1),
    ]
    assert [jobs for _, _, jobs in groups[0].windows] == [1, 3, 4]


def test_each_count_leads_to_exactly_its_jobs(operator: Client, gemini: Provider) -> None:
    now = timezone.now()
    fresh = make_job(State.FAILED, finished_at=now - timedelta(minutes=5))
    make_job(State.FAILED, finished_at=now - timedelta(hours=5))
    make_job(State.FAILED, fingerprint="other")
    page = operator.get(reverse("console:failures")).content.decode()
    start = page.index(f"{reverse('admin:queue_job_changelist')}?fingerprint=abc123")
    url = page[start : page.index('"', start)].replace("&amp;", "&")
    listed = operator.get(url).context["cl"].queryset
    assert listed.count() == 2
    hour = operator.get(f"{url}&within=1").context["cl"].queryset
    assert list(hour) == [fresh]


def test_a_group_is_retried_after_asking_and_the_others_stay(operator: Client, gemini: Provider) -> None:
    for _ in range(3):
        make_job(State.FAILED)
    other = make_job(State.FAILED, fingerprint="other")
    group = {"fingerprint": "abc123", "provider": "gemini", "kind": "tests.call"}
    url = reverse("console:retry_group")
    asked = operator.get(url, group).content.decode()
    assert "Retry: 3 failed jobs of tests.call" in asked
    assert Job.objects.filter(state=State.FAILED).count() == 4
    answer = operator.post(url, {**group, "reason": "model is back"}, follow=True)
    assert "3 retried" in answer.content.decode()
    assert list(Job.objects.filter(state=State.FAILED)) == [other]
    assert (Audit.objects.get().actor, Audit.objects.get().reason) == ("oscar", "model is back")


def test_the_list_is_exported_newest_first_and_without_formulas(viewer: Client, gemini: Provider) -> None:
    now = timezone.now()
    make_job(State.FAILED, last_error="older", finished_at=now - timedelta(hours=1))
    make_job(State.FAILED, last_error="+cmd|calc")
    make_job(State.COMPLETED)
    answer = viewer.get(reverse("console:failures_csv"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["error"] for row in rows] == ["'+cmd|calc", "older"]
    assert rows[0]["subject"] == "12"


def test_a_refresh_costs_the_same_for_many_groups(
    viewer: Client, gemini: Provider, django_assert_num_queries: Callable[..., Any]
) -> None:
    for size in (1, 9):
        for number in range(size):
            make_job(State.FAILED, fingerprint=f"print{number}")
        with django_assert_num_queries(8):
            viewer.get(reverse("console:failures"), headers=REFRESH)
