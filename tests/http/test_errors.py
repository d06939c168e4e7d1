import pytest

from queueproject.http.errors import ServerFault, name_status
from queueproject.queue.outcomes import Permanent, ProviderFault, QueueError, RateLimited, Transient


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Permanent),
        (401, ProviderFault),
        (402, ProviderFault),
        (403, ProviderFault),
        (404, Permanent),
        (408, ServerFault),
        (422, Permanent),
        (429, RateLimited),
        (500, ServerFault),
        (503, ServerFault),
        (504, ServerFault),
        (301, ProviderFault),
    ],
)
def test_a_status_is_named_in_the_queue_s_words(status: int, kind: type[QueueError]) -> None:
    error = name_status(status, message="said so")
    assert type(error) is kind
    assert (error.status, error.message) == (status, "said so")


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "bad_key"), (402, "no_credit"), (403, "forbidden"), (302, "bad_address")]
)
def test_an_account_fault_carries_its_reason(status: int, reason: str) -> None:
    error = name_status(status, message="")
    assert isinstance(error, ProviderFault)
    assert error.reason == reason


def test_a_429_carries_its_wait() -> None:
    error = name_status(429, message="", retry_after_seconds=2.5)
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 2.5
    assert not error.per_day


def test_a_server_fault_is_transient_for_the_queue() -> None:
    assert issubclass(ServerFault, Transient)
