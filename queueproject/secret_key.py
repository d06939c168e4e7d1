"""The secret key of a machine that is not production: made once, kept beside the private server's data."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from queueproject import postgres


def get_local_secret_key() -> str:
    """Return this machine's key, making it first; processes that start together agree on one."""
    kept = postgres.state_directory() / "secret_key"
    if not kept.exists():
        descriptor, made = tempfile.mkstemp(dir=kept.parent)  # readable by this user alone
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(made, kept)
        Path(made).unlink()
    return kept.read_text()
