"""The client against the sandbox: real HTTP over loopback, every error form."""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import BaseModel
from pytest_django import Settings

from queueproject.http.errors import ConnectionFault, ServerFault
from queueproject.http.metering import FREE
from queueproject.queue.outcomes import (
    NotPermitted,
    Permanent,
    ProviderFault,
    RateLimited,
    Transient,
    Usage,
)
from queueproject.sandbox.server import Sandbox, running_sandbox
from scoring.gemini import (
    Blocked,
    GeminiClient,
    Generated,
    Malformed,
    estimate_tokens,
    find_api_key,
    get_client,
)
from scoring.gemini.client import complete_base_url
from scoring.remarketing.answers import AlignmentAnswer, FitAnswers
from scoring.remarketing.rules.alignment import score_alignment
from scoring.remarketing.rules.fit import answer_by_rules
from tests.scoring.prompts import (
    BUYER,
    LISTING,
    UNIVERSE,
    write_alignment_prompt,
    write_fit_prompt,
)
from tests.scoring.recording_permit import RecordingPermit

KEY = "opaque-test-key-4711"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> GeminiClient:
    return make_client(sandbox)


@pytest.fixture
def permit() -> RecordingPermit:
    return RecordingPermit()


def make_client(sandbox: Sandbox, **changes: Any) -> GeminiClient:
    options: dict[str, Any] = {
        "api_key": KEY,
        "base_url": sandbox.base_url,
        "model": "gemini-3.6-flash",
        "read_timeout_seconds": 5,
        "retry_wait_scale": 0.002,
    }
    return GeminiClient(**{**options, **changes})


def ask(client: GeminiClient, permit: RecordingPermit, **options: Any) -> Generated[AlignmentAnswer]:
    return client.generate_json(
        prompt=write_alignment_prompt(), schema=AlignmentAnswer, permit=permit, **options
    )


def test_an_answer_through_the_wire_is_the_rules_own_answer(
    client: GeminiClient, permit: RecordingPermit
) -> None:
    generated = ask(client, permit)
    assert generated.value == score_alignment(UNIVERSE, BUYER)
    assert generated.model == "gemini-3.6-flash"
    assert generated.response_id


def test_five_buyers_are_answered_in_one_call_and_matched_by_id(
    client: GeminiClient, permit: RecordingPermit
) -> None:
    generated = client.generate_json(prompt=write_fit_prompt((9, 2, 5)), schema=FitAnswers, permit=permit)
    assert [answer.buyer_id for answer in generated.value.answers] == [9, 2, 5]
    assert generated.value.answers[1] == answer_by_rules(UNIVERSE, LISTING, BUYER, buyer_id=2)
    assert generated.usage.calls == 1


def test_what_was_spent_is_what_the_provider_counted(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    generated = ask(client, permit, system="You judge companies.")
    tokens = estimate_tokens(write_alignment_prompt(), "You judge companies.")
    assert generated.usage == Usage(calls=1, tokens=tokens)
    assert permit.answers == [(200, tokens)]
    assert (permit.spends[0].calls, permit.spends[0].tokens) == (1, tokens)
    assert permit.spends[0].latency_seconds > 0
    assert sandbox.report()["tokens"] == tokens


def test_counting_tokens_spends_a_call(client: GeminiClient, permit: RecordingPermit) -> None:
    assert client.count_tokens(prompt="12345", system="678", permit=permit) == 2
    assert permit.answers == [(200, 0)]


# Account faults


@pytest.mark.parametrize(
    ("fault", "reason", "status"),
    [
        ({"answer": "bad_key"}, "bad_key", 400),
        ({"answer": "error", "status": 401}, "bad_key", 401),
        ({"answer": "leaked_key"}, "bad_key", 403),
        ({"answer": "no_key"}, "key_missing", 403),
        ({"answer": "error", "status": 403, "message": "Consumer suspended."}, "forbidden", 403),
        ({"answer": "error", "status": 402}, "no_credit", 402),
        ({"answer": "model_gone"}, "model_gone", 404),
        ({"answer": "rate_limit", "quota": "zero", "retry_after_seconds": 9}, "quota_zero", 429),
        ({"answer": "rate_limit", "quota": "credit"}, "no_credit", 429),
    ],
)
def test_a_fault_of_the_account_is_named_and_never_asked_again(
    sandbox: Sandbox,
    client: GeminiClient,
    permit: RecordingPermit,
    fault: dict[str, Any],
    reason: str,
    status: int,
) -> None:
    sandbox.control(script=[fault])
    with pytest.raises(ProviderFault) as caught:
        ask(client, permit)
    assert (caught.value.reason, caught.value.status) == (reason, status)
    assert permit.answers == [(status, None)]
    assert KEY not in caught.value.message


def test_a_base_url_that_is_no_address_costs_no_call(sandbox: Sandbox, permit: RecordingPermit) -> None:
    with pytest.raises(ProviderFault, match="is no address") as fault:
        ask(make_client(sandbox, base_url="http://[nowhere"), permit)
    assert fault.value.reason == "bad_address"
    assert [spend.reached for spend in permit.spends] == [False]


def test_a_mistyped_key_is_named_by_the_provider(sandbox: Sandbox, permit: RecordingPermit) -> None:
    sandbox.control(behaviour={"bad_keys": [KEY]})
    with pytest.raises(ProviderFault, match="API key not valid") as caught:
        ask(make_client(sandbox), permit)
    assert caught.value.reason == "bad_key"


@pytest.mark.parametrize("key", ["two words", "ключ", "line\nbreak", "nul\x00"])
def test_a_key_no_header_can_carry_is_refused_before_any_call(sandbox: Sandbox, key: str) -> None:
    with pytest.raises(ProviderFault) as caught:
        make_client(sandbox, api_key=key)
    assert caught.value.reason == "bad_key"
    assert key not in caught.value.message


def test_a_model_that_does_not_exist_is_named_with_its_setting(
    sandbox: Sandbox, permit: RecordingPermit
) -> None:
    with pytest.raises(ProviderFault, match=r"'gemini-0-gone'.*GEMINI_MODEL") as caught:
        ask(make_client(sandbox, model="gemini-0-gone"), permit)
    assert caught.value.reason == "model_gone"


# 429


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        ({"form": "full", "retry_after_seconds": 26.5}, 26.5),
        ({"form": "full", "retry_after_seconds": 3, "quota": "tokens"}, 3.0),
        ({"form": "full", "retry_after_seconds": 3, "in_array": True}, 3.0),
        ({"form": "full", "retry_after_seconds": None}, None),
        ({"form": "help"}, None),
        ({"form": "bare"}, None),
        ({"form": "bare", "in_array": True}, None),
    ],
)
def test_a_429_goes_to_the_queue_with_its_wait_and_is_not_retried(
    sandbox: Sandbox,
    client: GeminiClient,
    permit: RecordingPermit,
    fault: dict[str, Any],
    seconds: float | None,
) -> None:
    sandbox.control(script=[{"answer": "rate_limit", **fault}])
    with pytest.raises(RateLimited) as caught:
        ask(client, permit)
    assert caught.value.retry_after_seconds == seconds
    assert not caught.value.per_day
    assert permit.answers == [(429, None)]


def test_a_violated_daily_quota_is_for_the_day_whatever_retry_info_says(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    sandbox.control(script=[{"answer": "rate_limit", "quota": "day", "retry_after_seconds": 6}])
    with pytest.raises(RateLimited) as caught:
        ask(client, permit)
    assert caught.value.per_day
    assert caught.value.retry_after_seconds is None


# Faults that may pass


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_server_fault_is_asked_again_and_every_request_is_spent(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit, status: int
) -> None:
    sandbox.control(script=[{"answer": "error", "status": status, "times": 3}])
    generated = ask(client, permit)
    assert [answer[0] for answer in permit.answers] == [status, status, status, 200]
    assert generated.usage.calls == 4 == sandbox.report()["calls"]


def test_after_three_retries_the_fault_is_the_queue_s(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    sandbox.control(script=[{"answer": "error", "status": 503, "times": None}])
    with pytest.raises(ServerFault, match="overloaded") as caught:
        ask(client, permit)
    assert caught.value.status == 503
    assert len(permit.spends) == 4


@pytest.mark.parametrize("within_body", [False, True])
def test_a_cut_connection_is_asked_again_and_reported_without_status(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit, within_body: bool
) -> None:
    sandbox.control(script=[{"answer": "cut", "within_body": within_body}])
    assert ask(client, permit).usage.calls == 2
    assert permit.answers[0] == (None, None)
    assert permit.answers[1][0] == 200


def test_a_silent_provider_is_given_up_in_time(sandbox: Sandbox, permit: RecordingPermit) -> None:
    sandbox.control(script=[{"answer": "slow", "seconds": 3, "times": None}])
    started_at = time.monotonic()
    with pytest.raises(ConnectionFault, match="no answer in time"):
        ask(make_client(sandbox, read_timeout_seconds=0.1), permit)
    assert time.monotonic() - started_at < 2
    assert permit.answers == [(None, None)] * 4


def test_waits_between_retries_double_from_two_seconds(
    sandbox: Sandbox, permit: RecordingPermit, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    sandbox.control(script=[{"answer": "error", "times": 3}])
    ask(make_client(sandbox, retry_wait_scale=1), permit)
    assert [2 <= waits[0] <= 3, 4 <= waits[1] <= 5, 8 <= waits[2] <= 9] == [True] * 3


def test_a_retry_the_permit_refuses_is_not_made(sandbox: Sandbox, client: GeminiClient) -> None:
    sandbox.control(script=[{"answer": "error", "times": None}])
    permit = RecordingPermit(allowed=1, refusal=NotPermitted("the lease is lost", lease_lost=True))
    with pytest.raises(NotPermitted):
        ask(client, permit)
    assert sandbox.report()["calls"] == 1


def test_without_a_permit_nothing_is_sent(sandbox: Sandbox, client: GeminiClient) -> None:
    with pytest.raises(NotPermitted):
        ask(client, RecordingPermit(allowed=0, refusal=NotPermitted("budget used up")))
    assert sandbox.report()["calls"] == 0


# Answers that are none


def test_a_request_the_provider_does_not_understand_is_permanent(
    client: GeminiClient, permit: RecordingPermit
) -> None:
    with pytest.raises(Permanent, match="maxOutputTokens"):
        ask(client, permit, max_output_tokens=0)
    assert permit.answers == [(400, None)]


@pytest.mark.parametrize(
    ("answer", "reason"), [("prompt_block", "PROHIBITED_CONTENT"), ("answer_block", "SAFETY")]
)
def test_a_block_is_permanent_and_says_which(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit, answer: str, reason: str
) -> None:
    sandbox.control(script=[{"answer": answer}])
    with pytest.raises(Blocked, match=reason) as caught:
        ask(client, permit)
    assert isinstance(caught.value, Permanent)
    assert caught.value.usage == Usage(calls=1, tokens=estimate_tokens(write_alignment_prompt()))


@pytest.mark.parametrize("with_parts", [True, False])
def test_an_answer_cut_off_is_asked_for_once_more_with_more_room(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit, with_parts: bool
) -> None:
    sandbox.control(script=[{"answer": "truncated", "with_parts": with_parts}])
    generated = ask(client, permit)
    assert generated.usage == Usage(calls=2, tokens=2 * estimate_tokens(write_alignment_prompt()))


def test_more_room_is_four_times_as_much(client: GeminiClient, permit: RecordingPermit) -> None:
    # The answer needs more than 30 tokens and less than 120.
    assert ask(client, permit, max_output_tokens=30).usage.calls == 2


def test_an_answer_cut_off_twice_is_malformed(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    sandbox.control(script=[{"answer": "truncated", "times": None}])
    with pytest.raises(Malformed, match="cut off") as caught:
        ask(client, permit)
    assert caught.value.usage.calls == 2 == len(permit.spends)


def test_no_more_room_than_the_model_has_is_asked_for(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    sandbox.control(script=[{"answer": "truncated", "times": None}])
    with pytest.raises(Malformed):
        ask(client, permit, max_output_tokens=65_536)
    assert len(permit.spends) == 1


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("cut_json", "not JSON"),
        ("prose", "looks like a strong fit"),
        ("score_out_of_range", r"score: .*less than or equal to 100, got 140"),
        ("missing_field", "reasoning: Field required"),
        ("extra_field", "remark: Extra inputs are not permitted"),
        ("nul", "reasoning holds a NUL"),
        ("no_parts", "no text"),
        ("not_json_body", "not JSON: it begins '<html>"),
    ],
)
def test_a_malformed_answer_is_quoted_and_never_repaired(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit, kind: str, message: str
) -> None:
    sandbox.control(script=[{"answer": "malformed", "kind": kind}])
    with pytest.raises(Malformed, match=message) as caught:
        ask(client, permit)
    assert isinstance(caught.value, Transient)
    assert len(caught.value.message) <= 500
    assert len(permit.spends) == 1


def test_a_group_s_good_entries_stay_readable_when_one_is_not(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    sandbox.control(script=[{"answer": "malformed", "kind": "score_out_of_range", "buyer_id": 5}])
    with pytest.raises(Malformed, match=r"answers\.1\.service\.score: .*got 140") as caught:
        client.generate_json(prompt=write_fit_prompt((3, 5, 8)), schema=FitAnswers, permit=permit)
    scores = [entry["service"]["score"] for entry in caught.value.parsed["answers"]]
    assert scores[1] == 140
    assert scores[0] == scores[2] == answer_by_rules(UNIVERSE, LISTING, BUYER).service.score


def test_a_long_list_of_faults_is_cut(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    class Demanding(BaseModel):
        a_required_field_with_a_long_name_1: str
        a_required_field_with_a_long_name_2: str
        a_required_field_with_a_long_name_3: str
        a_required_field_with_a_long_name_4: str
        a_required_field_with_a_long_name_5: str
        a_required_field_with_a_long_name_6: str

    with pytest.raises(Malformed, match="long_name_1") as caught:
        client.generate_json(prompt=write_alignment_prompt(), schema=Demanding, permit=permit)
    assert len(caught.value.message) <= 500


# Test connection


def test_a_working_connection_is_said_to_work_in_one_free_call(
    sandbox: Sandbox, client: GeminiClient
) -> None:
    assert client.check_connection().startswith("ok")
    assert sandbox.report()["by_request"] == {"GET /models/gemini-3.6-flash": 1}
    assert sandbox.report()["calls"] == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"answer": "bad_key"}, ProviderFault),
        ({"answer": "rate_limit", "contains": "GET"}, RateLimited),
        ({"answer": "error", "contains": "GET", "times": None}, ServerFault),
    ],
)
def test_a_connection_that_does_not_work_names_its_fault_at_once(
    sandbox: Sandbox, client: GeminiClient, fault: dict[str, Any], error: type[Exception]
) -> None:
    sandbox.control(script=[fault])
    with pytest.raises(error):
        client.check_connection()
    assert sum(sandbox.report()["by_request"].values()) == 1


def test_a_fault_scripted_for_calls_is_not_used_up_by_a_test_of_the_connection(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    sandbox.control(script=[{"answer": "rate_limit"}])
    client.check_connection()
    with pytest.raises(RateLimited):
        ask(client, permit)


# The process's client


@pytest.fixture
def gemini_settings(settings: Settings, sandbox: Sandbox) -> Settings:
    settings.GEMINI_API_KEY = f" {KEY}\n"
    settings.GOOGLE_GEMINI_BASE_URL = sandbox.base_url
    settings.GEMINI_MODEL = "gemini-3.6-flash"
    settings.GEMINI_TIMEOUT_SECONDS = 5
    return settings


def test_all_threads_of_a_process_share_one_client(gemini_settings: Settings) -> None:
    barrier = threading.Barrier(4)
    clients: list[GeminiClient] = []

    def fetch() -> None:
        barrier.wait()
        clients.append(get_client())

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client in clients}) == 1


def test_a_changed_setting_makes_another_client(gemini_settings: Settings) -> None:
    first = get_client()
    gemini_settings.GEMINI_MODEL = "gemini-3.5-flash"
    assert get_client().model == "gemini-3.5-flash"
    assert get_client() is not first


# Newer Pythons warn of a fork beside threads; that is what this test is about.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_connections(gemini_settings: Settings) -> None:
    parent = get_client()
    assert parent.check_connection()
    child = os.fork()
    if child == 0:
        works = False
        try:
            works = get_client() is not parent and get_client().check_connection().startswith("ok")
        finally:
            os._exit(0 if works else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_without_a_key_there_is_no_client_and_no_silent_fallback(settings: Settings) -> None:
    settings.GEMINI_API_KEY = "  "
    assert find_api_key() == ""
    with pytest.raises(ProviderFault, match="GEMINI_API_KEY") as caught:
        get_client()
    assert caught.value.reason == "key_missing"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://generativelanguage.googleapis.com", "https://generativelanguage.googleapis.com/v1beta"),
        (
            "https://generativelanguage.googleapis.com/v1beta/",
            "https://generativelanguage.googleapis.com/v1beta",
        ),
        ("http://127.0.0.1:1/gemini/v1beta", "http://127.0.0.1:1/gemini/v1beta"),
        ("http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"),
    ],
)
def test_a_base_url_may_leave_out_the_version(given: str, used: str) -> None:
    assert complete_base_url(given) == used


def test_no_log_line_holds_the_key(sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit) -> None:
    echo = f"request with x-goog-api-key: {KEY} failed"
    sandbox.control(script=[{"answer": "error", "status": 503, "message": echo}, {"answer": "cut"}])
    with structlog.testing.capture_logs() as lines:
        ask(client, permit)
    assert [line["event"] for line in lines].count("gemini.retry") == 2
    assert KEY not in str(lines)


def test_many_threads_may_ask_at_once(
    sandbox: Sandbox, client: GeminiClient, permit: RecordingPermit
) -> None:
    values: list[AlignmentAnswer] = []
    threads = [threading.Thread(target=lambda: values.append(ask(client, permit).value)) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == [score_alignment(UNIVERSE, BUYER)] * 24
    assert client.count_tokens(prompt="x", permit=FREE) == 1
    assert sandbox.report()["calls"] == len(permit.spends) == 24
