"""`manage.py api_token`: make, list and revoke the tokens that programs call the API with."""

import argparse
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueproject.api.models import ApiToken
from queueproject.api.tokens import create_token, revoke_token

EXIT_BAD = 2
_EXAMPLES = """
A token acts as its owner and may do what the owner may do. It is printed once; only a hash of it is kept.

examples:
  manage.py api_token create --user ada --name "nightly report"
  curl -H "Authorization: Bearer qp_…" http://localhost:8000/api/jobs
  manage.py api_token list
  manage.py api_token revoke 0123456789abcdef
"""


class Command(BaseCommand):
    """Make, list and revoke."""

    help = "Make, list and revoke the tokens that programs call the API with."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=_EXAMPLES, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=argparse.ArgumentParser)
        create = verbs.add_parser("create", help="make a token and print it, once")
        create.add_argument("--user", required=True, help="its owner's user name")
        create.add_argument("--name", required=True, help="what uses it")
        verbs.add_parser("list", help="list tokens, without their secrets")
        revoke = verbs.add_parser("revoke", help="make a token worthless")
        revoke.add_argument("key", help="its public part: the 16 digits after qp_")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        if options["verb"] == "create":
            self.create(options["user"], options["name"])
        elif options["verb"] == "revoke":
            self.revoke(options["key"])
        else:
            self.list()

    def create(self, username: str, name: str) -> None:
        """Print a new token."""
        owner = User.objects.filter(username=username, is_active=True).first()
        if owner is None:
            raise CommandError(f"--user: nobody active is called {username!r}.", returncode=EXIT_BAD)
        if not name.strip():
            raise CommandError("--name: say what uses it.", returncode=EXIT_BAD)
        _, text = create_token(owner, name=name)
        self.stdout.write(text)
        self.stderr.write("Keep it: it is not shown again.")

    def list(self) -> None:
        """Print a line per token."""
        for token in ApiToken.objects.select_related("owner").order_by("pk"):
            used = f"used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
            end = f", revoked {token.revoked_at:%Y-%m-%d %H:%M}" if token.revoked_at else ""
            self.stdout.write(f"{token.key}  {token.owner.get_username()}  {token.name}  {used}{end}")

    def revoke(self, key: str) -> None:
        """Revoke one by its public part."""
        token = ApiToken.objects.filter(key=key.removeprefix("qp_")[:16]).first()
        if token is None:
            raise CommandError(f"No token has the key {key!r}.", returncode=EXIT_BAD)
        self.stdout.write("Revoked." if revoke_token(token) else "It was revoked before.")
