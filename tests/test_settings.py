"""Settings come from the environment, and refuse what would be unsafe."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PRODUCTION = {
    "DATABASE_URL": "postgresql://nobody@localhost/none",
    "SECRET_KEY": "k" * 64,
    "ALLOWED_HOSTS": "queue.example.com",
}


def read_settings(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Print one setting in a fresh process that has this environment and no .env."""
    bare = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "ENV_FILE": os.devnull}
    code = f"from queueproject import settings; print(settings.{name})"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=bare | environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_starts_with_its_secrets() -> None:
    shown = read_settings("SECURE_SSL_REDIRECT", **PRODUCTION)
    assert shown.stdout == "True\n", shown.stderr


@pytest.mark.parametrize(
    ("missing", "remedy"),
    [("SECRET_KEY", "token_urlsafe"), ("ALLOWED_HOSTS", "ALLOWED_HOSTS=queue.example.com")],
)
def test_production_refuses_to_start_without_its_secrets(missing: str, remedy: str) -> None:
    shown = read_settings("DEBUG", **{name: value for name, value in PRODUCTION.items() if name != missing})
    assert shown.returncode != 0
    assert f"ImproperlyConfigured: {missing} is not set" in shown.stderr
    assert remedy in shown.stderr


def test_local_processes_agree_on_a_secret_key_that_only_their_user_can_read() -> None:
    first, second = read_settings("SECRET_KEY"), read_settings("SECRET_KEY")
    assert len(first.stdout) > 50, first.stderr
    assert first.stdout == second.stdout


def test_debug_is_off_unless_asked_for() -> None:
    assert read_settings("DEBUG").stdout == "False\n"
    assert read_settings("DEBUG", DEBUG="1").stdout == "True\n"


def test_a_variable_of_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("QUEUE_SLOTS=7\nGEMINI_MODEL=from-file\n")
    shown = read_settings("GEMINI_MODEL, settings.Q_CLUSTER['workers']", ENV_FILE=str(file), QUEUE_SLOTS="3")
    assert shown.stdout == "from-file 3\n", shown.stderr


def test_an_unknown_log_format_is_refused_by_name() -> None:
    assert "LOG_FORMAT=xml: use console or json" in read_settings("DEBUG", LOG_FORMAT="xml").stderr


def test_every_variable_that_is_read_is_explained_in_the_example() -> None:
    sources = [
        *CHECKOUT.glob("queueproject/*.py"),
        *CHECKOUT.glob("tests/*.py"),
        *CHECKOUT.glob("tests/e2e/**/*.py"),
    ]
    text = "\n".join(source.read_text() for source in sources)
    read = set(re.findall(r"\benv\.[a-z]+\(\s*\"([A-Z0-9_]+)\"", text))
    read |= set(re.findall(r"environ\.get\(\"((?:QUEUEPROJECT|CHROMIUM|ENV)_[A-Z0-9_]+)\"", text))
    explained = re.findall(r"^#?([A-Z0-9_]+)=", (CHECKOUT / ".env.example").read_text(), flags=re.MULTILINE)
    assert len(read) > 20
    assert sorted(explained) == sorted(read)
