"""Ask Gemini for one JSON answer of a given shape, spending the queue's permit for every request."""

import time
from dataclasses import dataclass, field, replace
from typing import Any, Generic

import structlog
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from queueproject.http.errors import ConnectionFault, ServerFault
from queueproject.http.metering import FREE
from queueproject.http.session import HttpAnswer, Timeouts, make_session, send
from queueproject.queue.outcomes import ProviderFault, Usage
from queueproject.queue.registry import Permit
from scoring.gemini.answers import (
    AnswerT,
    Blocked,
    Malformed,
    Reply,
    find_prompt_tokens,
    open_reply,
    parse_json,
    require_complete,
    validate,
)
from scoring.gemini.faults import name_fault
from scoring.gemini.schemas import make_response_schema

MAX_RETRIES = 3
LARGEST_OUTPUT_TOKENS = 65_536
_FIRST_WAIT_SECONDS = 2
_JITTER_SECONDS = 1
_VERSIONS = ("v1", "v1beta", "v1alpha")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Generated(Generic[AnswerT]):
    """A valid answer, what it cost, and which model gave it (`model` is Gemini's modelVersion)."""

    value: AnswerT
    usage: Usage
    model: str
    response_id: str
    text: str


@dataclass
class _Tally:
    """Count what one question costs over all its requests."""

    calls: int = 0
    tokens: int = 0

    @property
    def usage(self) -> Usage:
        return Usage(calls=self.calls, tokens=self.tokens)


@dataclass(frozen=True)
class _Call:
    """One question's way to the wire: what is the same for its retries."""

    path: str
    permit: Permit
    body: dict[str, Any] | None = None
    method: str = "POST"
    tokens: int = 0
    max_retries: int = MAX_RETRIES
    tally: _Tally = field(default_factory=_Tally)


def estimate_tokens(*texts: str) -> int:
    """Estimate the prompt tokens of the texts: a token per four characters, rounded up."""
    return (sum(len(text) for text in texts) + 3) // 4


class GeminiClient:
    """One account and model, for many threads of one process.

    Every request spends through the permit it is given. Raises RateLimited for a 429 (never asked again
    here), ProviderFault for a fault of the account, Blocked and Permanent for a question that has no answer,
    Malformed and Transient (after three retries at about 2, 4 and 8 s) for what may pass; and whatever the
    permit raises.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
        model: str,
        connect_timeout_seconds: float = 5,
        read_timeout_seconds: float = 60,
        pool_size: int = 32,
        retry_wait_scale: float = 1,
    ) -> None:
        self.model = model.strip().removeprefix("models/")
        self._key = require_key(api_key)
        self._base_url = complete_base_url(base_url)
        self._timeouts = Timeouts(connect_seconds=connect_timeout_seconds, read_seconds=read_timeout_seconds)
        self._retry_wait_scale = retry_wait_scale
        self._session = make_session(pool_size=pool_size, headers={"x-goog-api-key": self._key})

    def generate_json(
        self,
        *,
        prompt: str,
        schema: type[AnswerT],
        permit: Permit,
        system: str = "",
        max_output_tokens: int = 8192,
        temperature: float = 0,
    ) -> Generated[AnswerT]:
        """Ask for one JSON answer of the schema's shape; it is validated and never repaired.

        An answer cut off at `max_output_tokens` is asked for once more with four times as many.
        """
        tally = _Tally()
        body = {
            **_make_contents(prompt=prompt, system=system),
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseJsonSchema": make_response_schema(schema),
                "temperature": temperature,
                "maxOutputTokens": max_output_tokens,
            },
        }
        call = _Call(
            path=f"{self._path}:generateContent",
            permit=permit,
            body=body,
            tokens=estimate_tokens(prompt, system),
            tally=tally,
        )
        try:
            reply = self._generate(call)
            value = validate(reply.text, schema=schema)
        except (Blocked, Malformed) as error:
            error.usage = tally.usage
            log.info("gemini.no_answer", model=self.model, error=error.message, calls=tally.calls)
            raise
        return Generated(
            value=value,
            usage=tally.usage,
            model=reply.model or self.model,
            response_id=reply.response_id,
            text=reply.text,
        )

    def count_tokens(self, *, prompt: str, permit: Permit, system: str = "") -> int:
        """Ask how many tokens the prompt has; a request like any other, so a call is spent."""
        question = {"model": self._path, **_make_contents(prompt=prompt, system=system)}
        call = _Call(
            path=f"{self._path}:countTokens", permit=permit, body={"generateContentRequest": question}
        )
        total = self._ask(call).get("totalTokens")
        if not isinstance(total, int):
            raise Malformed(f"Gemini counted no tokens: totalTokens is {total!r}")
        return total

    def check_connection(self, *, permit: Permit = FREE) -> str:
        """Make one cheap request, never repeated, and say that key, model and address work.

        Raises ProviderFault, RateLimited or Transient naming the fault. It does not see an empty quota.
        """
        data = self._ask(_Call(path=self._path, permit=permit, method="GET", max_retries=0))
        methods = data.get("supportedGenerationMethods")
        if isinstance(methods, list) and "generateContent" not in methods:
            raise ProviderFault(
                f"The model {self.model!r} exists but writes no text. Set GEMINI_MODEL to one that does.",
                reason="model_gone",
            )
        return (
            f"ok: the key is accepted and {data.get('displayName') or self.model} answers at {self._base_url}"
        )

    @property
    def _path(self) -> str:
        return f"models/{self.model}"

    def _generate(self, call: _Call) -> Reply:
        try:
            return self._open(call)
        except Malformed as error:
            asked = call.body["generationConfig"]["maxOutputTokens"] if call.body else LARGEST_OUTPUT_TOKENS
            if not error.truncated or asked >= LARGEST_OUTPUT_TOKENS:
                raise
        log.info("gemini.truncated", model=self.model, max_output_tokens=asked)
        larger = min(LARGEST_OUTPUT_TOKENS, asked * 4)
        assert call.body is not None  # noqa: S101  generateContent always has one; this tells the type checker
        config = call.body["generationConfig"] | {"maxOutputTokens": larger}
        return self._open(replace(call, body=call.body | {"generationConfig": config}))

    def _open(self, call: _Call) -> Reply:
        reply = open_reply(self._ask(call))
        require_complete(reply)
        return reply

    def _ask(self, call: _Call) -> dict[str, Any]:
        """Send the call, again after faults that may pass, and return the 200's JSON."""
        scale = self._retry_wait_scale
        retrying = Retrying(
            retry=retry_if_exception_type((ConnectionFault, ServerFault)),
            stop=stop_after_attempt(1 + call.max_retries),
            wait=wait_exponential_jitter(
                multiplier=_FIRST_WAIT_SECONDS * scale, jitter=_JITTER_SECONDS * scale
            ),
            before_sleep=self._log_retry,
            reraise=True,
        )
        return retrying(self._request, call)

    def _request(self, call: _Call) -> dict[str, Any]:
        """Send one request: spend right before, report right after, whatever happened between."""
        secrets = (self._key,)
        receipt = call.permit.spend(calls=1, tokens=call.tokens)
        call.tally.calls += 1
        started_at = time.monotonic()
        answer: HttpAnswer | None = None
        tokens: int | None = None
        reached = True
        try:
            answer = send(
                self._session,
                method=call.method,
                url=f"{self._base_url}/{call.path}",
                json=call.body,
                timeouts=self._timeouts,
                what="Gemini",
                secrets=secrets,
            )
            if answer.status != 200:
                raise name_fault(
                    answer.status, body=answer.body, headers=answer.headers, model=self.model, secrets=secrets
                )
            data = parse_json(answer.body)
            tokens = find_prompt_tokens(data)
            call.tally.tokens += tokens
            return data
        except ConnectionFault as fault:
            reached = fault.reached
            raise
        except ProviderFault:
            reached = answer is not None  # an address that is none is found out before anything is sent
            raise
        finally:
            latency = time.monotonic() - started_at
            status = answer.status if answer else None
            log.debug(
                "gemini.answered", path=call.path, status=status, seconds=round(latency, 3), tokens=tokens
            )
            receipt.answered(tokens=tokens, status=status, latency_seconds=latency, reached=reached)

    def _log_retry(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0
        log.warning(
            "gemini.retry",
            model=self.model,
            attempt=state.attempt_number,
            wait_seconds=round(wait, 2),
            error=str(error),
        )


def require_key(api_key: str) -> str:
    """Return the key without surrounding blanks; raise ProviderFault for one no request can carry."""
    key = api_key.strip()
    if not key:
        raise ProviderFault(
            "No Gemini key is set. Put one into GEMINI_API_KEY and restart.", reason="key_missing"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ProviderFault(
            "GEMINI_API_KEY holds blanks or characters that no key has: was more copied than the key?",
            reason="bad_key",
        )
    return key


def complete_base_url(base_url: str) -> str:
    """Return the base URL with its API version: Google's own libraries take the one without."""
    url = base_url.strip().rstrip("/")
    return url if url.rpartition("/")[2] in _VERSIONS else f"{url}/v1beta"


def _make_contents(*, prompt: str, system: str) -> dict[str, Any]:
    contents: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    if system:
        contents["systemInstruction"] = {"parts": [{"text": system}]}
    return contents
