"""Set a scenario's limits and enqueue its work: WINDOW CALLS TOKENS JOBS SIZE…, all whole numbers."""

import os
import sys


def main(arguments: list[str]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.budgets.settings"
    import django

    django.setup()
    from queueproject.queue.enqueue import NewJob, enqueue_many
    from queueproject.queue.models import Budget
    from tests.budgets.handlers import KIND, LANE

    window, calls, tokens, jobs, *sizes = map(int, arguments)
    for currency, limit in (("calls", calls), ("tokens", tokens)):
        Budget.objects.filter(provider=LANE, currency=currency).update(
            window_seconds=window, limit=limit or None
        )
    enqueue_many(KIND, [NewJob({"tokens": sizes[n % len(sizes)]}) for n in range(jobs)])


if __name__ == "__main__":
    main(sys.argv[1:])
