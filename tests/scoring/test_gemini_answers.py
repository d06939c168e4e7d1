"""Reading answers and errors of shapes the sandbox does not send."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from queueproject.queue.outcomes import Permanent, ProviderFault, RateLimited
from scoring.gemini.answers import (
    Blocked,
    Malformed,
    find_prompt_tokens,
    open_reply,
    parse_json,
    require_complete,
    validate,
)
from scoring.gemini.faults import name_fault


class Rating(BaseModel):
    model_config = ConfigDict(extra="forbid")

    score: int
    reasoning: str


def make_data(*, parts: object = None, reason: str | None = "STOP", **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}}
    if reason is not None:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], **more}


def test_parts_are_joined_without_thoughts() -> None:
    parts = [
        {"text": "let me think", "thought": True},
        {"text": '{"score":', "thoughtSignature": "b3BhcXVl"},
        {"functionCall": {"name": "x"}},
        {"text": " 7}", "thought": False},
    ]
    assert open_reply(make_data(parts=parts)).text == '{"score": 7}'


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"candidates": []},
        {"candidates": None},
        {"candidates": ["x"]},
        {"candidates": [{"content": None}]},
        make_data(parts="text", reason=None),
        make_data(parts=[{"text": 7}, "x"], reason=None),
    ],
)
def test_an_answer_without_candidate_or_reason_is_malformed(data: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="no candidate"):
        require_complete(open_reply(data))


@pytest.mark.parametrize("reason", ["OTHER", "MALFORMED_FUNCTION_CALL", "A_REASON_OF_TOMORROW"])
def test_a_reason_that_is_neither_stop_nor_a_block_may_pass_next_time(reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        require_complete(open_reply(make_data(parts=[{"text": "{}"}], reason=reason)))


@pytest.mark.parametrize("reason", ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"])
def test_a_blocked_answer_is_blocked_even_with_text(reason: str) -> None:
    with pytest.raises(Blocked, match=reason):
        require_complete(open_reply(make_data(parts=[{"text": "{}"}], reason=reason)))


def test_feedback_beside_an_answer_is_no_block() -> None:
    data = make_data(parts=[{"text": "{}"}], promptFeedback={"safetyRatings": [], "blockReason": "OTHER"})
    require_complete(open_reply(data))


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"promptTokenCount": 120, "thoughtsTokenCount": 5}, 120),
        ({}, 0),
        (None, 0),
        ("many", 0),
        ({"promptTokenCount": "120"}, 0),
        ({"promptTokenCount": True}, 0),
        ({"promptTokenCount": -5}, 0),
    ],
)
def test_usage_is_read_leniently_and_absent_is_zero(usage: object, tokens: int) -> None:
    assert find_prompt_tokens({"usageMetadata": usage}) == tokens
    assert find_prompt_tokens({}) == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse_json(body)


def test_a_pretty_printed_answer_with_a_trailing_newline_is_valid() -> None:
    assert validate('{\n  "score": 7,\n  "reasoning": "ok"\n}\n', schema=Rating).score == 7


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('{"score": NaN, "reasoning": "x"}', "NaN"),
        ('{"score": 7, "reasoning": "a\\u0000b"}', "reasoning holds a NUL"),
        ('{"score": 7, "reasoning": "a\\ud800b"}', "reasoning holds a NUL or half a character"),
        ('{"score": 7, "reasoning": "x", "a\\u0000": 1}', "a key"),
        ('```json\n{"score": 7}\n```', "not JSON"),
        ('{"score": "seven", "reasoning": "x"}', "score: .*got “seven”"),
        ('{"score": null, "reasoning": null}', "score: .*; reasoning: "),
        ('[{"score": 7, "reasoning": "x"}]', "answer: "),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_an_answer_that_does_not_fit_is_quoted(text: str, quoted: str) -> None:
    with pytest.raises(Malformed, match=quoted):
        validate(text, schema=Rating)


def test_a_backslash_before_u0000_is_text_and_no_nul() -> None:
    assert validate(r'{"score": 7, "reasoning": "a\\u0000b"}', schema=Rating).reasoning == r"a\u0000b"


# Error bodies


def name(status: int, error: object, *, headers: dict[str, str] | None = None) -> Exception:
    body = error if isinstance(error, bytes) else json.dumps({"error": error}).encode()
    return name_fault(status, body=body, headers=headers or {}, model="gemini-x")


def make_quota_error(*violations: dict[str, str], message: str = "quota", delay: str = "") -> dict[str, Any]:
    details: list[dict[str, Any]] = [{"@type": "RetryInfo", "retryDelay": delay}] if delay else []
    details.append({"@type": "QuotaFailure", "violations": list(violations)})
    return {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": message, "details": details}


def test_one_daily_quota_among_several_is_for_the_day() -> None:
    minute = {"quotaId": "GenerateRequestsPerMinutePerProjectPerModel", "quotaValue": "20"}
    day = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
    error = name(429, make_quota_error(minute, day, delay="26s"))
    assert isinstance(error, RateLimited)
    assert error.per_day


def test_free_tier_in_the_metric_is_no_daily_quota() -> None:
    violation = {"quotaMetric": "generate_content_free_tier_requests", "quotaId": "RequestsPerMinute"}
    error = name(429, make_quota_error(violation, delay="26s"))
    assert isinstance(error, RateLimited)
    assert (error.per_day, error.retry_after_seconds) == (False, 26)


@pytest.mark.parametrize(
    ("message", "is_zero"),
    [
        ("* Quota exceeded for metric: x, limit: 0, model: y", True),
        ("limit: 0", True),
        ("limit: 0.", True),
        ("limit: 20", False),
        ("limit: 0.5", False),
        ("limit: 05", False),
    ],
)
def test_a_limit_of_nothing_is_a_fault_of_the_account(message: str, is_zero: bool) -> None:
    error = name(429, {"message": message})
    assert isinstance(error, ProviderFault if is_zero else RateLimited)


def test_a_quota_value_of_nothing_counts_before_the_day_does() -> None:
    day = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "0"}
    error = name(429, make_quota_error(day, delay="26s"))
    assert isinstance(error, ProviderFault)
    assert error.reason == "quota_zero"


@pytest.mark.parametrize(
    ("error", "headers", "seconds"),
    [
        ({"message": "Please retry in 26.2s."}, {}, 26.2),
        ({"message": "wait"}, {"Retry-After": "12"}, 12),
        (make_quota_error(message="Please retry in 9s.", delay="1.5s"), {"Retry-After": "12"}, 1.5),
        (make_quota_error(delay="soon"), {}, None),
        (b"<html>Too many</html>", {}, None),
        (b"", {}, None),
    ],
)
def test_a_wait_is_taken_from_retry_info_then_the_header_then_the_text(
    error: object, headers: dict[str, str], seconds: float | None
) -> None:
    named = name(429, error, headers=headers)
    assert isinstance(named, RateLimited)
    assert named.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (
            {"status": "FAILED_PRECONDITION", "message": "location is not supported"},
            ProviderFault,
            "forbidden",
        ),
        ({"status": "FAILED_PRECONDITION", "message": "Please enable billing"}, ProviderFault, "no_credit"),
        ({"message": "API key expired. Please renew the API key."}, ProviderFault, "bad_key"),
        ({"details": [{"reason": "API_KEY_INVALID"}]}, ProviderFault, "bad_key"),
        ({"status": "INVALID_ARGUMENT", "message": "bad field"}, Permanent, None),
        ("just text", Permanent, None),
        ({"details": ["x", {"violations": "x", "fieldViolations": ["x"]}], "message": 7}, Permanent, None),
    ],
)
def test_a_400_is_a_fault_of_the_account_or_of_the_request(
    error: object, kind: type[Exception], reason: str | None
) -> None:
    named = name(400, error)
    assert type(named) is kind
    assert getattr(named, "reason", None) == reason


def test_a_refused_field_is_named() -> None:
    details = [{"fieldViolations": [{"field": "generation_config.top_k", "description": "no"}]}]
    error = name(400, {"status": "INVALID_ARGUMENT", "message": "no", "details": details})
    assert "generation_config.top_k" in str(error)


def test_an_html_error_page_is_shown_cut_short() -> None:
    error = name(503, b"<html>" + b"x" * 10_000)
    assert len(str(error)) < 500


def test_a_redirect_is_a_wrong_base_url() -> None:
    error = name(302, b"")
    assert isinstance(error, ProviderFault)
    assert error.reason == "bad_address"
