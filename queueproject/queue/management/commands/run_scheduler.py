"""`manage.py run_scheduler`: one pass of the scheduler, for cron and for people."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueproject.queue import health, scheduler, shell
from queueproject.queue.models import SchedulerRun

NO_WORKER = 4

HELP = """\
Do one pass of the scheduler: rescue jobs of dead workers, promote what is due, end finished
batches, prune what is old, and ask the clusters for drains. Every pass is a row in the
admin's list of scheduler runs. Workers do all of this by themselves; cron is the second
pair of eyes. Two passes at once do no harm.
"""

EXAMPLES = """\
examples:
  python manage.py run_scheduler              do it, and show a table
  python manage.py run_scheduler --dry-run    look only: what is due, what would be granted, why not
  python manage.py run_scheduler --json       the same facts for a program

crontab, every five minutes:
  */5 * * * *  cd /srv/queueproject && .venv/bin/python manage.py run_scheduler --trigger cron --json

exit codes:
  0  done     1  failed     2  bad arguments     4  jobs wait and no worker lives
"""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = shell.HelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument(
            "--dry-run", action="store_true", help="look, change nothing (but the run's own row)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--trigger",
            choices=["cron", "manual"],
            default="manual",
            help="who calls, as the list of runs shows it (default: manual)",
        )

    def handle(self, *args: Any, dry_run: bool, json: bool, trigger: str, **options: Any) -> None:
        try:
            run = scheduler.run_scheduler(trigger=trigger, actor=shell.actor(), dry_run=dry_run)
        except Exception as error:
            raise CommandError(f"The scheduler failed: {type(error).__name__}: {error}") from error
        lonely = health.no_live_worker()
        if json:
            shell.print_json(self.stdout, _facts(run, lonely=lonely))
        else:
            self._show(run)
        if lonely:
            sys.exit(NO_WORKER)

    def _show(self, run: SchedulerRun) -> None:
        rows = [(lane["provider"], lane["due"], lane["granted"], lane["why"]) for lane in run.lanes]
        table = shell.make_table("provider", "due", "granted", "why", rows=rows, right=("due", "granted"))
        shell.print_table(self.stdout, table)
        self.stdout.write(_closing_line(run))


def _seconds(run: SchedulerRun) -> float:
    if run.finished_at is None or run.started_at is None:
        return 0.0
    return max(0.0, (run.finished_at - run.started_at).total_seconds())


def _closing_line(run: SchedulerRun) -> str:
    if run.dry_run:
        return f"Dry run {run.pk}, nothing was changed: {run.result}"
    acts = f"rescued {run.rescued}, promoted {run.promoted}, asked for {run.drains_started} drains"
    return f"Run {run.pk} {acts} in {_seconds(run):.1f} s: {run.result}"


def _facts(run: SchedulerRun, *, lonely: bool) -> dict[str, Any]:
    return {
        "run": run.pk,
        "trigger": run.trigger,
        "dry_run": run.dry_run,
        "lanes": run.lanes,
        "rescued": run.rescued,
        "promoted": run.promoted,
        "drains_started": run.drains_started,
        "result": run.result,
        "seconds": round(_seconds(run), 3),
        "live_worker": not lonely,
    }
