"""How often a person may call."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from queueproject.api.models import ApiUse
from queueproject.api.tokens import create_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.API_READS_PER_MINUTE = 3
    settings.API_WRITES_PER_MINUTE = 1


def in_a_new_minute(user: User) -> None:
    """Begin counting anew: within one test the minute must not pass unasked."""
    ApiUse.objects.filter(user=user).delete()


def test_beyond_the_limit_the_answer_says_when_to_come_back(staff_client: Client, staff: User) -> None:
    statuses: list[int] = []
    # A minute that passes between the calls gives four more.
    while statuses[-4:] != [200, 200, 200, 429] and len(statuses) < 8:
        answer = staff_client.get("/api/jobs")
        statuses.append(answer.status_code)
    assert statuses[-1] == 429
    assert answer.json() == {"error": "Too many requests; Retry-After says when to come back"}
    assert 1 <= int(answer["Retry-After"]) <= 60
    in_a_new_minute(staff)
    assert staff_client.get("/api/jobs").status_code == 200


def test_writing_has_a_limit_of_its_own(staff_client: Client) -> None:
    def write() -> int:
        return staff_client.post("/api/jobs", "{}", content_type="application/json").status_code

    assert 429 in [write() for _ in range(4)]
    assert staff_client.get("/api/jobs").status_code == 200


def test_one_person_uses_nothing_of_anothers(staff_client: Client, make_user: Callable[..., User]) -> None:
    for _ in range(8):
        staff_client.get("/api/jobs")
    _, text = create_token(make_user("eve", superuser=True), name="hers")
    answer = Client().get("/api/jobs", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200


def test_a_minute_that_is_over_counts_no_more(staff_client: Client, staff: User) -> None:
    from datetime import timedelta

    from django.db.models import F

    for _ in range(8):
        staff_client.get("/api/jobs")
    ApiUse.objects.filter(user=staff).update(minute=F("minute") - timedelta(minutes=1))
    assert staff_client.get("/api/jobs").status_code == 200
