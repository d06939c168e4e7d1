#!/usr/bin/env python
"""Run a management command, on a private Postgres when no `DATABASE_URL` is given."""

import os
import sys

WITHOUT_DATABASE = frozenset(
    {"check", "collectstatic", "diffsettings", "findstatic", "help", "run_sandbox", "version"}
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "queueproject.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in WITHOUT_DATABASE and not {"--help", "-h", "--version"} & set(sys.argv[1:]):
        from queueproject import postgres, settings

        postgres.ensure(settings.DATABASE_URL)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
