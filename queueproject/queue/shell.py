"""What the queue's commands share: who asks, which row is meant, how answers and tables are printed."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import CommandError, DjangoHelpFormatter, OutputWrapper
from django.core.serializers.json import DjangoJSONEncoder
from rich.console import Console
from rich.table import Table

from queueproject.queue.models import Batch, Budget, Provider
from queueproject.queue.operations import Report
from queueproject.queue.states import BatchState

WIDTH_WITHOUT_TERMINAL = 120
REFUSED = 1
BAD_ARGUMENTS = 2


class HelpFormatter(argparse.RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Keep the line breaks of examples, and Django's own options last."""


def bad_arguments(message: str) -> CommandError:
    """Make the error for arguments that name nothing or make no sense; exit code 2."""
    return CommandError(message, returncode=BAD_ARGUMENTS)


def actor() -> str:
    """Name who asks, for the audit: the operating system's user."""
    try:
        return f"shell:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user may have no name
        return f"shell:uid {os.getuid()}"


@dataclass
class Answer:
    """What a verb came to: a sentence for people, facts for programs."""

    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)
    refused: bool = False
    table: Table | None = None

    @classmethod
    def of(cls, report: Report, verb: str, *, dry_run: bool = False) -> "Answer":
        """Tell of an act on many rows; `verb` is in the past: "12 retried"."""
        sentence = f"Would be: {report.sentence(verb)}" if dry_run else report.sentence(verb)
        facts = {
            "done": report.done,
            "refused": [{"id": number, "reason": reason} for number, reason in report.refused],
            "dry_run": dry_run,
        }
        return cls(f"{sentence}.", facts, refused=bool(report.refused))

    @classmethod
    def changed(cls, changed: bool, *, done: str, refused: str) -> "Answer":
        """Tell of an act on one row that may have had nothing to do."""
        return cls(done if changed else f"Refused: {refused}", {"changed": changed}, refused=not changed)


def give(stdout: OutputWrapper, answer: Answer, *, as_json: bool) -> None:
    """Print an answer; end the process with 1 when something was refused."""
    if as_json:
        print_json(stdout, answer.facts | {"sentence": answer.sentence})
    else:
        if answer.table is not None:
            print_table(stdout, answer.table)
        stdout.write(answer.sentence)
    if answer.refused:
        sys.exit(REFUSED)


def print_json(stdout: OutputWrapper, facts: Any) -> None:
    stdout.write(json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False))


def make_table(*columns: str, rows: Iterable[Sequence[object]], right: Sequence[str] = ()) -> Table:
    """Make a table; the columns named in `right` hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    return table


def print_table(stdout: OutputWrapper, table: Table) -> None:
    """Print a table in the terminal's width, in colour only on a terminal."""
    on_terminal = stdout.isatty()
    console = Console(
        force_terminal=on_terminal, width=None if on_terminal else WIDTH_WITHOUT_TERMINAL, markup=False
    )
    with console.capture() as capture:
        console.print(table)
    stdout.write("\n".join(line.rstrip() for line in capture.get().splitlines()))


def confirm(question: str, *, yes: bool) -> None:
    """Ask before what cannot be undone; refuse where nobody can answer, unless --yes was given."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise bad_arguments(
            f"{question} There is nobody to ask: give --yes to go on, --dry-run to look first."
        )
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise CommandError("Nothing was changed.", returncode=REFUSED)


def get_provider(key: str) -> Provider:
    """Return a provider's row, or say which there are."""
    try:
        return Provider.objects.get(pk=key)
    except Provider.DoesNotExist:
        known = ", ".join(Provider.objects.order_by("pk").values_list("pk", flat=True)) or "none; run migrate"
        raise bad_arguments(f"There is no provider {key!r}; there are: {known}.") from None


def get_batch(number: int) -> Batch:
    """Return a batch's row, or say which run."""
    try:
        return Batch.objects.get(pk=number)
    except Batch.DoesNotExist:
        running = (
            Batch.objects.filter(state=BatchState.RUNNING).order_by("-pk").values_list("pk", flat=True)[:10]
        )
        names = ", ".join(str(pk) for pk in running) or "none"
        raise bad_arguments(f"There is no batch {number}; running are: {names}.") from None


def get_budget(provider: Provider, currency: str, *, per: str, kind: str) -> Budget:
    """Return the one budget that is meant, without `per` of the shortest window, or say which there are."""
    budgets = list(provider.budgets.order_by("currency", "window_seconds", "kind"))
    fitting = [
        budget
        for budget in budgets
        if budget.currency == currency
        and (not per or budget.window_words == per)
        and (not kind or budget.kind == kind)
    ]
    if not per and fitting:
        shortest = min(budget.window_seconds for budget in fitting)
        fitting = [budget for budget in fitting if budget.window_seconds == shortest]
    if len(fitting) == 1:
        return fitting[0]
    named = ", ".join(f"{each.currency} per {each.window_words} ({each.kind})" for each in budgets) or "none"
    if not fitting:
        asked = f"{currency} per {per}" if per else currency
        raise bad_arguments(f"{provider.pk} has no budget of {asked}; it has: {named}.")
    raise bad_arguments(
        f"{provider.pk} has several such budgets of {currency}: say --window. It has: {named}."
    )
