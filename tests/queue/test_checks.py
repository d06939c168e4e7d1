"""System checks: each fault is named by its number, and the project itself has none."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from queueproject.queue import checks, conf
from queueproject.queue.models import Provider
from queueproject.queue.registry import KINDS
from tests.queue import kinds


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


def test_the_project_passes_its_own_checks() -> None:
    assert kinds.LANE
    assert run_checks(tags=["queue"]) == []


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("timeout", 440, "queue.E001"),
        ("timeout", None, "queue.E001"),
        ("retry", 460, "queue.E002"),
        ("retry", None, "queue.E002"),
        ("max_attempts", 0, "queue.E003"),
        ("ack_failures", False, "queue.E004"),
        ("queue_limit", 50, "queue.E005"),
        ("bulk", 10, "queue.E006"),
        ("workers", 0, "queue.E007"),
        ("orm", "other", "queue.E008"),
    ],
)
def test_a_cluster_setting_that_does_not_fit_is_named(
    settings: Settings, key: str, value: object, fault: str
) -> None:
    settings.Q_CLUSTER = settings.Q_CLUSTER | {key: value}
    found = checks.check_cluster(None)
    assert fault in ids(found)
    assert set(ids(found)) <= {fault, "queue.E002"}, "a missing timeout leaves the retry nothing to exceed"
    assert all(message.hint for message in found)


def test_a_longer_drain_asks_for_a_longer_timeout(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(conf.KNOBS, "drain_seconds", replace(conf.KNOBS["drain_seconds"], maximum=200))
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"timeout": 480, "retry": 500}
    (message,) = checks.check_cluster(None)
    assert message.id == "queue.E001"
    assert "more than 500" in str(message.hint)


def test_a_lease_too_short_for_lost_heartbeats_is_a_fault(settings: Any) -> None:
    settings.QUEUE_LEASE_SECONDS = 5
    assert ids(checks.check_lease(None)) == ["queue.E009"]
    settings.QUEUE_LEASE_SECONDS = 6
    assert checks.check_lease(None) == []


def test_another_database_and_a_pool_are_faults() -> None:
    names = ["queueproject.queue", "django_q"]
    database = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"pool": {"max_size": 4}}}
    assert ids(list(checks.look_around(database, names))) == ["queue.E011", "queue.E012"]


@pytest.mark.parametrize(
    ("names", "faults"),
    [
        (["queueproject.queue", "django_q"], []),
        (["django_q", "queueproject.queue"], ["queue.E013"]),
        (["queueproject.queue"], ["queue.E013"]),
    ],
)
def test_our_app_must_stand_before_django_q(names: list[str], faults: list[str]) -> None:
    database = {"ENGINE": "django.db.backends.postgresql"}
    assert ids(list(checks.look_around(database, names))) == faults


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": "Tests.Call"}, "queue.W021"),
        ({"name": "call"}, "queue.W021"),
        ({"name": "tests.call-me"}, "queue.W021"),
        ({"providers": ("nowhere", "local")}, "queue.W022"),
        ({"providers": ()}, "queue.W022"),
    ],
)
def test_a_kind_the_queue_cannot_run_is_named(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], fault: str
) -> None:
    kind = replace(KINDS["tests.call"], **change)
    monkeypatch.setitem(KINDS, "tests.call", kind)
    found = checks.check_kinds(None)
    assert ids(found) == [fault]
    assert repr(kind.name) in found[0].msg


@pytest.mark.django_db
def test_more_slots_than_the_server_has_connections_for_is_a_warning(
    lane: Provider, settings: Settings
) -> None:
    assert checks.check_connections(None, databases=["default"]) == []
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"workers": 10_000}
    assert ids(checks.check_connections(None, databases=["default"])) == ["queue.W014"]
    assert checks.check_connections(None, databases=None) == [], "only where the database may be asked"
