"""`manage.py enqueue_scoring`: what the scoring buttons do, from the shell and from cron."""

import argparse
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.urls import reverse
from rich.console import Console

from queueproject.queue import health
from queueproject.queue.models import Batch
from queueproject.queue.states import Priority
from scoring.remarketing.models import Buyer, Listing, Universe
from scoring.remarketing.services.plans import FitOptions, Plan, plan_alignment, plan_deals
from scoring.remarketing.services.scoring import Refused, Started, start
from scoring.remarketing.watching import (
    EXIT_INTERRUPTED,
    EXIT_NOT_ENDED,
    Watched,
    describe,
    get_exit_code,
    tell_no_worker,
    watch,
)
from scoring.remarketing.wording import (
    RULES_WORDS,
    count_started,
    describe_plan,
    show_batch,
    sum_plans,
    tell_how_to_watch,
)

EXIT_BAD = 2
HIGHEST_PRIORITY = 1_000
_HELP = """\
Enqueue the scoring of a universe's buyers, and wait for it if you like.

A deal is scored against every buyer of its universe; five buyers of a deal share one call to Gemini. Pairs
and buyers that have a score are skipped unless --rescore is given. Jobs that wait already are shared, not
doubled. Workers do the work: python manage.py qcluster.
"""
_EXAMPLES = """
examples:
  manage.py enqueue_scoring --universe "Property restoration" --dry-run
      Say how many pairs and calls it means, what limits it and when it would end. Nothing is enqueued.

  manage.py enqueue_scoring --universe "Property restoration" --wait
      Score every deal that has no score yet, and show the progress until the end.

  manage.py enqueue_scoring --universe 3 --type all --rescore --priority low --wait --timeout 3600 --json
      For cron: alignment and deals, all anew; one JSON object at the end.

  manage.py enqueue_scoring --universe 3 --listing 17 --buyer 204 --buyer "Steady Roofs" --rescore
      Two buyers of one deal. Deals and buyers are named by number, source_ref, or title and name.

  manage.py enqueue_scoring --watch 12 --wait
      Watch a batch that was started before; Ctrl-C leaves it running.

exit codes:
  0 all completed, or nothing to do   1 some failed   2 bad arguments or data   3 cancelled
  4 no worker lives, or --timeout passed (the batch goes on)   130 Ctrl-C (the batch goes on)
Without --wait: 0 as soon as it is enqueued.
"""


def read_priority(text: str) -> int:
    """Return the number of a priority's name, or the number itself."""
    number = Priority.NAMES.get(text.lower())
    if number is None and text.isdecimal() and 1 <= int(text) <= HIGHEST_PRIORITY:
        number = int(text)
    if number is None:
        names = ", ".join(Priority.NAMES)
        raise argparse.ArgumentTypeError(
            f"{text!r} is none of {names}, and no number from 1 to {HIGHEST_PRIORITY}"
        )
    return number


def read_seconds(text: str) -> float:
    """Return a positive number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


class Command(BaseCommand):
    """Plan, start, and watch."""

    help = "Enqueue the scoring of a universe's buyers, and wait for it if you like."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.description, parser.epilog = _HELP, _EXAMPLES
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--universe", metavar="NAME|ID", help="the universe to score in")
        what.add_argument("--watch", type=int, metavar="BATCH", help="start nothing: watch this batch")
        add("--type", choices=["alignment", "deal", "all"], default="deal", help="what to score (deal)")
        add("--listing", action="append", default=[], metavar="DEAL", help="only this deal; repeatable")
        add("--buyer", action="append", default=[], metavar="BUYER", help="only this buyer; repeatable")
        add("--rescore", action="store_true", help="score again what has a score")
        add("--instructions", default="", help="words for Gemini, for this scoring; implies --rescore")
        add(
            "--geography-mode",
            default="",
            choices=["", "critical", "preferred", "minimal"],
            metavar="MODE",
            help="critical, preferred or minimal; default: the universe's",
        )
        add(
            "--min-completeness",
            default="",
            choices=["", "low", "medium", "high"],
            metavar="LEVEL",
            help="only buyers whose record is at least low, medium or high",
        )
        add(
            "--priority",
            type=read_priority,
            default=Priority.LOW,
            metavar="high|medium|low|NUMBER",
            help="200, 150, 100 or a number: larger goes first (low)",
        )
        add("--dry-run", action="store_true", help="say what it would mean, enqueue nothing")
        add("--wait", action="store_true", help="wait for the end and show the progress")
        add("--timeout", type=read_seconds, metavar="SECONDS", help="with --wait: no longer than this")
        add("--json", action="store_true", help="print one JSON object, warnings on stderr")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it; the exit code says what came of it."""
        self.as_json = bool(options["json"])
        if options["timeout"] and not (options["wait"] or options["watch"]):
            raise CommandError("--timeout: goes with --wait.", returncode=EXIT_BAD)
        if options["watch"]:
            self.follow(self.find_batch(options["watch"]), timeout=options["timeout"], facts={})
            return
        plans = self.make_plans(options)
        self.warn(plans)
        if options["dry_run"] or not any(plan.pairs for plan in plans):
            self.tell_plans(plans, dry_run=options["dry_run"])
            return
        try:
            started = start(plans, actor="enqueue_scoring", priority=options["priority"])
        except Refused as refused:
            raise self.refuse(refused) from None
        facts = {"enqueued": True, **count_started(started), **sum_plans(plans)}
        self.tell_started(started, plans)
        if options["wait"]:
            self.follow(started.batch, timeout=options["timeout"], facts=facts)
        elif self.as_json:
            self.print_json({**facts, **show_batch(started.batch), "exit_code": 0})

    # -- what is asked for ------------------------------------------------------------------------

    def make_plans(self, options: dict[str, Any]) -> list[Plan]:
        """Return a plan per type asked for; refuse what cannot be scored."""
        universe = self.find_universe(options["universe"])
        deals = Listing.objects.unarchived().in_universe(universe)
        buyers = Buyer.objects.unarchived().filter(universe=universe)
        listing_ids = [self.find_id(deals, "title", text, "--listing") for text in options["listing"]]
        buyer_ids = [self.find_id(buyers, "company_name", text, "--buyer") for text in options["buyer"]]
        if listing_ids and options["type"] == "alignment":
            raise CommandError("--listing: alignment is scored without a deal.", returncode=EXIT_BAD)
        plans = []
        if options["type"] != "deal":
            plans.append(plan_alignment(universe, buyers=buyer_ids or None, rescore=options["rescore"]))
        if options["type"] != "alignment":
            chosen = FitOptions(
                rescore=options["rescore"],
                instructions=options["instructions"],
                geography_mode=options["geography_mode"],
                min_completeness=options["min_completeness"],
                buyer_ids=tuple(buyer_ids),
            )
            plans.append(plan_deals(universe, listings=listing_ids or None, options=chosen))
        for plan in plans:
            if plan.refusal:
                raise self.refuse(Refused(plan.refusal))
        return plans

    def find_universe(self, text: str) -> Universe:
        """Return the unarchived universe of that name or number."""
        known = Universe.objects.unarchived()
        found = known.filter(name__iexact=text.strip()).first()
        if found is None and text.isdecimal():
            found = known.filter(pk=int(text)).first()
        if found is None:
            names = ", ".join(
                repr(name) for name in known.order_by("name").values_list("name", flat=True)[:10]
            )
            there = (
                f"There are: {names}." if names else "There is none yet: manage.py import_remarketing --help"
            )
            raise CommandError(
                f"--universe: {text!r} is no name or number of one. {there}", returncode=EXIT_BAD
            )
        return found

    def find_id(self, rows: Any, name: str, text: str, option: str) -> int:
        """Return the number of the row that a number, a source_ref, a title or a name means."""
        meant = Q(source_ref=text) | Q(**{f"{name}__iexact": text.strip()})
        if text.isdecimal() and len(text) < 18:
            meant |= Q(pk=int(text))
        found = list(rows.filter(meant).values_list("pk", flat=True)[:2])
        if len(found) == 1:
            return int(found[0])
        why = "means more than one; give the number" if found else "is none of this universe's"
        raise CommandError(f"{option}: {text!r} {why}.", returncode=EXIT_BAD)

    def find_batch(self, number: int) -> Batch:
        """Return a batch by its number."""
        batch = Batch.objects.filter(pk=number).first()
        if batch is None:
            raise CommandError(f"--watch: there is no batch {number}.", returncode=EXIT_BAD)
        return batch

    def refuse(self, refused: Refused) -> CommandError:
        """Return the error that names reason and field."""
        field = f" (field {refused.refusal.field})" if refused.refusal.field else ""
        return CommandError(f"{refused.refusal.message}{field}", returncode=EXIT_BAD)

    # -- what is said -----------------------------------------------------------------------------

    def warn(self, plans: list[Plan]) -> None:
        """Say loudly that the rules score, and that nobody works."""
        if any(plan.scored_by_rules for plan in plans):
            self.stderr.write(self.style.WARNING(RULES_WORDS))
        if not health.live_worker_exists() and any(plan.pairs for plan in plans):
            self.stderr.write(self.style.ERROR(tell_no_worker()))

    def tell_plans(self, plans: list[Plan], *, dry_run: bool) -> None:
        """Print what it would mean, or that there is nothing to do."""
        if self.as_json:
            self.print_json({"enqueued": False, "dry_run": dry_run, **sum_plans(plans), "exit_code": 0})
            return
        for plan in plans:
            self.stdout.write(describe_plan(plan))
        if not any(plan.pairs for plan in plans):
            self.stdout.write("Nothing to do: everything has a score. --rescore scores it again.")
        elif dry_run:
            self.stdout.write("Nothing was enqueued: this was a dry run.")

    def tell_started(self, started: Started, plans: list[Plan]) -> None:
        """Print what was enqueued and where to watch it."""
        if self.as_json:
            return
        for plan in plans:
            self.stdout.write(describe_plan(plan))
        self.stdout.write(
            f"Batch {started.batch.pk}: {started.queued} queued, {started.shared} waiting already, "
            f"{started.skipped} skipped (they have a score)."
        )
        self.stdout.write(tell_how_to_watch(started.batch))

    def follow(self, batch: Batch, *, timeout: float | None, facts: dict[str, Any]) -> None:
        """Watch a batch to its end and exit with what came of it."""
        is_terminal = bool(getattr(self.stdout, "isatty", lambda: False)()) and not self.as_json
        watched = watch(batch, timeout_seconds=timeout, console=Console(stderr=True) if is_terminal else None)
        self.tell_end(watched, facts)
        if watched.exit_code:
            sys.exit(watched.exit_code)

    def tell_end(self, watched: Watched, facts: dict[str, Any]) -> None:
        """Print one closing line, or the JSON object."""
        if watched.reason:
            loud = self.style.ERROR if watched.exit_code == EXIT_NOT_ENDED else self.style.WARNING
            self.stderr.write(loud(watched.reason))
        if self.as_json:
            self.print_json({**facts, **show_batch(watched.batch), "exit_code": watched.exit_code})
            return
        line = describe(watched.batch)
        self.stdout.write(line[0].upper() + line[1:] + ".")
        if watched.exit_code in (EXIT_NOT_ENDED, EXIT_INTERRUPTED):
            self.stdout.write(tell_how_to_watch(watched.batch))
        elif get_exit_code(watched.batch) == 1:
            self.stdout.write(f"See why, and retry: {reverse('console:failures')}")

    def print_json(self, facts: dict[str, Any]) -> None:
        """Print one line of JSON."""
        self.stdout.write(json.dumps(facts))
