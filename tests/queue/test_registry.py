"""Registering kinds: one whose options are not possible is shut with the reason, and everything else runs."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from queueproject.queue import checks, registry
from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import Job, Provider
from queueproject.queue.outcomes import Complete, Outcome
from queueproject.queue.registry import UnknownKind
from queueproject.queue.why import why_waiting
from tests.queue.conftest import Hand
from tests.queue.kinds import Number


@pytest.fixture
def registered() -> Iterator[None]:
    """Forget the kinds a test registers."""
    kinds, broken = dict(registry.KINDS), dict(registry.BROKEN)
    yield
    for now, before in ((registry.KINDS, kinds), (registry.BROKEN, broken)):
        now.clear()
        now.update(before)  # type: ignore[arg-type]


def register(**options: Any) -> None:
    @registry.handler("tests.broken", payload=Number, **options)
    def broken(job: object) -> Outcome:
        return Complete()


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"timeout_seconds": 0}, "timeout_seconds is 0"),
        ({"timeout_seconds": 241}, "at most 240"),
        ({"many": 0}, "many is 0, not 1 or more"),
        ({"max_attempts": 0}, "max_attempts is 0"),
        ({"calls": -1}, "calls is -1"),
        ({"backoff_seconds": -1}, "backoff_seconds is -1"),
        ({"backoff_curve": "steep"}, "'steep', not one of exponential, linear, fixed"),
        ({"many": 5, "group_by": "nothing"}, "'nothing', which is no field of its payload"),
        ({"timeout": 5}, "unexpected keyword argument 'timeout'"),
    ],
)
def test_an_option_that_is_not_possible_shuts_its_kind_and_is_named(
    options: dict[str, Any], fault: str
) -> None:
    register(**options)
    assert "tests.broken" not in registry.KINDS
    with pytest.raises(UnknownKind, match=r"tests\.broken"):
        registry.get_kind("tests.broken")
    (found,) = checks.check_kinds(None)
    assert found.id == "queue.W023"
    assert fault in found.msg
    assert not found.is_serious()


@pytest.mark.django_db
@pytest.mark.usefixtures("registered")
def test_jobs_of_a_shut_kind_wait_with_the_reason_and_the_others_run(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1})
    enqueue("tests.noop", {"n": 2})
    Job.objects.filter(payload__n=1).update(kind="tests.broken")
    register(many=0)
    with pytest.raises(UnknownKind, match="many is 0"):
        enqueue("tests.broken", {})
    shut = Job.objects.get(kind="tests.broken")
    reason = why_waiting(shut)
    assert reason is not None
    assert (reason.code, "many is 0, not 1 or more" in reason.sentence) == ("kind", True)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("queue_health", stdout=out)
    assert "Kind 'tests.broken' cannot run: many is 0, not 1 or more." in out.getvalue()
    assert sorted(row["kind"] for row in hand.claim()) == ["tests.broken", "tests.noop"]


@pytest.mark.django_db
def test_registering_a_kind_twice_is_an_error(lane: Provider) -> None:
    with pytest.raises(ValueError, match="registered twice"):
        registry.handler("tests.noop", payload=Number)(lambda job: Complete())
