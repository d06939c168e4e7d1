"""Build the API that workloads add their calls to."""

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.parser import Parser

from queueproject.api.auth import SessionAuth, TokenAuth
from queueproject.api.problems import answer_problems
from queueproject.api.throttle import PersonThrottle

_DESCRIPTION = """\
Every call needs a session, with `X-CSRFToken` where it changes anything, or `Authorization: Bearer qp_…`.
What goes wrong is always `{"error": …}`; where a part of the request is to blame, `field` and `reason` say
which part and why. Calls are limited by the minute and person; beyond that: 429 with `Retry-After`.
"""


class StrictParser(Parser):
    """Reads bodies; whatever cannot be read is the caller's fault, however deep or large it is."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the JSON of a body, which must be an object."""
        try:
            body = super().parse_body(request)
        except (ValueError, RecursionError) as error:
            raise HttpError(400, "The body is no JSON") from error
        if not isinstance(body, dict):
            raise HttpError(400, "The body is no JSON object")
        return body


def make_api() -> NinjaAPI:
    """Return an API without calls; its schema stands at openapi.json, for everyone."""
    api = NinjaAPI(
        title="queueproject",
        version="1",
        description=_DESCRIPTION,
        urls_namespace="api",
        docs_url=None,
        auth=[TokenAuth(), SessionAuth()],
        throttle=PersonThrottle(),
        parser=StrictParser(),
    )
    answer_problems(api)
    return api
