"""Run the sandbox in a process of its own, until Ctrl-C or SIGTERM."""

import argparse
import json
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pydantic import ValidationError

from queueproject.sandbox.behaviour import MALFORMED_KINDS, Behaviour
from queueproject.sandbox.server import NotLoopback, Sandbox, require_loopback, running_sandboxes

_HELP = """Play the providers on a loopback port, with limits of your choice, at no cost.

It speaks Gemini's wire format (generateContent, countTokens, models, and all its errors) and answers scoring
prompts by the offline rules, so that a score through the wire can be checked. Limits are counted in strict
sliding windows by arrival; what is over a limit gets a 429 that says when to come back.
"""
_EXAMPLES = """
examples:
  manage.py run_sandbox --port 8900 --calls-per-minute 600
      Then, in another terminal, with the two lines it prints set:
      GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:8900/gemini/v1beta GEMINI_API_KEY=sandbox-key manage.py qcluster

  manage.py run_sandbox --rate-limit-share 0.33 --retry-after 1
      Refuse a third of the calls and ask for a second's wait; waits_broken in the report counts
      the waits during which more calls arrived than were in flight.

  curl -s http://127.0.0.1:8900/_report?log=1
      What was seen so far: calls, refused, peak per window, in flight, tokens; log=1 adds every arrival.

  curl -s http://127.0.0.1:8900/_control -d '{"script": [{"answer": "bad_key", "times": 1}]}'
      Script faults: rate_limit, error, cut, slow, malformed, prompt_block, answer_block, truncated, bad_key,
      leaked_key, no_key, model_gone; "contains" picks prompts by a text in them, "times": null means always.
      {"behaviour": {"calls_per_minute": 30}} changes limits, {"reset": true} forgets what was counted.
"""


class Command(BaseCommand):
    help = "Play the providers on a loopback port, with limits, faults and a report."
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.description, parser.epilog = _HELP, _EXAMPLES
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--host", default="127.0.0.1", help="a loopback address; others are refused (127.0.0.1)")
        add("--port", type=int, default=0, help="0 (the default) takes a free one and prints it")
        add("--calls-per-minute", type=int, help="refuse calls beyond this; default: no limit")
        add("--tokens-per-minute", type=int, help="refuse prompt tokens (4 characters each) beyond this")
        add("--calls-per-day", type=int, help="refuse calls beyond this with a per-day quota")
        add("--window-seconds", type=float, help="length of the minute, for quick trials (60)")
        add("--day-seconds", type=float, help="length of the day (86400)")
        add("--latency-ms", type=float, help="how long an accepted call takes (0)")
        add("--jitter-ms", type=float, help="up to so much longer, at random (0)")
        for name, what in _SHARES.items():
            add(f"--{name}-share", type=float, metavar="0..1", help=what)
        add(
            "--retry-after",
            type=float,
            dest="retry_after_seconds",
            metavar="SECONDS",
            help="the RetryInfo of --rate-limit-share (1)",
        )
        add("--malformed-kind", choices=MALFORMED_KINDS, help="default: each kind in turn")
        add("--bad-key", action="append", dest="bad_keys", metavar="KEY", help="refuse this key; repeatable")
        add(
            "--model",
            action="append",
            dest="models",
            metavar="MODEL",
            help="the models there are; repeatable",
        )
        add("--seed", type=int, help="same seed, same faults (1)")
        add(
            "--json", action="store_true", help="print two JSON lines: the environment, at the end the report"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        chosen = {name: options[name] for name in Behaviour.model_fields if options.get(name) is not None}
        try:
            behaviour = Behaviour.model_validate(chosen)
            host = require_loopback(options["host"])
        except (ValidationError, NotLoopback) as error:
            raise CommandError(_describe(error), returncode=2) from None
        # Before the lines are printed: who reads them may stop us at once.
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        try:
            with running_sandboxes({"gemini": behaviour}, host=host, port=options["port"]) as sandbox:
                self._introduce(sandbox, as_json=options["json"])
                stop.wait()
                self._conclude(sandbox, as_json=options["json"])
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} cannot be used: {error.strerror}", returncode=2
            ) from None

    def _introduce(self, sandbox: Sandbox, *, as_json: bool) -> None:
        if as_json:
            self._say(json.dumps(sandbox.environment))
            return
        self._say("# The sandbox is running; Ctrl-C ends it. Set these where the workers start:")
        for name, value in sandbox.environment.items():
            self._say(f"{name}={value}")

    def _conclude(self, sandbox: Sandbox, *, as_json: bool) -> None:
        report = sandbox.report(with_log=False)
        if as_json:
            self._say(json.dumps(report))
            return
        self._say("\n# What was seen")
        for name, value in report.items():
            if name != "waits":
                self._say(f"{name.replace('_', ' '):26} {json.dumps(value)}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


_SHARES = {
    "rate-limit": "answer 429 to this share of the calls",
    "error": "answer 503 to this share",
    "cut": "cut the connection of this share",
    "malformed": "spoil this share of the answers",
    "prompt-block": "block this share of the prompts",
    "answer-block": "block this share of the answers",
    "truncated": "cut this share of the answers off (MAX_TOKENS)",
}


def _describe(error: ValidationError | NotLoopback) -> str:
    if isinstance(error, NotLoopback):
        return str(error)
    fault = error.errors(include_url=False)[0]
    return f"--{str(fault['loc'][0]).replace('_', '-')}: {fault['msg']}, got {fault['input']!r}"
