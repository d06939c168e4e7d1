"""How long a page may look: what ten people refresh every two seconds must not pile up."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, transaction

from queueproject.queue import sql


class TookTooLong(Exception):
    """A statement did not end within the time a page may take."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Let each statement of a block of reading take so long; raise TookTooLong where one takes longer."""
    try:
        with transaction.atomic():
            sql.value("bound_statements", milliseconds=f"{seconds * 1000:.0f}ms")
            yield
    except OperationalError as error:
        if sql.was_cancelled(error):
            raise TookTooLong from error
        raise
