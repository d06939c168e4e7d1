"""Other queues take their turns through a runner; one that cannot be had is named with its reason."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.bench import peers, stamps
from tests.bench.contenders import Peer
from tests.bench.environments import LeftOut, Requirements, find_or_make, find_python


@pytest.fixture
def inbox() -> Iterator[stamps.Inbox]:
    with stamps.listen() as inbox:
        yield inbox


@pytest.fixture
def spool(tmp_path: Path, inbox: stamps.Inbox) -> Iterator[Peer]:
    """The simplest other queue, driven as all others are."""
    url = str(tmp_path / "spool")
    with closing(
        Peer("spool", python=Path(sys.executable), url=url, inbox=inbox, package="tests.bench")
    ) as peer:
        yield peer


@pytest.mark.slow
@pytest.mark.e2e
def test_a_peer_takes_its_turn(spool: Peer, inbox: stamps.Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "SAMPLES", 3)
    records = {"spool": peers.Record()}
    peers.take_turn(spool, records, inbox, jobs=50, workers=2)
    record = records["spool"]
    assert record.enqueued > 0
    assert record.drained > 0
    assert len(record.milliseconds) == 3
    assert all(0 < each < 10_000 for each in record.milliseconds)


@pytest.mark.slow
@pytest.mark.e2e
def test_a_peer_whose_workers_do_nothing_is_left_out_aloud(
    spool: Peer, inbox: stamps.Inbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.bench.contenders.READY_WITHIN_SECONDS", 1.0)
    monkeypatch.setattr(spool, "command", [sys.executable, "-c", "print('out of order')"])
    records = {"spool": peers.Record()}
    peers.take_turn(spool, records, inbox, jobs=50, workers=1)
    assert records == {}
    said = capsys.readouterr().err
    assert "left out: spool" in said
    assert "out of order" in said


@pytest.mark.slow
@pytest.mark.e2e
def test_a_peer_whose_tables_cannot_be_made_is_left_out_with_its_own_words(
    tmp_path: Path, inbox: stamps.Inbox
) -> None:
    url = str(tmp_path / "nowhere" / "spool")
    with pytest.raises(LeftOut, match="its tables could not be made: FileNotFoundError"):
        Peer("spool", python=Path(sys.executable), url=url, inbox=inbox, package="tests.bench")


def test_a_slow_peer_gets_fewer_jobs_than_a_fast_one() -> None:
    assert peers.fit(20_000, warm_up_seconds=1.0) == 900
    assert peers.fit(20_000, warm_up_seconds=0.01) == 20_000
    assert peers.fit(20_000, warm_up_seconds=60) == 300
    assert peers.fit(50, warm_up_seconds=60) == 50


def test_ours_is_held_against_the_best_of_each() -> None:
    ours = peers.Record(enqueued=50, drained=240, milliseconds=[9.0])
    others = {
        "fast": peers.Record(enqueued=10, drained=200, milliseconds=[7.0]),
        "prompt": peers.Record(enqueued=20, drained=100, milliseconds=[5.0]),
    }
    found = {figure.name: figure for figure in peers.figures(ours, others)}
    assert found["peers_drain"].reference == 200
    assert found["peers_drain"].holds
    assert found["peers_enqueue"].reference == 20
    assert found["peers_pickup_p50"].reference == 5
    assert not found["peers_pickup_p50"].holds
    assert found["peers_pickup_p95"].reference == 8  # what `pickup` allows is more than the best takes
    assert found["peers_drain_fast"].value == 200


def test_a_peer_that_needs_a_newer_python_is_left_out_with_that_reason(
    inbox: stamps.Inbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(peers, "PEERS", {"oban": Requirements((), python=(99, 0))})
    with ExitStack() as stack:
        assert list(peers.start_peers(stack, inbox)) == []
    assert capsys.readouterr().err == "left out: oban: needs Python 99.0 or later, and none is on PATH\n"


def test_this_python_is_taken_when_it_is_new_enough() -> None:
    assert find_python((3, 11)) == Path(sys.executable).resolve()


@pytest.mark.slow
def test_an_environment_that_cannot_be_made_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(LeftOut, match=r"its environment could not be made: ERROR: .*absent"):
        find_or_make("absent", Requirements((str(tmp_path / "absent.whl"),)))


@pytest.mark.slow
def test_an_environment_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    needs = Requirements(("pip",))
    made = find_or_make("pip", needs)
    stamp = (made.parent / "python").lstat().st_ctime_ns
    assert find_or_make("pip", needs) == made
    assert (made.parent / "python").lstat().st_ctime_ns == stamp


@pytest.mark.parametrize("name", peers.PEERS)
def test_every_peer_has_a_runner_that_says_by_which_settings(name: str) -> None:
    text = (Path(peers.__file__).parent / "runners" / f"{name}.py").read_text()
    assert text.startswith('"""')
    assert all("==" in package for package in peers.PEERS[name].packages)
