"""The bar on every page, and what somebody is told once."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from queueproject.queue.models import Batch, Provider
from queueproject.queue.states import State
from tests.console.rows import make_batch, make_job, make_worker

pytestmark = pytest.mark.django_db

INDEX = "admin:index"


def bar(client: Client, name: str = INDEX) -> str:
    page = client.get(reverse(name)).content.decode()
    start = page.find('id="q-activity"')
    return page[start : page.index('id="main"')] if start >= 0 else ""


def test_it_stands_on_the_admins_own_pages_and_on_ours(viewer: Client, gemini: Provider) -> None:
    make_batch("Score all deals", completed_units=3)
    for name in (INDEX, "admin:queue_job_changelist", "console:dashboard", "admin:password_change"):
        assert "Score all deals: 3 completed, 0 failed of 10" in bar(viewer, name)


def test_the_newest_three_are_shown_and_the_rest_counted(viewer: Client) -> None:
    for number in range(5):
        make_batch(f"Batch {number}")
    make_batch("Ended", state="completed", seen=True)
    shown = bar(viewer)
    assert [f"Batch {number}" in shown for number in range(5)] == [False, False, True, True, True]
    assert "2 more" in shown
    assert "Ended" not in shown


def test_it_asks_often_while_something_runs_and_seldom_else(viewer: Client) -> None:
    assert 'data-poll-seconds="10"' in bar(viewer)
    make_batch()
    assert 'data-poll-seconds="2"' in bar(viewer)


def test_its_refresh_is_the_bar_alone(viewer: Client) -> None:
    make_batch("Score all deals")
    part = viewer.get(reverse("console:activity")).content.decode()
    assert part.strip().startswith('<div id="q-activity"')
    assert "Score all deals" in part


def test_jobs_that_wait_for_nobody_are_told_on_every_page(viewer: Client, gemini: Provider) -> None:
    assert "no worker lives" not in bar(viewer)
    make_job(State.PENDING)
    assert "Jobs wait and no worker lives. Start one: <code>python manage.py qcluster</code>" in bar(viewer)
    make_worker()
    assert "no worker lives" not in bar(viewer)


def test_somebody_without_permission_gets_no_bar(client_with: Callable[..., Client]) -> None:
    make_batch("Score all deals")
    assert bar(client_with()) == ""


def test_the_login_page_has_no_bar(client: Client) -> None:
    make_batch("Score all deals")
    assert "Score all deals" not in client.get(reverse("admin:login")).content.decode()


def test_who_started_a_batch_is_told_of_its_end_once(staff: User, staff_client: Client) -> None:
    batch = make_batch(
        "Score all deals",
        state="completed_with_errors",
        created_by=staff,
        completed_units=9,
        failed_units=1,
        skipped_units=2,
    )
    first = staff_client.get(reverse("admin:queue_job_changelist")).content.decode()
    told = first[first.index('id="q-told"') :]
    assert reverse("console:batch", args=[batch.pk]) in told
    assert "9 completed, 1 failed, 2 skipped." in told
    assert 'id="q-told"' not in staff_client.get(reverse(INDEX)).content.decode()
    assert Batch.objects.get(pk=batch.pk).seen


def test_nobody_else_is_told(staff: User, viewer: Client) -> None:
    batch = make_batch(state="completed", created_by=staff)
    assert 'id="q-told"' not in viewer.get(reverse(INDEX)).content.decode()
    assert not Batch.objects.get(pk=batch.pk).seen


def test_a_refresh_of_the_bar_uses_nothing_up(staff: User, staff_client: Client) -> None:
    batch = make_batch(state="completed", created_by=staff)
    staff_client.get(reverse("console:activity"))
    staff_client.get(reverse("console:dashboard"), headers={"HX-Request": "true"})
    assert not Batch.objects.get(pk=batch.pk).seen


def test_it_adds_two_queries_to_a_page_however_much_runs(
    viewer: Client,
    client_with: Callable[..., Client],
    gemini: Provider,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    make_worker()
    without = client_with()
    for _ in range(6):
        make_batch()
    with django_assert_num_queries(5) as bare:
        without.get(reverse(INDEX))
    with django_assert_num_queries(len(bare) + 2):
        viewer.get(reverse(INDEX))
