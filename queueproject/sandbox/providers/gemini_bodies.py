"""Gemini's bodies: answers and errors, with the field names and wordings of the real ones."""

from itertools import count
from typing import Any

from queueproject.sandbox.behaviour import Fault, Quota, RateLimitForm
from queueproject.sandbox.providers.base import Reply, make_json_reply

_TYPE = "type.googleapis.com/google.rpc."
_HELP = {
    "@type": f"{_TYPE}Help",
    "links": [
        {
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
    ],
}
_QUOTAS: dict[Quota, tuple[str, str]] = {
    "minute": ("generate_content_free_tier_requests", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
    "tokens": (
        "generate_content_free_tier_input_token_count",
        "GenerateContentInputTokensPerModelPerMinute-FreeTier",
    ),
    "day": ("generate_content_free_tier_requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
    "zero": ("generate_content_free_tier_requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
}
_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_MESSAGES = {
    401: "Request had invalid authentication credentials.",
    402: "This project has no credit left.",
    500: "An internal error has occurred. Please retry or report.",
    503: "The model is overloaded. Please try again later.",
    504: "Deadline expired before operation could complete.",
}
_answers = count(1)


def make_error(
    status: int,
    message: str = "",
    *,
    name: str = "",
    details: list[dict[str, Any]] | None = None,
    in_array: bool = False,
    retry_after_seconds: float | None = None,
) -> Reply:
    """Make an error envelope, inside a one-element array when asked."""
    error: dict[str, Any] = {
        "code": status,
        "message": message or _MESSAGES.get(status, "The request failed."),
        "status": name or _STATUS_NAMES.get(status, "UNKNOWN"),
    }
    if details:
        error["details"] = details
    envelope = {"error": error}
    return make_json_reply(
        status, [envelope] if in_array else envelope, retry_after_seconds=retry_after_seconds
    )


def make_rate_limit(
    *,
    quota: Quota,
    limit: int,
    retry_after_seconds: float | None,
    model: str,
    form: RateLimitForm = "full",
    in_array: bool = False,
) -> Reply:
    """Make a 429 in one of its three forms; only the full one says what to wait for."""
    if quota == "credit":
        return make_error(429, "Your prepayment credits are depleted. Please add credit to go on.")
    if form == "bare":
        return make_error(429, "Resource has been exhausted (e.g. check quota).", in_array=in_array)
    if form == "help":
        message = "You exceeded your current quota, please check your plan and billing details."
        return make_error(429, message, details=[_HELP], in_array=in_array)
    metric, quota_id = _QUOTAS[quota]
    metric = f"generativelanguage.googleapis.com/{metric}"
    limit = 0 if quota == "zero" else limit
    violation = {
        "quotaMetric": metric,
        "quotaId": quota_id,
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": str(limit),
    }
    message = (
        "You exceeded your current quota, please check your plan and billing details. \n"
        f"* Quota exceeded for metric: {metric}, limit: {limit}, model: {model}"
    )
    details: list[dict[str, Any]] = [_HELP, {"@type": f"{_TYPE}QuotaFailure", "violations": [violation]}]
    if retry_after_seconds is not None:
        delay = f"{retry_after_seconds:.6f}".rstrip("0").rstrip(".")
        message += f"\nPlease retry in {delay}s."
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{delay}s"})
    return make_error(
        429, message, details=details, in_array=in_array, retry_after_seconds=retry_after_seconds
    )


def make_bad_request(message: str, *, field: str = "") -> Reply:
    """Make the 400 of a request that cannot be understood."""
    violation = {"field": field, "description": message} if field else {"description": message}
    detail = {"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]}
    return make_error(400, message, details=[detail])


def make_bad_key() -> Reply:
    """Make the 400 (not 401) of a key that is not valid."""
    message = "API key not valid. Please pass a valid API key."
    info = {
        "@type": f"{_TYPE}ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    localized = {"@type": f"{_TYPE}LocalizedMessage", "locale": "en-US", "message": message}
    return make_error(400, message, details=[info, localized])


def make_no_key() -> Reply:
    """Make the 403 of a request without a key."""
    return make_error(
        403,
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API.",
    )


def make_leaked_key() -> Reply:
    """Make the 403 of a key somebody published."""
    return make_error(403, "Your API key was reported as leaked. Please use another API key.")


def make_unknown_model(model: str, *, method: str) -> Reply:
    """Make the 404 of a model, or of a method the model does not have."""
    return make_error(
        404,
        f"models/{model} is not found for API version v1beta, or is not supported for {method}. "
        "Call ListModels to see the list of available models and their supported methods.",
    )


def make_fault_error(fault: Fault, *, model: str) -> Reply:
    """Make the error a scripted or drawn fault names."""
    match fault.answer:
        case "bad_key":
            return make_bad_key()
        case "leaked_key":
            return make_leaked_key()
        case "no_key":
            return make_no_key()
        case "model_gone":
            return make_unknown_model(model, method="generateContent")
        case "rate_limit":
            return make_rate_limit(
                quota=fault.quota,
                limit=20,
                retry_after_seconds=fault.retry_after_seconds,
                model=model,
                form=fault.form,
                in_array=fault.in_array,
            )
        case _:
            return make_error(fault.status, fault.message, in_array=fault.in_array)


def make_answer(
    *,
    model: str,
    prompt_tokens: int,
    text: str | None,
    finish_reason: str = "STOP",
    safety: bool = False,
) -> dict[str, Any]:
    """Make the 200 of generateContent; `text` None leaves the parts out."""
    content: dict[str, Any] = {"role": "model"}
    if text is not None:
        content["parts"] = [{"text": text}]
    candidate: dict[str, Any] = {"index": 0, "content": content, "finishReason": finish_reason}
    if safety:
        rating = {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}
        candidate |= {"content": {}, "safetyRatings": [rating]}
    answer_tokens = count_tokens(text or "")
    return {
        "candidates": [candidate],
        "usageMetadata": _make_usage(prompt_tokens=prompt_tokens, answer_tokens=answer_tokens),
        "modelVersion": model,
        "responseId": f"sandbox-{next(_answers):08d}",
    }


def make_blocked_prompt(*, model: str, prompt_tokens: int) -> dict[str, Any]:
    """Make the 200 without candidates that a refused prompt gets."""
    return {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": _make_usage(prompt_tokens=prompt_tokens, answer_tokens=0),
        "modelVersion": model,
        "responseId": f"sandbox-{next(_answers):08d}",
    }


def make_model(name: str) -> dict[str, Any]:
    """Describe a model as the list of models does."""
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        "thinking": True,
    }


def count_tokens(text: str) -> int:
    """Count a token per four characters, rounded up."""
    return (len(text) + 3) // 4


def _make_usage(*, prompt_tokens: int, answer_tokens: int) -> dict[str, Any]:
    usage: dict[str, Any] = {
        "promptTokenCount": prompt_tokens,
        "totalTokenCount": prompt_tokens + answer_tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt_tokens}],
        "serviceTier": "standard",
    }
    if answer_tokens:
        usage["candidatesTokenCount"] = answer_tokens
    return usage
