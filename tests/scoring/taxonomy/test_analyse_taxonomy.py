"""`manage.py analyse_taxonomy`: what it starts, prints, and exits with."""

import io
import json
import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from scoring.taxonomy.management.commands import analyse_taxonomy
from scoring.taxonomy.models import Analysis
from tests.scoring.taxonomy.factories import make_measured_node, make_project, make_tree
from tests.scoring.taxonomy.working import drain, spoil

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str, str]:
    """Return exit code, what was printed, and what was said on stderr."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    try:
        call_command("analyse_taxonomy", *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        code = ended.code
    return int(code), out.getvalue(), err.getvalue()


def test_without_a_worker_it_enqueues_and_says_what_to_start() -> None:
    make_tree(make_project(), nodes=3)
    code, printed, said = run("corner SHOP")
    assert code == 0
    assert str(Analysis.objects.get().pk) in printed
    assert "NO WORKER LIVES" in said
    assert "qcluster" in said


def test_waiting_without_a_worker_ends_and_leaves_it_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyse_taxonomy, "WORKER_PATIENCE_SECONDS", 0.1)
    make_tree(make_project(), nodes=3)
    code, _, said = run("Corner shop", "--wait")
    assert code == 4
    assert said.count("NO WORKER LIVES") == 2
    assert Analysis.objects.get().state == "pending"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Nowhere"], "No project is called"),
        (["Corner shop", "--batch-size", "0"], "--batch-size: "),
        (["Corner shop", "--retry-delay-ms", "99999"], "--retry-delay-ms: "),
        (["Corner shop", "--timeout-ms", "0"], "--timeout-ms: "),
        (["Corner shop", "--timeout", "5"], "--timeout: "),
        (["Corner shop", "--wait", "--timeout", "-1"], "--timeout: "),
    ],
)
def test_what_will_not_do_is_refused_by_option(arguments: list[str], words: str) -> None:
    make_project()
    with pytest.raises(CommandError, match=words) as refused:
        call_command("analyse_taxonomy", *arguments)
    assert refused.value.returncode == 2
    assert not Analysis.objects.exists()


def test_options_reach_the_analysis() -> None:
    make_tree(make_project(), nodes=3)
    run("Corner shop", "--type", "scoring", "--batch-size", "2", "--max-retries", "1")
    analysis = Analysis.objects.get()
    assert (analysis.type, analysis.actor) == ("scoring", "analyse_taxonomy")
    assert (analysis.options["batchSize"], analysis.options["maxRetries"]) == (2, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("spoilable")
def test_it_waits_for_the_end_and_tells_the_errors_by_kind() -> None:
    project = make_project()
    make_measured_node(project)
    spoil(make_tree(project, nodes=1))

    def work() -> None:
        while not Analysis.objects.exists():
            threading.Event().wait(0.05)
        drain()
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    code, printed, _ = run("Corner shop", "--wait", "--timeout", "60", "--max-retries", "0", "--json")
    worker.join()
    told = json.loads(printed)
    assert (code, told["exit_code"], told["state"]) == (1, 1, "completed")
    assert (told["successful"], told["failed"], told["errors"][0]["count"]) == (1, 1, 1)


def test_a_project_without_nodes_is_done_at_once() -> None:
    make_project()
    code, printed, said = run("Corner shop", "--wait")
    assert (code, said) == (0, "")
    assert "completed: 0 of 0" in printed


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("analyse_taxonomy", "--help")
    told = capsys.readouterr().out
    assert "exit codes:" in told
    assert "For cron" in told
