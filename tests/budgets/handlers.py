"""The kind the scenarios run: one call of so many tokens, spent and answered as a client does it."""

import os
import threading
import time

import requests
from pydantic import BaseModel, ConfigDict

from queueproject.queue.outcomes import Complete, Outcome, RateLimited, Transient
from queueproject.queue.registry import BudgetDefault, JobContext, ProviderSpec, handler, register_provider

KIND = "budgets.call"
LANE = "budgets-lane"
IN_FLIGHT = 64
ESTIMATE_FACTOR = float(os.environ.get("BUDGETS_ESTIMATE_FACTOR", "1"))

register_provider(
    ProviderSpec(
        key=LANE,
        label="A party that counts strictly",
        budgets=(BudgetDefault("calls"), BudgetDefault("tokens")),
        max_in_flight=IN_FLIGHT,
    )
)
_sessions = threading.local()


class Call(BaseModel):
    """Payload: how many tokens the call's prompt has."""

    model_config = ConfigDict(extra="forbid")
    tokens: int


def estimate(call: Call) -> int:
    return max(1, round(call.tokens * ESTIMATE_FACTOR))


@handler(KIND, payload=Call, providers=(LANE,), estimate_tokens=estimate, max_attempts=10)
def call(job: JobContext) -> Outcome:
    session = _sessions.__dict__.setdefault("session", requests.Session())
    receipt = job.permit.spend(tokens=estimate(job.payload))
    began = time.monotonic()
    try:
        answer = session.post(
            f"{os.environ['GOOGLE_GEMINI_BASE_URL']}/models/{os.environ['GEMINI_MODEL']}:generateContent",
            headers={"x-goog-api-key": os.environ["GEMINI_API_KEY"]},
            json={"contents": [{"role": "user", "parts": [{"text": "word" * job.payload.tokens}]}]},
            timeout=30,
        )
    except requests.RequestException as error:
        receipt.answered(latency_seconds=time.monotonic() - began)
        raise Transient(type(error).__name__) from error
    body = answer.json()
    tokens = body.get("usageMetadata", {}).get("promptTokenCount")
    receipt.answered(tokens=tokens, status=answer.status_code, latency_seconds=time.monotonic() - began)
    if answer.status_code == 429:
        raise RateLimited("the sandbox counted more than it allows", retry_after_seconds=1)
    if answer.status_code != 200:
        raise Transient(f"answered {answer.status_code}", status=answer.status_code)
    return Complete()


class Wait(BaseModel):
    """Payload: how long the call takes."""

    model_config = ConfigDict(extra="forbid")
    milliseconds: int


@handler("budgets.wait", payload=Wait, providers=(LANE,), max_attempts=10)
def wait(job: JobContext) -> Outcome:
    """Make a call to nobody: what is looked at is when it was let through."""
    receipt = job.permit.spend()
    time.sleep(job.payload.milliseconds / 1000)
    receipt.answered(status=200)
    return Complete()
