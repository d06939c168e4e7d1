"""The settings staff can change while everything runs: typed, bounded, with history.

A row in the Setting table overrides a default; a setting that concerns a provider may be
overridden for that provider alone. Drains read them before every claim.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from queueproject.queue.models import Setting

Value = int | float | bool | Mapping[str, float]


@dataclass(frozen=True)
class Knob:
    """One setting: its default, bounds and what it does."""

    key: str
    default: Value
    help: str
    minimum: float = 0
    maximum: float = float("inf")
    per_provider: bool = False

    def validate(self, value: object) -> Value:
        """Return the value in the knob's type; raise ValidationError with the reason."""
        if isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise ValidationError(f"{self.key}: {value!r} is not true or false.")
            return value
        if isinstance(self.default, Mapping):
            return self._validate_weights(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError(f"{self.key}: {value!r} is not a number.")
        if isinstance(self.default, int) and value != int(value):
            raise ValidationError(f"{self.key}: {value!r} is not a whole number.")
        if not self.minimum <= value <= self.maximum:
            raise ValidationError(
                f"{self.key}: {value} is not between {self.minimum:g} and {self.maximum:g}."
            )
        return type(self.default)(value)

    def _validate_weights(self, value: object) -> Mapping[str, float]:
        names = list(self.default) if isinstance(self.default, Mapping) else []
        if not isinstance(value, Mapping) or set(value) != set(names):
            raise ValidationError(f"{self.key}: needs exactly {', '.join(names)}.")
        for name, number in value.items():
            if isinstance(number, bool) or not isinstance(number, int | float) or number <= 0:
                raise ValidationError(f"{self.key}: {name} must be a positive number, not {number!r}.")
        return dict(value)


KNOBS = {
    knob.key: knob
    for knob in (
        Knob("queue_enabled", True, "Off: workers claim nothing; enqueueing goes on.", per_provider=True),
        Knob(
            "drain_seconds",
            140.0,
            "A drain claims work for this long, then makes way for a fresh one.",
            1,
            140,
        ),
        Knob("linger_seconds", 15.0, "A drain without work listens this long before it ends.", 0, 120),
        Knob("grace_seconds", 5.0, "On SIGTERM running jobs get this long before they are released.", 0, 60),
        Knob("worker_heartbeat_interval_ms", 10_000, "How often a worker says it lives.", 100, 20_000),
        Knob("head_start_seconds_per_point", 288.0, "How far ahead one point of priority starts.", 0, 86_400),
        Knob("local_step_seconds", 0.01, "How long a local job takes, when a batch is laid out.", 0, 60),
        Knob("batch_size", 500, "Local jobs a claim takes at once.", 1, 2000),
        Knob("max_rescues", 3, "Lost workers a started job survives before it fails.", 1, 20),
        Knob("completed_hours", 24, "Completed and cancelled jobs are kept this long.", 1, 8760),
        Knob("failed_days", 30, "Failed jobs and attempts are kept this long.", 1, 3650),
        Knob("ledger_days", 90, "Ledgers and scheduler runs are kept this long.", 1, 3650),
    )
}


def read_all() -> dict[tuple[str, str], Value]:
    """Read the overrides, keyed by (setting, provider); one query."""
    return {(row.key, row.provider): row.value for row in Setting.objects.all()}


def parse(settings: str | None) -> dict[tuple[str, str], Value]:
    """Return the overrides from a statement that reads them along: [[setting, provider, value], …]."""
    return {(key, provider): value for key, provider, value in json.loads(settings or "[]")}


def get(key: str, *, provider: str = "", overrides: Mapping[tuple[str, str], Value] | None = None) -> Any:
    """Return a setting's value: the provider's own, else the common one, else the default.

    A stored value that is not possible is passed over; a switch that says neither on nor off is off.
    """
    knob = KNOBS[key]
    found = read_all() if overrides is None else overrides
    for scope in (provider, "") if provider else ("",):
        if (key, scope) in found:
            try:
                return knob.validate(found[key, scope])
            except ValidationError:
                if isinstance(knob.default, bool):
                    return False
    return knob.default


@dataclass(frozen=True)
class Invalid:
    """A stored value that its key does not allow: a switch is then off, else the default holds."""

    key: str
    provider: str
    fault: str
    closes: bool

    @property
    def scope(self) -> str:
        return self.provider or "Every provider"


def find_invalid(overrides: Mapping[tuple[str, str], Value]) -> list[Invalid]:
    """Return what is stored and not allowed, and why; validated on save, it came by another way."""
    invalid = []
    for (key, provider), value in sorted(overrides.items()):
        if key not in KNOBS:
            continue
        knob = KNOBS[key]
        try:
            knob.validate(value)
        except ValidationError as error:
            invalid.append(Invalid(key, provider, " ".join(error.messages), isinstance(knob.default, bool)))
    return invalid
