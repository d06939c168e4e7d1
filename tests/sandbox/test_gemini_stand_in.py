"""The wire format of the stand-in, over loopback HTTP, without the project's client."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from queueproject.sandbox.answerer import HARMLESS
from queueproject.sandbox.server import Sandbox, running_sandbox
from scoring.gemini.schemas import make_response_schema
from scoring.remarketing.answers import AlignmentAnswer, FitAnswers
from tests.scoring.prompts import UNIVERSE, write_alignment_prompt, write_fit_prompt, write_prompt

MODEL = "gemini-3.6-flash"
SCHEMA = make_response_schema(AlignmentAnswer)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(retry_after_seconds=1.5) as running:
        yield running


def post(
    sandbox: Sandbox, body: Any, *, path: str = f"models/{MODEL}:generateContent", key: str | None = "k"
) -> requests.Response:
    headers = {"x-goog-api-key": key} if key else {}
    return requests.post(f"{sandbox.base_url}/{path}", json=body, headers=headers, timeout=5)


def get(sandbox: Sandbox, path: str, key: str | None = "k") -> requests.Response:
    headers = {"x-goog-api-key": key} if key else {}
    return requests.get(f"{sandbox.base_url}/{path}", headers=headers, timeout=5)


def write(text: str = "Hello", *, schema: Any = None, **config: Any) -> dict[str, Any]:
    if schema is not None:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": schema}
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
    return {**body, "generationConfig": config} if config else body


def read_error(response: requests.Response) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    assert error["code"] == response.status_code
    return error


def read_text(response: requests.Response) -> str:
    text: str = response.json()["candidates"][0]["content"]["parts"][0]["text"]
    return text


def test_an_answer_has_gemini_s_shape_and_counts_four_characters_a_token(sandbox: Sandbox) -> None:
    body = {**write("12345"), "systemInstruction": {"parts": [{"text": "6789"}]}}
    response = post(sandbox, body)
    data = response.json()
    assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert data["candidates"][0]["finishReason"] == "STOP"
    assert data["candidates"][0]["content"]["role"] == "model"
    assert data["modelVersion"] == MODEL
    usage = data["usageMetadata"]
    assert usage["promptTokenCount"] == 3
    assert usage["totalTokenCount"] == 3 + usage["candidatesTokenCount"]
    assert "Retry-After" not in response.headers


def test_a_prompt_without_facts_gets_a_harmless_text(sandbox: Sandbox) -> None:
    assert read_text(post(sandbox, write("Hello"))) == HARMLESS


def test_facts_are_answered_in_the_schema_s_shape(sandbox: Sandbox) -> None:
    alignment = read_text(post(sandbox, write(write_alignment_prompt(), schema=SCHEMA)))
    assert AlignmentAnswer.model_validate_json(alignment)
    fit = read_text(post(sandbox, write(write_fit_prompt((4, 1)), schema=make_response_schema(FitAnswers))))
    assert [answer.buyer_id for answer in FitAnswers.model_validate_json(fit).answers] == [4, 1]


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        (write_prompt({"task": "sing"}), "no task"),
        (write_alignment_prompt() + "\n" + write_alignment_prompt(), "2 JSON blocks"),
        ("```json\n{half\n```", "no task"),
        (write_prompt({"task": "alignment", "universe": {}}), "buyer"),
        (
            write_prompt(
                {
                    "task": "alignment",
                    "universe": {**UNIVERSE.model_dump(mode="json"), "mood": "good"},
                    "buyer": {"id": 1},
                }
            ),
            "UniverseFacts.mood",
        ),
        (write_prompt({"task": "alignment", "universe": {}, "buyer": {"id": 1}}), "guide"),
    ],
)
def test_facts_that_cannot_be_read_are_refused_naming_the_field(
    sandbox: Sandbox, prompt: str, named: str
) -> None:
    response = post(sandbox, write(prompt, schema=SCHEMA))
    assert response.status_code == 400
    assert named in read_error(response)["message"]


def test_facts_without_a_response_schema_are_refused(sandbox: Sandbox) -> None:
    error = read_error(post(sandbox, write(write_alignment_prompt())))
    assert error["details"][0]["fieldViolations"][0]["field"] == "generation_config.response_json_schema"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({**write(), "mood": 1}, 'Unknown name "mood": Cannot find field.'),
        (write(mood=1), "Unknown name \"mood\" at 'generationConfig'"),
        ({"contents": [{"parts": [{"txt": "x"}]}]}, "Unknown name \"txt\" at 'contents[0].parts[0]'"),
        ({"contents": "x"}, "expected an object"),
        ({"contents": [{"parts": [{"text": 7}]}]}, "expected a string"),
        ({}, "contents is not specified"),
        ([], "expected an object"),
        (write(schema=SCHEMA, responseSchema={"type": "OBJECT"}), "Only one of"),
        (write(responseJsonSchema=SCHEMA), "response_mime_type"),
        (write(schema={"type": "string", "pattern": "x"}), "Unsupported keyword 'pattern'"),
        (write(schema={"properties": {"a": {"$ref": "#/x", "type": "string"}}}), "$ref"),
        (write(schema={"items": {"anyOf": [{"const": 1}]}}), "Unsupported keyword 'const'"),
        (write(maxOutputTokens=65_537), "maxOutputTokens"),
    ],
)
def test_what_gemini_does_not_know_is_refused_not_ignored(sandbox: Sandbox, body: Any, named: str) -> None:
    response = post(sandbox, body)
    assert response.status_code == 400
    error = read_error(response)
    assert error["status"] == "INVALID_ARGUMENT"
    assert named in error["message"]
    assert error["details"][0]["@type"].endswith("BadRequest")
    assert sandbox.report()["accepted"] == 0


def test_snake_case_is_understood_as_well(sandbox: Sandbox) -> None:
    body = write(max_output_tokens=100, thinking_config={"thinking_budget": 5}, temperature=0)
    assert post(sandbox, {**body, "system_instruction": {"parts": [{"text": "x"}]}}).status_code == 200


def test_keys_models_and_methods_are_checked_as_gemini_does(sandbox: Sandbox) -> None:
    sandbox.control(behaviour={"bad_keys": ["wrong"]})
    bad = post(sandbox, write(), key="wrong")
    assert bad.status_code == 400
    assert read_error(bad)["details"][0]["reason"] == "API_KEY_INVALID"
    none = post(sandbox, write(), key=None)
    assert (none.status_code, read_error(none)["status"]) == (403, "PERMISSION_DENIED")
    gone = post(sandbox, write(), path="models/gemini-0:generateContent")
    assert (gone.status_code, read_error(gone)["status"]) == (404, "NOT_FOUND")
    method = post(sandbox, write(), path=f"models/{MODEL}:sing")
    assert method.status_code == 404
    assert "not supported for sing" in read_error(method)["message"]
    assert post(sandbox, write(), path=f"models/{MODEL}:generateContent?key=k", key=None).status_code == 200


def test_models_are_listed_and_described(sandbox: Sandbox) -> None:
    names = [model["name"] for model in get(sandbox, "models").json()["models"]]
    assert f"models/{MODEL}" in names
    assert "generateContent" in get(sandbox, f"models/{MODEL}").json()["supportedGenerationMethods"]
    assert get(sandbox, "models/gemini-0").status_code == 404
    assert get(sandbox, f"models/{MODEL}", key=None).status_code == 403


def test_tokens_are_counted_in_both_forms_and_cost_no_call(sandbox: Sandbox) -> None:
    path = f"models/{MODEL}:countTokens"
    assert post(sandbox, write("12345"), path=path).json()["totalTokens"] == 2
    whole = {"model": f"models/{MODEL}", **write("12345")}
    assert post(sandbox, {"generateContentRequest": whole}, path=path).json()["totalTokens"] == 2
    assert post(sandbox, {}, path=path).status_code == 400
    assert sandbox.report()["calls"] == 0


def test_a_limit_refuses_with_the_wait_until_the_window_has_room(sandbox: Sandbox) -> None:
    sandbox.control(behaviour={"calls_per_minute": 2, "window_seconds": 0.6})
    started_at = time.monotonic()
    assert [post(sandbox, write()).status_code for _ in range(3)] == [200, 200, 429]
    error = read_error(post(sandbox, write()))
    kinds = {detail["@type"].rpartition(".")[2]: detail for detail in error["details"]}
    assert kinds["QuotaFailure"]["violations"][0]["quotaValue"] == "2"
    delay = float(kinds["RetryInfo"]["retryDelay"].removesuffix("s"))
    assert 0 < delay <= 0.6
    time.sleep(delay)
    assert post(sandbox, write()).status_code == 200
    assert time.monotonic() - started_at >= 0.6
    assert sandbox.report()["peak_accepted_per_window"] == 2


@pytest.mark.parametrize(
    ("limit", "quota"), [("calls_per_day", "PerDay"), ("tokens_per_minute", "InputTokens")]
)
def test_each_limit_names_its_quota(sandbox: Sandbox, limit: str, quota: str) -> None:
    sandbox.control(behaviour={limit: 1})
    post(sandbox, write("x"))
    violations = read_error(post(sandbox, write("x")))["details"][1]["violations"]
    assert quota in violations[0]["quotaId"]


def test_many_threads_at_once_get_no_more_than_the_limit(sandbox: Sandbox) -> None:
    sandbox.control(behaviour={"calls_per_minute": 10})
    statuses: list[int] = []
    barrier = threading.Barrier(16)

    def run() -> None:
        barrier.wait()
        statuses.extend(post(sandbox, write()).status_code for _ in range(2))

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(statuses) == {200: 10, 429: 22}
    report = sandbox.report()
    assert (report["calls"], report["accepted"], report["refused"]) == (32, 10, 22)
    assert report["by_status"] == {"200": 10, "429": 22}


def test_the_same_seed_refuses_the_same_calls() -> None:
    seen = []
    for _ in range(2):
        with running_sandbox(rate_limit_share=0.33, seed=7, retry_after_seconds=2) as sandbox:
            seen.append([post(sandbox, write()).status_code for _ in range(60)])
            assert {wait["retry_after_seconds"] for wait in sandbox.report()["waits"]} == {2.0}
    assert seen[0] == seen[1]
    assert 10 <= seen[0].count(429) <= 30


def test_malformed_answers_come_in_every_kind_in_turn() -> None:
    with running_sandbox(malformed_share=1) as sandbox:
        body = write(write_alignment_prompt(), schema=SCHEMA)
        texts = {post(sandbox, body).text.partition('"responseId"')[0] for _ in range(11)}
    assert len(texts) >= 7


@pytest.mark.parametrize(
    ("kind", "buyer_ids"),
    [
        ("missing_entry", [3, 8]),
        ("double_entry", [3, 5, 8, 5]),
        ("unknown_entry", [3, 999_999_999, 8]),
    ],
)
def test_an_entry_of_a_group_is_spoilt_for_one_buyer(
    sandbox: Sandbox, kind: str, buyer_ids: list[int]
) -> None:
    sandbox.control(script=[{"answer": "malformed", "kind": kind, "buyer_id": 5}])
    response = post(sandbox, write(write_fit_prompt(), schema=make_response_schema(FitAnswers)))
    assert [entry["buyer_id"] for entry in json.loads(read_text(response))["answers"]] == buyer_ids


def test_blocked_prompts_answers_and_cut_off_answers_have_their_shapes(sandbox: Sandbox) -> None:
    sandbox.control(
        script=[
            {"answer": "prompt_block"},
            {"answer": "answer_block"},
            {"answer": "truncated"},
            {"answer": "truncated", "with_parts": False},
        ]
    )
    prompt, answer, cut, empty = (post(sandbox, write()).json() for _ in range(4))
    assert "candidates" not in prompt
    assert prompt["promptFeedback"]["blockReason"] == "PROHIBITED_CONTENT"
    assert (answer["candidates"][0]["content"], answer["candidates"][0]["finishReason"]) == ({}, "SAFETY")
    assert cut["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert cut["candidates"][0]["content"]["parts"]
    assert empty["candidates"][0]["content"] == {"role": "model"}
    assert "candidatesTokenCount" not in empty["usageMetadata"]


def test_a_fault_may_wait_for_a_text_in_the_prompt(sandbox: Sandbox) -> None:
    sandbox.control(script=[{"answer": "error", "contains": "second", "times": 2}])
    texts = ("first", "second", "second", "second")
    assert [post(sandbox, write(text)).status_code for text in texts] == [200, 503, 503, 200]


def test_a_fault_without_end_is_played_until_it_is_cleared(sandbox: Sandbox) -> None:
    sandbox.control(script=[{"answer": "error", "times": None}])
    assert {post(sandbox, write()).status_code for _ in range(4)} == {503}
    sandbox.control(clear_script=True)
    assert post(sandbox, write()).status_code == 200


@pytest.mark.parametrize("within_body", [True, False])
def test_a_cut_connection_gives_no_answer_and_is_reported_as_cut(sandbox: Sandbox, within_body: bool) -> None:
    sandbox.control(script=[{"answer": "cut", "within_body": within_body}])
    with pytest.raises(requests.exceptions.RequestException):
        post(sandbox, write())
    report = sandbox.report()
    assert report["by_status"] == {"cut": 1}
    assert (report["accepted"], report["in_flight"]) == (1, 0)


def test_latency_and_jitter_delay_accepted_calls_only(sandbox: Sandbox) -> None:
    sandbox.control(behaviour={"latency_ms": 80, "jitter_ms": 20, "calls_per_minute": 1})
    for _ in range(2):
        post(sandbox, write())
    accepted, refused = (
        arrival["answered_seconds"] - arrival["at_seconds"] for arrival in sandbox.report()["arrivals"]
    )
    assert accepted >= 0.08
    assert refused < 0.08
