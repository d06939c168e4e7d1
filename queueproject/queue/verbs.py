"""The verbs of `manage.py queue`: their words, what each takes, and which act it calls."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from queueproject.queue import acts, conf
from queueproject.queue.models import Budget
from queueproject.queue.shell import Answer

Parser = argparse.ArgumentParser


@dataclass(frozen=True)
class Verb:
    """One verb: its words, its arguments, what it does."""

    name: str
    help: str
    examples: str
    add_arguments: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], Answer]
    changes: bool = True


def _takes_any_provider(parser: Parser) -> None:
    parser.add_argument("provider", nargs="?", help="only this one")


def _takes_provider(parser: Parser) -> None:
    parser.add_argument("provider", help="its key, such as gemini or local")


def _takes_provider_or_batch(parser: Parser) -> None:
    parser.add_argument("provider", nargs="?", help="its key, such as gemini or local")
    parser.add_argument("--batch", type=int, metavar="N", help="a batch instead")


def _takes_resumable(parser: Parser) -> None:
    _takes_provider_or_batch(parser)
    parser.add_argument(
        "--test", action="store_true", help="make one call first; resume only if it is answered"
    )


def _takes_limit(parser: Parser) -> None:
    _takes_provider(parser)
    parser.add_argument("currency", nargs="?", help="calls or tokens")
    parser.add_argument("amount", nargs="?", help="a whole number, or none")
    parser.add_argument(
        "--per",
        choices=list(Budget.UNITS.values()),
        default="",
        help="which window is meant (default: its shortest)",
    )
    parser.add_argument(
        "--window", choices=[Budget.SLIDING, Budget.CALENDAR], default="", help="which kind of window"
    )
    parser.add_argument(
        "--in-flight", type=int, metavar="N", help="calls under way at once, over all workers"
    )
    parser.add_argument("--workers", metavar="N", help="workers that may hold jobs of it, or none")
    parser.add_argument(
        "--interval", type=float, metavar="SECONDS", help="least time between two calls' starts; 0: none"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _takes_setting(parser: Parser) -> None:
    parser.add_argument("key", help=f"one of {', '.join(conf.KNOBS)}")
    parser.add_argument("--provider", default="", help="for this provider only")


def _takes_setting_and_value(parser: Parser) -> None:
    parser.add_argument("key", help=f"one of {', '.join(conf.KNOBS)}")
    parser.add_argument("value", help="a number, true or false, or JSON")
    parser.add_argument("--provider", default="", help="for this provider only")


def _takes_bulk(parser: Parser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _takes_jobs(parser: Parser) -> None:
    parser.add_argument("jobs", type=int, nargs="+", metavar="JOB", help="numbers of jobs")
    _takes_bulk(parser)


def _takes_jobs_or_batch(parser: Parser) -> None:
    parser.add_argument("jobs", type=int, nargs="*", metavar="JOB", help="numbers of jobs")
    parser.add_argument("--batch", type=int, metavar="N", help="all of a batch instead")
    _takes_bulk(parser)


def _takes_failed(parser: Parser) -> None:
    _takes_jobs_or_batch(parser)
    parser.add_argument("--kind", help="all failed jobs of a kind instead")
    parser.add_argument(
        "--fingerprint", default="", help="only this group of errors, as the console names it"
    )


def _takes_job_or_batch(parser: Parser) -> None:
    parser.add_argument("job", type=int, nargs="?", metavar="JOB", help="the job's number")
    parser.add_argument("--batch", type=int, metavar="N", help="a batch instead")


VERBS = (
    Verb(
        "status",
        "show providers, depth, batches and whether anybody works",
        "  queue status\n  queue status gemini --json",
        _takes_any_provider,
        acts.status,
        changes=False,
    ),
    Verb(
        "why",
        "say what a job or a batch waits for, and when that clears",
        "  queue why 1234\n  queue why --batch 17",
        _takes_job_or_batch,
        acts.why_it_waits,
        changes=False,
    ),
    Verb(
        "pause",
        "stop taking work from a provider or a batch; what runs finishes",
        '  queue pause gemini --reason "bill too high"\n  queue pause --batch 17',
        _takes_provider_or_batch,
        acts.pause,
    ),
    Verb(
        "resume",
        "let a paused provider or batch go on",
        "  queue resume gemini --test     after a fault: one call first\n  queue resume --batch 17",
        _takes_resumable,
        acts.resume,
    ),
    Verb(
        "unblock",
        "end a provider's block after a 429, before its time",
        '  queue unblock gemini --reason "quota was raised"',
        _takes_provider,
        acts.unblock,
    ),
    Verb(
        "test",
        "make one call to a provider and name its fault",
        "  queue test gemini",
        _takes_provider,
        acts.test,
        changes=False,
    ),
    Verb(
        "limit",
        "change how much of a provider may be asked, with the next claim",
        "  queue limit gemini calls 10                 10 a minute\n"
        "  queue limit gemini calls 5000 --per day\n"
        "  queue limit gemini tokens none --yes        not limited any more\n"
        "  queue limit gemini --in-flight 4\n"
        "  queue limit gemini --interval 0.5           two calls a second at most",
        _takes_limit,
        acts.limit,
    ),
    Verb(
        "cancel",
        "cancel open jobs; late results of running ones are refused",
        "  queue cancel 1234 1235\n  queue cancel --batch 17 --dry-run\n  queue cancel --batch 17 --yes",
        _takes_jobs_or_batch,
        acts.cancel,
    ),
    Verb(
        "retry",
        "put failed or cancelled jobs back, attempts 0",
        "  queue retry 1234 1235\n"
        "  queue retry --batch 17                      its failed jobs\n"
        "  queue retry --batch 17 --fingerprint 3f2a   one group of errors\n"
        "  queue retry --kind remarketing.score_fit --dry-run",
        _takes_failed,
        acts.retry,
    ),
    Verb(
        "reset",
        "take jobs that look stuck from their worker; they run again",
        "  queue reset 1234 --dry-run\n  queue reset 1234 --yes",
        _takes_jobs,
        acts.reset,
    ),
    Verb(
        "set",
        "change a setting, for all or for one provider",
        "  queue set batch_size 200\n  queue set queue_enabled false --provider gemini",
        _takes_setting_and_value,
        acts.set_value,
    ),
    Verb(
        "unset",
        "go back to a setting's default",
        "  queue unset batch_size\n  queue unset queue_enabled --provider gemini",
        _takes_setting,
        acts.unset_value,
    ),
)
