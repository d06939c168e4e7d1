"""System health: the findings of the command, on a page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from queueproject.queue import upkeep
from queueproject.queue.models import Job, Provider
from queueproject.queue.states import State
from queueproject.queue.upkeep import Snapshot, Table
from tests.console.rows import make_job, make_worker

pytestmark = pytest.mark.django_db

URL = "console:health"


def show(client: Client, **headers: str) -> str:
    answer = client.get(reverse(URL), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_queue_without_a_fault_says_that_all_is_well(viewer: Client, gemini: Provider) -> None:
    page = show(viewer)
    assert "All is well" in page
    assert "finding-1" not in page
    assert "queue_job" in page
    assert "none of five minutes or more" in page


def test_what_is_wrong_stands_there_with_what_to_do_the_worst_first(viewer: Client, gemini: Provider) -> None:
    make_job(State.PENDING)
    gemini.paused_at, gemini.paused_reason = timezone.now(), "the bill"
    gemini.save()
    page = show(viewer)
    assert "All is well" not in page
    first, second = page.index("Critical:"), page.index("Warning:")
    assert first < second
    assert "no worker lives" in page[first:second]
    assert "python manage.py qcluster" in page[first:second]
    assert "gemini is paused: the bill. 1 jobs wait for it." in page[second:]


def test_dead_rows_and_who_keeps_them_are_named(
    viewer: Client, gemini: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table("queue_job", live=10, dead=500_000, table_bytes=1, index_bytes=1, vacuumed_at=None)
    holder = Snapshot(
        "session", 4711, "nightly export", "ada", "active", timezone.now() - timedelta(hours=3), 9
    )
    monkeypatch.setattr(upkeep, "measure_tables", lambda: [table])
    monkeypatch.setattr(upkeep, "find_oldest_snapshot", lambda: holder)
    page = show(viewer)
    assert "500,000 dead rows" in page
    assert "pg_terminate_backend(4711)" in page
    assert "nightly export" in page


def test_the_page_costs_the_same_however_much_waits(viewer: Client, gemini: Provider) -> None:
    make_worker()
    make_job(State.PENDING)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            show(viewer)
        return len(queries)

    few = count()
    for _ in range(30):
        make_job(State.PENDING)
        make_job(State.SCHEDULED)
    assert count() == few


def test_only_the_part_that_changes_is_refreshed(viewer: Client, gemini: Provider) -> None:
    part = show(viewer, **{"HX-Request": "true"})
    assert part.lstrip().startswith('<div id="health"')
    assert "<html" not in part


def test_it_needs_leave_to_see_providers(client_with: Callable[..., Client], gemini: Provider) -> None:
    assert client_with("view_job").get(reverse(URL)).status_code == 403


def test_an_empty_queue_without_providers_is_shown(viewer: Client) -> None:
    Job.objects.all().delete()
    Provider.objects.all().delete()
    assert "No provider is registered" in show(viewer)
