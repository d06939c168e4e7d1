"""Which kinds there are: what the workloads register, and what enqueue and drains look up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ValidationError

from queueproject.queue.outcomes import Outcome, Permanent

LOCAL = "local"
CURVES = ("exponential", "linear", "fixed")
LONGEST_TIMEOUT_SECONDS = 240.0
"""No handler runs longer: django-q2's own timeout is laid out for it."""


class UnknownKind(LookupError):
    """No handler is registered for a kind."""


class SpendReceipt(Protocol):
    """A call that may now be made."""

    def answered(
        self,
        *,
        tokens: int | None = None,
        status: int | None = None,
        latency_seconds: float = 0,
        reached: bool = True,
    ) -> None:
        """Record the answer: real prompt tokens, HTTP status (None: the connection was cut), latency.

        `reached` False says that the request provably never came to the provider: it costs nothing.
        """


class Permit(Protocol):
    """Leave to call out, bound to a lease."""

    def spend(self, *, calls: int = 1, tokens: int = 0) -> SpendReceipt:
        """Ask for one call, right before it is made; raise NotPermitted when it may not be."""


class JobContext(NamedTuple):
    """What a handler sees of its job; a tuple, because one is made for every job."""

    id: int
    kind: str
    payload: Any
    options: Mapping[str, Any]
    provider: str
    batch_id: int | None
    attempt: int
    lease_token: int
    subject_type: str
    subject_id: str
    created_by: str
    permit: Permit


HandlerFunction = Callable[..., Any]


@dataclass(frozen=True)
class Kind:
    """A registered kind and everything the queue must know of it.

    `prepare` reads what the handler needs, in the drain's own thread; what it returns is the
    function's second argument, so that threads that call out need no database. On the lane `local`
    a kind runs in the drain's thread too, between two settles; one that may take longer than a
    second says `inline=False` and gets a thread, one at a time.
    """

    name: str
    function: HandlerFunction
    payload: type[BaseModel]
    providers: tuple[str, ...]
    label: str
    timeout_seconds: float = 120
    max_attempts: int = 3
    backoff_seconds: float = 4
    backoff_curve: str = "exponential"
    many: int = 1
    group_by: str = ""
    calls: int = 1
    estimate_tokens: Callable[[Any], int] | int = 0
    subject_type: str = ""
    prepare: Callable[[list[JobContext]], Any] | None = None
    inline: bool = True

    def parse(self, payload: Mapping[str, Any] | str) -> BaseModel:
        """Validate a payload, a mapping or the table's JSON; raise Permanent naming field and reason."""
        try:
            if isinstance(payload, str):
                return self.payload.model_validate_json(payload)
            return self.payload.model_validate(dict(payload))
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc']) or 'payload'}: {fault['msg']}"
                for fault in error.errors(include_url=False)
            )
            raise Permanent(f"malformed payload for {self.name}: {faults}") from error

    def tokens_for(self, payload: Any) -> int:
        return (
            self.estimate_tokens if isinstance(self.estimate_tokens, int) else self.estimate_tokens(payload)
        )


@dataclass(frozen=True)
class BudgetDefault:
    """A budget a provider starts with."""

    currency: str = "calls"
    limit: int | None = None
    window_seconds: int = 60
    kind: str = "sliding"
    zone: str = "UTC"


@dataclass(frozen=True)
class ProviderSpec:
    """A provider as a workload registers it; its row is made after the next migration."""

    key: str
    label: str
    budgets: tuple[BudgetDefault, ...] = ()
    max_in_flight: int = 10
    first_block_seconds: float = 4
    longest_block_seconds: float = 64
    zone: str = "UTC"
    check_connection: Callable[[], str] | None = None


KINDS: dict[str, Kind] = {}
BROKEN: dict[str, str] = {}
"""Kinds whose options are not possible, with what is wrong: they are refused, and everything else runs."""
PROVIDERS: dict[str, ProviderSpec] = {}


def register_provider(spec: ProviderSpec) -> ProviderSpec:
    """Make a lane known; registering it twice with other facts is an error."""
    known = PROVIDERS.setdefault(spec.key, spec)
    if known != spec:
        raise ValueError(f"provider {spec.key!r} is registered twice, with different facts")
    return spec


def handler(
    name: str,
    *,
    payload: type[BaseModel],
    providers: tuple[str, ...] = (LOCAL,),
    label: str = "",
    **options: Any,
) -> Callable[[HandlerFunction], HandlerFunction]:
    """Register a function for a kind.

    With `many` > 1 it gets a list of JobContext and returns {job id: outcome}; else one and one.
    See `Kind` for the options. One with options that are not possible is shut, with its jobs, and named
    by the checks and by `queue_health`: an exception here would keep every other kind from running.
    """

    def register(function: HandlerFunction) -> HandlerFunction:
        if name in KINDS or name in BROKEN:
            raise ValueError(f"kind {name!r} is registered twice")
        try:
            kind = Kind(
                name=name,
                function=function,
                payload=payload,
                providers=providers,
                label=label or name,
                **options,
            )
            fault = find_fault(kind)
        except TypeError as error:
            fault = str(error)
        if fault:
            BROKEN[name] = fault
        else:
            KINDS[name] = kind
        return function

    return register


def find_fault(kind: Kind) -> str:
    """Return which option of a kind is not possible and what would be; empty when it can run. Pure."""
    if not 0 < kind.timeout_seconds <= LONGEST_TIMEOUT_SECONDS:
        return (
            f"timeout_seconds is {kind.timeout_seconds:g}, not more than 0 and at most "
            f"{LONGEST_TIMEOUT_SECONDS:g}"
        )
    least = {"many": 1, "max_attempts": 1, "calls": 0, "backoff_seconds": 0}
    for option, bound in least.items():
        if getattr(kind, option) < bound:
            return f"{option} is {getattr(kind, option):g}, not {bound} or more"
    if kind.backoff_curve not in CURVES:
        return f"backoff_curve is {kind.backoff_curve!r}, not one of {', '.join(CURVES)}"
    if kind.many > 1 and kind.group_by not in kind.payload.model_fields:
        return f"group_by is {kind.group_by!r}, which is no field of its payload"
    return ""


def get_kind(name: str) -> Kind:
    """Return a kind; raise UnknownKind naming those there are, or what is wrong with its options."""
    try:
        return KINDS[name]
    except KeyError:
        if name in BROKEN:
            raise UnknownKind(f"kind {name!r} cannot run: {BROKEN[name]}") from None
        known = ", ".join(sorted(KINDS)) or "none"
        raise UnknownKind(f"no handler is registered for kind {name!r}; known kinds: {known}") from None


def perform(kind: Kind, contexts: list[JobContext], prepared: Any = None) -> dict[int, Outcome]:
    """Call a kind's function with one group and return an outcome per job id."""
    extra = () if kind.prepare is None else (prepared,)
    if kind.many > 1:
        return dict(kind.function(contexts, *extra))
    return {context.id: kind.function(context, *extra) for context in contexts}


register_provider(ProviderSpec(key=LOCAL, label="Local work, no outside party"))
