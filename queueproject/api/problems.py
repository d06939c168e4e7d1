"""How the API says no: one JSON shape for everything that goes wrong."""

from collections.abc import Mapping
from typing import Any, Final

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import BaseModel, ConfigDict, Field

log = structlog.get_logger(__name__)

BEARER_CHALLENGE: Final = 'Bearer realm="queueproject"'


class Problem(BaseModel):
    """What went wrong; `field` and `reason` say which part of the request, where one is to blame."""

    model_config = ConfigDict(extra="forbid")

    error: str
    field: str | None = Field(default=None, description="The part of the request that is to blame.")
    reason: str | None = Field(default=None, description="Why it will not do.")


class ApiProblem(Exception):
    """Raised by a call to answer with a status and a problem."""

    def __init__(
        self, status: int, error: str, *, field: str | None = None, reason: str | None = None
    ) -> None:
        super().__init__(error)
        self.status = status
        self.problem = Problem(error=error, field=field, reason=reason)


PROBLEMS: Final[Mapping[int, type[Problem]]] = dict.fromkeys(
    (400, 401, 403, 404, 413, 415, 429, 500), Problem
)
"""What every call may answer with besides its success."""


def answer(status: int, error: str, *, field: str | None = None, reason: str | None = None) -> JsonResponse:
    """Return a problem as a response."""
    facts: dict[str, Any] = {"error": error}
    if field is not None:
        facts |= {"field": field, "reason": reason}
    response = JsonResponse(facts, status=status)
    if status == 401:
        response["WWW-Authenticate"] = BEARER_CHALLENGE
    return response


def answer_problems(api: NinjaAPI) -> None:
    """Let an API answer whatever goes wrong in the one shape."""
    api.add_exception_handler(ApiProblem, _answer_problem)
    api.add_exception_handler(ValidationError, _answer_invalid)
    api.add_exception_handler(HttpError, _answer_http_error)
    api.add_exception_handler(Exception, _answer_failure)


def _answer_problem(request: HttpRequest, problem: Any) -> HttpResponse:
    found: Problem = problem.problem
    return answer(problem.status, found.error, field=found.field, reason=found.reason)


def _answer_invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """Name the first fault of a request: a path that names nothing is not found, the rest is invalid."""
    fault: dict[str, Any] = error.errors[0]
    where, *steps = [str(step) for step in fault["loc"]]
    if where == "path":
        return answer(404, "Not found")
    # The first step of a body is the name of the argument it is given to.
    names = steps[1:] if where == "body" else steps
    field = ".".join(names) or where
    return answer(400, f"{field}: {fault['msg']}", field=field, reason=str(fault["msg"]))


def _answer_http_error(request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, Throttled):
        return answer(429, "Too many requests; Retry-After says when to come back")
    if isinstance(error, AuthenticationError):
        return answer(401, "Authentication required")
    if error.status_code == 400:
        return answer(400, "The body is no JSON", field="body", reason="it cannot be parsed")
    return answer(error.status_code, str(error))


def _answer_failure(request: HttpRequest, error: Any) -> HttpResponse:
    log.error("api_call_failed", path=request.path, method=request.method, exc_info=error)
    return answer(500, "The server failed; its log says why")
