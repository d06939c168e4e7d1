"""What staff may press: each names its permission, asks before it does much, and answers in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from queueproject.queue import operations

OPERATE = "queue.operate"
CONFIGURE = "queue.configure"


class Run(Protocol):
    """Does it, as `actor` and for `reason`, and returns what to tell them."""

    def __call__(self, target: Any, /, *, actor: str, reason: str) -> str: ...


@dataclass(frozen=True)
class Action:
    """One button: `verb` is its place in the URL, `question` its confirmation page, if it has one."""

    verb: str
    label: str
    run: Run
    question: str = ""
    permission: str = OPERATE
    needs_reason: bool = False
    danger: bool = False


def _report(change: Callable[..., operations.Report], done: str) -> Run:
    def run(target: Any, /, *, actor: str, reason: str) -> str:
        return change(target, actor=actor, reason=reason).sentence(done)

    return run


def _told(change: Callable[..., bool], sentence: str) -> Run:
    def run(target: Any, /, *, actor: str, reason: str) -> str:
        changed = change(target, actor=actor, reason=reason)
        return sentence if changed else "Nothing to do: somebody was first."

    return run


def _by_name(*actions: Action) -> dict[str, Action]:
    """Key actions by verb, and once more by a name that templates can write."""
    return {name: action for action in actions for name in (action.verb, action.verb.replace("-", "_"))}


JOBS = _by_name(
    Action(
        "retry",
        "Retry",
        _report(operations.retry_jobs, "retried"),
        question="Finished as failed or cancelled, they wait again with all their attempts.",
    ),
    Action(
        "reset",
        "Reset",
        _report(operations.reset_jobs, "reset"),
        question="For a job that looks stuck: it is taken from its worker and waits again. "
        "What its worker still brings is kept as late and changes nothing.",
    ),
    Action(
        "cancel",
        "Cancel",
        _report(operations.cancel_jobs, "cancelled"),
        question="What has not finished is cancelled; a result that comes later is refused.",
        danger=True,
    ),
)

BATCHES = _by_name(
    Action(
        "pause",
        "Pause",
        _told(operations.pause_batch, "Paused. Running jobs finish, no further one starts."),
    ),
    Action("resume", "Resume", _told(operations.resume_batch, "Resumed. Its jobs go on in their old order.")),
    Action(
        "retry-failed",
        "Retry failed",
        _report(operations.retry_failed, "retried"),
        question="Every failed job of this operation waits again with all its attempts.",
    ),
    Action(
        "cancel",
        "Cancel",
        _report(operations.cancel_batch, "cancelled"),
        question="Its waiting jobs are cancelled, and results of running ones are refused. "
        "What is completed stays.",
        danger=True,
    ),
)

PROVIDERS = _by_name(
    Action(
        "pause",
        "Pause",
        _told(operations.pause_provider, "Paused. No further call starts until somebody resumes it."),
        question="No job of this provider starts until somebody resumes it. Running calls finish. "
        "Whoever meets the pause reads your reason.",
        needs_reason=True,
    ),
    Action(
        "resume",
        "Resume",
        _told(operations.resume_provider, "Resumed. Workers claim its jobs within seconds."),
    ),
    Action(
        "unblock",
        "Unblock",
        _told(
            operations.unblock_provider,
            "Unblocked. One call goes first, to see whether the provider takes it.",
        ),
        question="The provider asked us to wait. Asking earlier may make it refuse for longer.",
    ),
)
