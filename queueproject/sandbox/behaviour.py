"""What a stand-in is told to do: its limits, how often it misbehaves, and faults scripted one by one."""

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

MalformedKind = Literal[
    "cut_json",
    "prose",
    "score_out_of_range",
    "missing_field",
    "extra_field",
    "missing_entry",
    "double_entry",
    "unknown_entry",
    "nul",
    "no_parts",
    "not_json_body",
]
MALFORMED_KINDS: tuple[MalformedKind, ...] = get_args(MalformedKind)
RateLimitForm = Literal["full", "help", "bare"]
Quota = Literal["minute", "tokens", "day", "zero", "credit"]
FaultName = Literal[
    "rate_limit",
    "error",
    "cut",
    "slow",
    "malformed",
    "prompt_block",
    "answer_block",
    "truncated",
    "bad_key",
    "leaked_key",
    "no_key",
    "model_gone",
]
Share = Field(default=0.0, ge=0, le=1)


class Behaviour(BaseModel):
    """Limits and shares of one stand-in. A limit of None is none; a share is one of the metered calls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls_per_minute: int | None = Field(default=None, ge=0)
    tokens_per_minute: int | None = Field(default=None, ge=0)
    calls_per_day: int | None = Field(default=None, ge=0)
    window_seconds: float = Field(default=60.0, gt=0)
    day_seconds: float = Field(default=86_400.0, gt=0)
    latency_ms: float = Field(default=0.0, ge=0)
    jitter_ms: float = Field(default=0.0, ge=0)
    rate_limit_share: float = Share
    retry_after_seconds: float = Field(default=1.0, ge=0)
    rate_limit_form: RateLimitForm = "full"
    error_share: float = Share
    cut_share: float = Share
    malformed_share: float = Share
    malformed_kind: MalformedKind | None = None
    prompt_block_share: float = Share
    answer_block_share: float = Share
    truncated_share: float = Share
    seed: int = 1
    bad_keys: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    log_size: int = Field(default=20_000, ge=0)

    @property
    def shares(self) -> tuple[tuple[FaultName, float], ...]:
        """List the shares in the order one random figure is held against them."""
        return (
            ("rate_limit", self.rate_limit_share),
            ("error", self.error_share),
            ("cut", self.cut_share),
            ("malformed", self.malformed_share),
            ("prompt_block", self.prompt_block_share),
            ("answer_block", self.answer_block_share),
            ("truncated", self.truncated_share),
        )


class Fault(BaseModel):
    """One misbehaviour, played `times` times (None: until cleared) where the prompt contains a text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: FaultName
    times: int | None = Field(default=1, ge=1)
    contains: str = ""
    status: int = Field(default=503, ge=400, le=599)
    message: str = ""
    retry_after_seconds: float | None = Field(default=1.0, ge=0)
    form: RateLimitForm = "full"
    quota: Quota = "minute"
    in_array: bool = False
    kind: MalformedKind = "cut_json"
    buyer_id: int | None = None
    with_parts: bool = True
    within_body: bool = False
    seconds: float = Field(default=1.0, ge=0)


class Control(BaseModel):
    """What POST /_control takes: changes of the behaviour, faults to append, and what to clear first."""

    model_config = ConfigDict(extra="forbid")

    provider: str = "gemini"
    behaviour: dict[str, object] = Field(default_factory=dict)
    script: tuple[Fault, ...] = ()
    clear_script: bool = False
    reset: bool = False


def change_behaviour(behaviour: Behaviour, changes: dict[str, object]) -> Behaviour:
    """Return the behaviour with some fields changed; raise ValidationError for what does not fit."""
    return Behaviour.model_validate({**behaviour.model_dump(), **changes})
