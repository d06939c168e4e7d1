"""Tests that commit find the tables as migrations left them; side by side, some tests stand in rows."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType

from queueproject.queue.admin.base import estimate_rows
from queueproject.queue.models import Budget, Provider
from tests import tables
from tests.queue.test_plans import run
from tests.sidebyside import find_row

KEPT = (ContentType, Permission, Group, Group.permissions.through, Provider, Budget)


def read() -> list[list[tuple[object, ...]]]:
    return [sorted(model._default_manager.values_list(), key=repr) for model in KEPT]


@pytest.mark.django_db(transaction=True)
def test_what_a_test_wrote_goes_and_what_it_changed_or_removed_comes_back() -> None:
    before = read()
    assert all(before)
    User.objects.bulk_create(User(username=f"user {n}") for n in range(50))
    run("analyze")
    User.objects.all().delete()
    Budget.objects.update(limit=1)
    Permission.objects.all()[0].delete()
    Group.objects.create(name="one more")
    assert (read() != before, estimate_rows(User)) == (True, 50)
    tables.give_back()
    assert read() == before
    assert (User.objects.count(), estimate_rows(User)) == (0, -1)


@pytest.mark.django_db(transaction=True)
def test_everything_removed_comes_back_in_an_order_its_references_allow() -> None:
    before = read()
    for model in (ContentType, Provider, Group):
        model._default_manager.all().delete()
    assert not any(read())
    tables.give_back()
    assert read() == before


@pytest.mark.parametrize(
    ("test", "row"),
    [
        ("tests/chaos/test_kills.py::test_one", "chaos"),
        ("tests/budgets/test_scenarios.py::test_one[a::b]", "chaos"),
        ("tests/e2e/test_faults.py::test_one", "processes"),
        ("tests/scoring/taxonomy/test_processes.py::test_one", "processes"),
        ("tests/test_logs.py::test_one", "tests/test_logs.py::test_one"),
    ],
)
def test_tests_that_start_processes_stand_in_a_row_and_others_alone(test: str, row: str) -> None:
    assert find_row(test) == row
