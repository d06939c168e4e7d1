"""The commands print what they did or every fault, and say by exit code which."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scoring.remarketing.management.commands.import_remarketing import describe_columns
from scoring.remarketing.models import Buyer
from tests.scoring.remarketing.makers import make_buyer, make_universe

pytestmark = pytest.mark.django_db


def write(tmp_path: Path, content: str) -> str:
    file = tmp_path / "rows.csv"
    file.write_text(content, encoding="utf-8")
    return str(file)


def test_an_import_says_what_it_did(tmp_path: Path) -> None:
    make_universe("Water")
    out = StringIO()
    call_command(
        "import_remarketing", "buyers", write(tmp_path, "company_name\nAcme\n"), universe="water", stdout=out
    )
    assert out.getvalue().startswith("1 buyers: 1 created, 0 updated, 0 unchanged")
    assert Buyer.objects.get().universe is not None


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(tmp_path: Path) -> None:
    out = StringIO()
    call_command(
        "import_remarketing", "buyers", write(tmp_path, "company_name\nAcme\n"), dry_run=True, stdout=out
    )
    assert "1 would be created" in out.getvalue()
    assert not Buyer.objects.exists()


def test_json_holds_the_counts(tmp_path: Path) -> None:
    out = StringIO()
    call_command(
        "import_remarketing", "buyers", write(tmp_path, "company_name\nAcme\n"), json=True, stdout=out
    )
    said = json.loads(out.getvalue())
    assert (said["imported"], said["rows"], said["created"]) == (True, 1, 1)


def test_faults_are_printed_and_the_exit_code_is_2(tmp_path: Path) -> None:
    out, err = StringIO(), StringIO()
    file = write(tmp_path, "company_name,target_revenue_min\nAcme,abc\n")
    with pytest.raises(SystemExit) as stopped:
        call_command("import_remarketing", "buyers", file, stdout=out, stderr=err, no_color=True)
    assert stopped.value.code == 2
    reason = "not a whole number; write it in digits, such as 1500000"
    assert err.getvalue().splitlines() == [
        f"line 2, column target_revenue_min: {reason} (found: abc)",
        "1 fault(s), nothing was imported.",
    ]
    with pytest.raises(SystemExit):
        call_command("import_remarketing", "buyers", file, json=True, stdout=out)
    assert json.loads(out.getvalue())["faults"] == [
        {"line": 2, "column": "target_revenue_min", "value": "abc", "reason": reason}
    ]


@pytest.mark.parametrize(
    ("options", "message"), [({"universe": "Nowhere"}, "No universe is called"), ({}, "There is no file")]
)
def test_wrong_arguments_end_with_code_2(options: dict[str, str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as caught:
        call_command("import_remarketing", "buyers", "/nowhere.csv", **options)
    assert caught.value.returncode == 2


def test_the_help_lists_every_column_of_every_kind() -> None:
    text = describe_columns()
    assert "columns of universes" in text
    assert "* company_name" in text
    assert "service_adjacency_map" in text


def test_an_export_goes_to_the_terminal_or_into_a_file(tmp_path: Path) -> None:
    make_buyer("Acme", source_ref="b1")
    out = StringIO()
    call_command("export_remarketing", "buyers", stdout=out)
    file = tmp_path / "out.csv"
    call_command("export_remarketing", "buyers", str(file), bom=True)
    assert out.getvalue().splitlines()[1].startswith("b1,,Acme,")
    assert file.read_bytes().decode("utf-8-sig").splitlines() == out.getvalue().splitlines()


def test_an_export_that_cannot_be_written_ends_with_code_2(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written") as caught:
        call_command("export_remarketing", "buyers", str(tmp_path / "no" / "out.csv"))
    assert caught.value.returncode == 2
