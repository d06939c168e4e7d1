"""Who may see and press what."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from queueproject.queue.models import Batch, Job, Provider, Setting
from queueproject.queue.states import State
from tests.console.rows import make_batch, make_job

pytestmark = pytest.mark.django_db

PAGES = [
    ("console:dashboard", []),
    ("console:activity", []),
    ("console:failures", []),
    ("console:failures_csv", []),
    ("console:health", []),
    ("console:settings", []),
    ("console:provider", ["gemini"]),
    ("console:batch", [1]),
    ("console:batch_progress", [1]),
    ("console:batch_jobs_csv", [1]),
]

CHANGES = [
    ("console:run_scheduler", []),
    ("console:act_on_batch", [1, "pause"]),
    ("console:act_on_batch", [1, "resume"]),
    ("console:act_on_batch", [1, "cancel"]),
    ("console:act_on_batch", [1, "retry-failed"]),
    ("console:act_on_job", [1, "retry"]),
    ("console:act_on_job", [1, "cancel"]),
    ("console:act_on_provider", ["gemini", "pause"]),
    ("console:act_on_provider", ["gemini", "resume"]),
    ("console:test_connection", ["gemini"]),
    ("console:change_limit", ["gemini", 1]),
    ("console:change_concurrency", ["gemini"]),
    ("console:setting", ["batch_size"]),
    ("console:clear_setting", ["batch_size"]),
    ("console:retry_group", []),
]


@pytest.fixture(autouse=True)
def rows(gemini: Provider) -> None:
    Batch.objects.filter(pk=1).delete()
    make_batch(pk=1, created_by=None)
    make_job(State.FAILED, pk=1, batch_id=1)


@pytest.mark.parametrize(("name", "arguments"), PAGES + CHANGES)
def test_a_stranger_is_sent_to_the_login_page(client: Client, name: str, arguments: list[object]) -> None:
    url = reverse(name, args=arguments)
    answer = client.post(url) if (name, arguments) in CHANGES else client.get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize(("name", "arguments"), PAGES + CHANGES)
def test_staff_without_a_permission_are_refused(
    client_with: Callable[..., Client], name: str, arguments: list[object]
) -> None:
    url, client = reverse(name, args=arguments), client_with()
    answer = client.post(url) if (name, arguments) in CHANGES else client.get(url)
    assert answer.status_code == 403


@pytest.mark.parametrize(("name", "arguments"), PAGES)
def test_a_viewer_sees_every_page(viewer: Client, name: str, arguments: list[object]) -> None:
    assert viewer.get(reverse(name, args=arguments)).status_code == 200


@pytest.mark.parametrize(("name", "arguments"), CHANGES)
def test_a_viewer_changes_nothing(viewer: Client, name: str, arguments: list[object]) -> None:
    answer = viewer.post(reverse(name, args=arguments), {"value": "1", "reason": "because", "limit": "1"})
    assert answer.status_code == 403
    assert not Setting.objects.exists()
    assert Job.objects.get(pk=1).state == State.FAILED
    assert not Batch.objects.get(pk=1).paused
    assert Provider.objects.get(key="gemini").paused_at is None


@pytest.mark.parametrize(("name", "arguments"), [page for page in PAGES if "csv" not in page[0]])
def test_a_viewer_is_offered_no_button(viewer: Client, name: str, arguments: list[object]) -> None:
    page = viewer.get(reverse(name, args=arguments)).content.decode()
    start = page.find('id="content-start"')
    assert "q-button q-primary" not in page[start:]
    for verb in ("/pause/", "/cancel/", "/retry", "/run/", "/test/", "/budgets/", "/in-flight/"):
        assert verb not in page[start:]


@pytest.mark.parametrize("arguments", [["gemini", 1], ["gemini"]])
def test_an_operator_does_not_change_limits(operator: Client, arguments: list[object]) -> None:
    name = "console:change_limit" if len(arguments) == 2 else "console:change_concurrency"
    assert operator.post(reverse(name, args=arguments), {"limit": "5"}).status_code == 403


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("console:run_scheduler", []),
        ("console:test_connection", ["gemini"]),
        ("console:change_limit", ["gemini", 1]),
        ("console:change_concurrency", ["gemini"]),
        ("console:clear_setting", ["batch_size"]),
    ],
)
def test_what_changes_something_is_not_done_by_a_link(
    configurer: Client, name: str, arguments: list[object]
) -> None:
    assert configurer.get(reverse(name, args=arguments)).status_code == 405


@pytest.mark.parametrize("verb", ["pause", "cancel", "retry-failed"])
def test_following_a_link_to_a_batch_action_asks_first(operator: Client, verb: str) -> None:
    answer = operator.get(reverse("console:act_on_batch", args=[1, verb]))
    assert answer.status_code == 200
    assert 'method="post"' in answer.content.decode()
    batch = Batch.objects.get(pk=1)
    assert (batch.paused, batch.state) == (False, "running")


def test_a_post_without_the_csrf_token_is_refused(staff_client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = staff_client.cookies
    assert strict.post(reverse("console:act_on_batch", args=[1, "pause"])).status_code == 403
    assert not Batch.objects.get(pk=1).paused


def test_a_refresh_after_the_session_ended_is_not_answered_with_the_login_page(client: Client) -> None:
    answer = client.get(reverse("console:dashboard"), headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.content == b""
