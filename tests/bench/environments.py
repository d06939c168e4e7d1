"""Environments for other queues: made by pip outside the checkout, once, with pinned versions."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MADE_WITHIN_SECONDS = 300
NEWEST_PYTHON_MINOR = 20


class LeftOut(Exception):
    """A queue cannot be measured here; the text says why."""


@dataclass(frozen=True)
class Requirements:
    """What a queue needs: pinned packages, and the oldest Python they run on."""

    packages: tuple[str, ...]
    python: tuple[int, int] = (3, 11)


def find_or_make(name: str, needs: Requirements) -> Path:
    """Return the Python of a queue's environment, made now if it is missing; raise LeftOut saying why."""
    python = find_python(needs.python)
    mark = hashlib.sha256(repr((needs.packages, str(python), sys.version)).encode()).hexdigest()[:12]
    directory = cache_directory() / f"{name}-{mark}"
    finished = directory / "finished"
    found = directory / "bin" / "python"
    if not finished.exists():
        shutil.rmtree(directory, ignore_errors=True)
        _run(str(python), "-m", "venv", str(directory))
        _run(str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *needs.packages)
        finished.touch()
    return found


def cache_directory() -> Path:
    """Return where environments are kept from one run to the next."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    directory = base / "queueproject" / "peers"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def find_python(oldest: tuple[int, int]) -> Path:
    """Return an interpreter of at least this version: the one that runs, else one on PATH."""
    if sys.version_info[:2] >= oldest:
        return Path(sys.executable).resolve()
    for minor in range(oldest[1], NEWEST_PYTHON_MINOR):
        found = shutil.which(f"python{oldest[0]}.{minor}")
        if found and _runs(found):
            return Path(found)
    raise LeftOut(f"needs Python {oldest[0]}.{oldest[1]} or later, and none is on PATH")


def _runs(python: str) -> bool:
    """Return whether an interpreter is more than a version manager's word for one that is not installed."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def _run(*command: str) -> None:
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=MADE_WITHIN_SECONDS, cwd="/"
        )
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line.strip()] or ["no reason given"]
        reason = next((line for line in lines if line.startswith("ERROR:")), lines[-1])
        raise LeftOut(f"its environment could not be made: {reason}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LeftOut(f"its environment could not be made: {error}") from error
