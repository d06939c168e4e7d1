"""What every stand-in is: requests in, replies out, with a book of its traffic and a script of faults."""

import json
import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar, Literal

from queueproject.sandbox.behaviour import MALFORMED_KINDS, Behaviour, Control, Fault, change_behaviour
from queueproject.sandbox.traffic import Arrival, Traffic


@dataclass(frozen=True)
class Request:
    """One request, read to its end; `path` is what follows the stand-in's prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to write, after `delay_seconds`; `cut` drops the connection before or within the body instead."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    cut: Literal["", "before", "within"] = ""
    retry_after_seconds: float | None = None


def make_json_reply(status: int, data: Any, *, retry_after_seconds: float | None = None) -> Reply:
    """Make a reply of plain JSON."""
    return Reply(
        status,
        json.dumps(data, ensure_ascii=False).encode("utf-8"),
        retry_after_seconds=retry_after_seconds,
    )


class StandIn(ABC):
    """A provider played on loopback, under `prefix`."""

    key: ClassVar[str]
    prefix: ClassVar[str]
    behaviour: Behaviour

    def __init__(self, behaviour: Behaviour) -> None:
        self.traffic = Traffic(behaviour)
        self._lock = threading.Lock()
        self._set(behaviour)
        self._script: list[Fault] = []

    @abstractmethod
    def is_metered(self, request: Request) -> bool:
        """Say whether the request counts against the limits, before it is understood."""

    @abstractmethod
    def answer(self, request: Request, *, arrival: Arrival) -> Reply:
        """Answer one request."""

    @abstractmethod
    def make_environment(self, root_url: str) -> dict[str, str]:
        """Return the environment variables that send the project's client here."""

    def control(self, control: Control) -> dict[str, Any]:
        """Change behaviour and script; raise ValidationError for what does not fit."""
        behaviour = change_behaviour(self.behaviour, control.behaviour)
        with self._lock:
            if control.reset or behaviour.seed != self.behaviour.seed:
                self._set(behaviour)
            self.behaviour = behaviour
            if control.clear_script or control.reset:
                self._script.clear()
            self._script.extend(control.script)
            waiting = len(self._script)
        if control.reset:
            self.traffic.reset(behaviour)
        else:
            self.traffic.change(behaviour)
        return {"provider": self.key, "behaviour": behaviour.model_dump(mode="json"), "script": waiting}

    def find_fault(self, text: str) -> Fault | None:
        """Take the next scripted fault meant for this text, else draw one from the shares."""
        with self._lock:
            for index, fault in enumerate(self._script):
                if fault.contains in text:
                    self._use_up(index, fault)
                    return fault
            return self._draw()

    def find_scripted_fault(self, text: str, *, names: frozenset[str]) -> Fault | None:
        """Take the next scripted fault of these names, or one that names this text; draw none.

        For side requests, which must not use up a fault that was meant for a metered one.
        """
        with self._lock:
            for index, fault in enumerate(self._script):
                meant = fault.contains or fault.answer in names
                if meant and fault.contains in text:
                    self._use_up(index, fault)
                    return fault
            return None

    def find_latency_seconds(self) -> float:
        """Draw how long an accepted call takes."""
        with self._lock:
            return (self.behaviour.latency_ms + self._random.random() * self.behaviour.jitter_ms) / 1000

    def _set(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._random = random.Random(behaviour.seed)  # noqa: S311  the same seed must give the same faults
        self._draws = random.Random(behaviour.seed + 1)  # noqa: S311  and latency must not shift them
        self._malformed = count()

    def _use_up(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times == 1:
            del self._script[index]
        else:
            self._script[index] = fault.model_copy(update={"times": fault.times - 1})

    def _draw(self) -> Fault | None:
        behaviour = self.behaviour
        figure = self._draws.random()
        for name, share in behaviour.shares:
            if figure < share:
                kind = MALFORMED_KINDS[0]
                if name == "malformed":
                    turn = MALFORMED_KINDS[next(self._malformed) % len(MALFORMED_KINDS)]
                    kind = behaviour.malformed_kind or turn
                return Fault(
                    answer=name,
                    kind=kind,
                    form=behaviour.rate_limit_form,
                    retry_after_seconds=behaviour.retry_after_seconds,
                )
            figure -= share
        return None
