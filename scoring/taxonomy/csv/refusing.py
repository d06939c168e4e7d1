"""How an import says that the database would not have a file."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError

from queueproject.csvimport import CsvRefused, Faults


@contextmanager
def refuse_database_errors() -> Iterator[None]:
    """Turn what the database refuses into a fault of the file; every rule is checked line by line before."""
    try:
        yield
    except DatabaseError as error:
        faults = Faults()
        why = str(error).splitlines()[0]
        reason = f"the database refused the file, nothing was imported; try again ({why})"
        faults.add(line=1, column="", value="", reason=reason)
        raise CsvRefused(faults) from error


def refuse_faults(faults: Faults) -> None:
    """Raise CsvRefused when anything is wrong, the faults in the order of the file."""
    if faults:
        faults.kept.sort(key=lambda fault: fault.line)
        raise CsvRefused(faults)
