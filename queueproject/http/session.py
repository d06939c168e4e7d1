"""One session per provider, and one way to send: with timeouts, a body limit and no redirects."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from queueproject.http.errors import TRANSPORT_ERRORS, BadAnswer, name_transport_error

USER_AGENT = "queueproject"
MAX_BODY_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for a connection, for each read, and (four reads) for the whole body."""

    connect_seconds: float = 5
    read_seconds: float = 60

    @property
    def total_seconds(self) -> float:
        """Limit what a body that drips may take."""
        return self.connect_seconds + 4 * self.read_seconds


@dataclass(frozen=True)
class HttpAnswer:
    """What came back, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_seconds: float


class _PlainSession(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # requests reads a redirect's whole body even when told not to follow it.
        return None


def make_session(*, pool_size: int, headers: Mapping[str, str] | None = None) -> requests.Session:
    """Open a session that may be shared by `pool_size` threads of one process; a further one waits.

    It reads no proxies and no .netrc, keeps no cookies and retries nothing by itself.
    """
    session = _PlainSession()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=pool_size, pool_block=True, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update({"User-Agent": USER_AGENT, **(headers or {})})
    return session


def send(
    session: requests.Session,
    *,
    method: str,
    url: str,
    timeouts: Timeouts,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    what: str = "",
    secrets: tuple[str, ...] = (),
    max_body_bytes: int = MAX_BODY_BYTES,
) -> HttpAnswer:
    """Send one request and read the whole answer, whatever its status.

    Raises ConnectionFault when none came, BadAnswer when it is longer than `max_body_bytes` (unpacked),
    ProviderFault when the address is no URL.
    `what` opens error texts; `secrets` are kept out of them.
    """
    started_at = time.monotonic()
    named = what or f"{method} {url.partition('?')[0]}"
    try:
        with session.request(
            method,
            url,
            json=json,
            params=params,
            headers=headers,
            timeout=(timeouts.connect_seconds, timeouts.read_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = _read(
                response, what=named, limit=max_body_bytes, deadline=started_at + timeouts.total_seconds
            )
            latency = time.monotonic() - started_at
            return HttpAnswer(response.status_code, response.headers, body, latency)
    except TRANSPORT_ERRORS as error:
        raise name_transport_error(error, what=named, secrets=secrets) from None


def _read(response: requests.Response, *, what: str, limit: int, deadline: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit:
            raise BadAnswer(
                f"{what}: the answer is longer than {limit} bytes and was not read to its end",
                status=response.status_code,
            )
        if time.monotonic() > deadline:
            raise requests.ReadTimeout("the body did not end in time")
    return bytes(body)
