"""A page that takes too long is given up: it says so, and holds up nobody."""

import time
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from queueproject.console import pages
from queueproject.console.views import dashboard
from queueproject.queue.models import Provider
from queueproject.queue.selectors.patience import bounded
from tests.queue.threads import execute

pytestmark = pytest.mark.django_db

URL = "console:dashboard"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lanes take ten seconds to be found, and a page may take a twentieth of one."""

    def sleep() -> list[Any]:
        execute("sleep")
        return []

    monkeypatch.setattr(dashboard, "find_lanes", sleep)
    monkeypatch.setattr(pages, "PAGE_SECONDS", 0.05)


def test_a_page_that_takes_too_long_is_given_up_and_says_what_to_do(
    viewer: Client, gemini: Provider, slow: None
) -> None:
    began = time.monotonic()
    answer = viewer.get(reverse(URL), {"tab": "<b>"})
    assert time.monotonic() - began < 5
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "The database took too long" in page
    assert "manage.py queue_health" in page
    assert f"{reverse(URL)}?tab=%3Cb%3E" in page


def test_a_refresh_that_takes_too_long_leaves_what_is_there(
    viewer: Client, gemini: Provider, slow: None
) -> None:
    assert viewer.get(reverse(URL), headers={"HX-Request": "true"}).status_code == 503
    assert Provider.objects.exists(), "the connection goes on"


def test_what_is_bounded_is_bounded_to_its_end_only(gemini: Provider) -> None:
    with bounded(0.05):
        assert Provider.objects.exists()
    with pytest.raises(OperationalError, match="odd"), bounded(0.05):
        raise OperationalError("odd")
