"""Gemini's generateContent, countTokens and models, as a stand-in."""

from dataclasses import replace
from typing import ClassVar

from queueproject.sandbox.answerer import UnanswerablePrompt, answer_prompt, has_block
from queueproject.sandbox.behaviour import Fault
from queueproject.sandbox.providers import gemini_bodies as bodies
from queueproject.sandbox.providers.base import Reply, Request, StandIn, make_json_reply
from queueproject.sandbox.providers.gemini_requests import (
    BadRequest,
    Question,
    parse_count,
    parse_question,
)
from queueproject.sandbox.spoiling import spoil_text
from queueproject.sandbox.traffic import Arrival

KEY = "sandbox-key"
DEFAULT_MODELS = ("gemini-3.6-flash", "gemini-3.5-flash", "gemini-3.5-flash-lite", "gemini-flash-latest")
# Errors that a request meets before it reaches a model, and that count against no limit.
_REFUSED_AT_THE_DOOR = frozenset({"rate_limit", "bad_key", "leaked_key", "no_key", "model_gone"})
_ACCOUNT_FAULTS = frozenset({"bad_key", "leaked_key", "no_key", "model_gone"})


class GeminiStandIn(StandIn):
    """Answers `{prefix}/models…`; embeddings join as further entries of `_methods`."""

    key: ClassVar[str] = "gemini"
    prefix: ClassVar[str] = "/gemini/v1beta"

    def is_metered(self, request: Request) -> bool:
        """Count questions; counting tokens and looking at models is free."""
        return request.path.endswith(":generateContent")

    def make_environment(self, root_url: str) -> dict[str, str]:
        """Return what the client's settings are called, pointing here."""
        model = self._models[0]
        return {
            "GOOGLE_GEMINI_BASE_URL": f"{root_url}{self.prefix}",
            "GEMINI_API_KEY": KEY,
            "GEMINI_MODEL": model,
        }

    @property
    def _models(self) -> tuple[str, ...]:
        return self.behaviour.models or DEFAULT_MODELS

    def answer(self, request: Request, *, arrival: Arrival) -> Reply:
        """Answer as Gemini would: key, model, request, limits, and only then the question."""
        key = request.headers.get("x-goog-api-key") or request.query.get("key") or ""
        if not key:
            return bodies.make_no_key()
        if key in self.behaviour.bad_keys:
            return bodies.make_bad_key()
        name, _colon, method = request.path.removeprefix("/models").removeprefix("/").partition(":")
        if not request.path.startswith("/models"):
            return bodies.make_error(404, "Requested entity was not found.")
        if request.method == "GET" and not method:
            return self._show_models(name)
        methods = {"generateContent": self._generate, "countTokens": self._count}
        if request.method != "POST" or name not in self._models or method not in methods:
            return bodies.make_unknown_model(name, method=method)
        try:
            return methods[method](request, name, arrival)
        except BadRequest as error:
            return bodies.make_bad_request(error.message, field=error.field)

    def _show_models(self, name: str) -> Reply:
        fault = self.find_scripted_fault(f"GET models/{name}", names=_ACCOUNT_FAULTS)
        if fault:
            return bodies.make_fault_error(fault, model=name)
        if not name:
            return make_json_reply(200, {"models": [bodies.make_model(model) for model in self._models]})
        if name not in self._models:
            return bodies.make_unknown_model(name, method="getModel")
        return make_json_reply(200, bodies.make_model(name))

    def _count(self, request: Request, _model: str, _arrival: Arrival) -> Reply:
        total = bodies.count_tokens(parse_count(request.body))
        details = [{"modality": "TEXT", "tokenCount": total}]
        return make_json_reply(200, {"totalTokens": total, "promptTokensDetails": details})

    def _generate(self, request: Request, model: str, arrival: Arrival) -> Reply:
        question = parse_question(request.body)
        tokens = bodies.count_tokens(question.prompt)
        fault = self.find_fault(question.prompt)
        if fault and fault.answer in _REFUSED_AT_THE_DOOR:
            return bodies.make_fault_error(fault, model=model)
        refusal = self.traffic.admit(arrival, tokens=tokens)
        if refusal:
            return bodies.make_rate_limit(
                quota=refusal.quota,
                limit=refusal.limit,
                retry_after_seconds=refusal.retry_after_seconds,
                model=model,
                form=self.behaviour.rate_limit_form,
            )
        reply = self._reply(question, model=model, tokens=tokens, fault=fault)
        return replace(reply, delay_seconds=reply.delay_seconds + self.find_latency_seconds())

    def _reply(self, question: Question, *, model: str, tokens: int, fault: Fault | None) -> Reply:
        if fault and fault.answer == "error":
            return bodies.make_fault_error(fault, model=model)
        text = self._find_text(question)
        match fault:
            case Fault(answer="prompt_block"):
                return make_json_reply(200, bodies.make_blocked_prompt(model=model, prompt_tokens=tokens))
            case Fault(answer="answer_block"):
                blocked = bodies.make_answer(
                    model=model, prompt_tokens=tokens, text=None, finish_reason="SAFETY", safety=True
                )
                return make_json_reply(200, blocked)
            case Fault(answer="truncated"):
                return _truncate(text if fault.with_parts else None, model=model, tokens=tokens)
            case Fault(answer="malformed"):
                return _spoil(text, fault=fault, model=model, tokens=tokens)
        limit = question.max_output_tokens
        if limit is not None and bodies.count_tokens(text) > limit:
            return _truncate(text[: limit * 4], model=model, tokens=tokens)
        reply = make_json_reply(200, bodies.make_answer(model=model, prompt_tokens=tokens, text=text))
        match fault:
            case Fault(answer="cut"):
                return replace(reply, cut="within" if fault.within_body else "before")
            case Fault(answer="slow"):
                return replace(reply, delay_seconds=fault.seconds)
        return reply

    def _find_text(self, question: Question) -> str:
        if question.schema is None and has_block(question.prompt):
            raise BadRequest(
                "The prompt carries facts, so the answer is JSON: set responseJsonSchema.",
                field="generation_config.response_json_schema",
            )
        try:
            return answer_prompt(question.prompt)
        except UnanswerablePrompt as error:
            raise BadRequest(f"The sandbox cannot answer this prompt: {error}", field="contents") from None


def _truncate(text: str | None, *, model: str, tokens: int) -> Reply:
    shortened = None if text is None else text[: max(1, len(text) // 2)]
    answer = bodies.make_answer(model=model, prompt_tokens=tokens, text=shortened, finish_reason="MAX_TOKENS")
    return make_json_reply(200, answer)


def _spoil(text: str, *, fault: Fault, model: str, tokens: int) -> Reply:
    if fault.kind == "not_json_body":
        return Reply(200, b"<html><body>Sorry, not now.</body></html>", content_type="text/html")
    spoilt = None if fault.kind == "no_parts" else spoil_text(text, kind=fault.kind, buyer_id=fault.buyer_id)
    return make_json_reply(200, bodies.make_answer(model=model, prompt_tokens=tokens, text=spoilt))
