"""Keep everything under /api/ in the one shape, also what no call of the API ever sees."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from queueproject.api.problems import answer

PREFIX: Final = "/api/"
# The largest request there is names a type, a project and five options.
MOST_BYTES: Final = 65_536
_WORDS: Final = {
    400: "Bad request",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    500: "The server failed; its log says why",
}


class ApiMiddleware:
    """Refuse bodies that are too large or no JSON, and turn pages of errors into JSON."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        response = _refuse_body(request) or self.get_response(request)
        is_json = response.get("Content-Type", "").startswith("application/json")
        if response.status_code >= 400 and not is_json:
            plain = response
            words = _WORDS.get(response.status_code, "The request cannot be answered")
            response = answer(response.status_code, words)
            if "Allow" in plain:
                response["Allow"] = plain["Allow"]
        response["Cache-Control"] = "no-store"
        return response


def _refuse_body(request: HttpRequest) -> HttpResponseBase | None:
    length = request.headers.get("Content-Length") or "0"
    if not length.isdecimal() or int(length[:20]) > MOST_BYTES:
        return answer(413, f"The body is larger than {MOST_BYTES} bytes")
    has_body = length.strip("0") != ""
    if has_body and request.content_type != "application/json":
        return answer(415, "The body must be application/json")
    return None
