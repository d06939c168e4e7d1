"""The settings page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from queueproject.queue import conf
from queueproject.queue.models import Audit, Provider, Setting
from tests.console.rows import make_worker

pytestmark = pytest.mark.django_db

# Session, user, permissions 4, settings, providers, changes 3, bar 2.
PAGE_QUERIES = 12


def edit(client: Client, key: str, **fields: str) -> Any:
    return client.post(reverse("console:setting", args=[key]), fields)


def test_every_setting_stands_there_with_default_and_bounds(viewer: Client) -> None:
    page = viewer.get(reverse("console:settings")).content.decode()
    for key, knob in conf.KNOBS.items():
        assert f'id="setting-{key}"' in page
        assert knob.help.split(";")[0] in page
    assert "1 to 2,000" in page
    assert "Nobody has changed a setting yet." in page


def test_a_change_is_stored_typed_and_told_with_who_and_why(configurer: Client) -> None:
    edit(configurer, "batch_size", value="250", reason="smaller claims")
    assert conf.get("batch_size") == 250
    page = configurer.get(reverse("console:settings")).content.decode()
    assert "500 → 250" in page
    assert "smaller claims" in page
    assert "by clara" in page


@pytest.mark.parametrize(
    ("key", "typed", "told"),
    [
        ("batch_size", "0", "0 is not between 1 and 2000."),
        ("batch_size", "3.5", "Enter a whole number."),
        ("batch_size", "", "This field is required."),
        ("linger_seconds", "nan", "Enter a number."),
        ("linger_seconds", "121", "121.0 is not between 0 and 120."),
        ("queue_enabled", "maybe", "Select a valid choice. maybe is not one of the available choices."),
    ],
)
def test_a_bad_value_is_named_at_its_field_and_not_stored(
    configurer: Client, key: str, typed: str, told: str
) -> None:
    answer = edit(configurer, key, value=typed)
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert not Setting.objects.exists()
    assert not Audit.objects.exists()


def test_a_switch_is_turned_off_for_one_provider_and_cleared_again(
    configurer: Client, gemini: Provider
) -> None:
    edit(configurer, "queue_enabled", value="false", provider="gemini")
    assert conf.get("queue_enabled", provider="gemini") is False
    assert conf.get("queue_enabled") is True
    configurer.post(reverse("console:clear_setting", args=["queue_enabled"]), {"provider": "gemini"})
    assert conf.get("queue_enabled", provider="gemini") is True
    assert Audit.objects.filter(action="clear setting").count() == 1


def test_a_setting_that_is_one_for_all_is_not_set_for_a_provider(
    configurer: Client, gemini: Provider
) -> None:
    assert edit(configurer, "batch_size", value="250", provider="gemini").status_code == 404
    assert edit(configurer, "queue_enabled", value="false", provider="nobody").status_code == 404
    assert not Setting.objects.exists()


def test_an_unknown_setting_is_not_found(configurer: Client) -> None:
    assert edit(configurer, "nonsense", value="1").status_code == 404


def test_an_operator_does_not_change_settings(operator: Client) -> None:
    assert edit(operator, "batch_size", value="250").status_code == 403
    assert not Setting.objects.exists()


def test_the_page_costs_the_same_with_many_overrides(
    configurer: Client, viewer: Client, django_assert_num_queries: Callable[..., Any]
) -> None:
    make_worker()
    for value in ("250", "300"):
        edit(configurer, "batch_size", value=value)
        edit(configurer, "max_rescues", value="4")
        with django_assert_num_queries(PAGE_QUERIES):
            viewer.get(reverse("console:settings"))
