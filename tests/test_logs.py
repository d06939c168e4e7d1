"""Log lines have one format and carry no secrets."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest
import structlog

from queueproject import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Collect what loggers below `example` write, as production formats it."""
    config = logs.get_logging(level="INFO", log_format="json", secrets=("sesame-open-now",))
    formatter = config["formatters"]["structured"]
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.config.DictConfigurator(config).configure_formatter(formatter))
    logger = logging.getLogger("example")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.stream
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_our_lines_and_those_of_libraries_have_one_format(lines: io.StringIO) -> None:
    structlog.get_logger("example.ours").info("claimed", jobs=3)
    logging.getLogger("example.theirs").info("Process-%s ready", 7)
    ours, theirs = map(json.loads, lines.getvalue().splitlines())
    assert (ours["event"], ours["jobs"], ours["level"]) == ("claimed", 3, "info")
    assert (theirs["event"], theirs["logger"]) == ("Process-7 ready", "example.theirs")
    assert ours["timestamp"].endswith("Z")


def test_secrets_are_taken_out_by_name_by_value_and_by_shape(lines: io.StringIO) -> None:
    structlog.get_logger("example").info(
        "asked with sesame-open-now",
        api_key="abc",
        headers={"Authorization": "Bearer abcdefgh", "Accept": "json"},
        urls=["https://host/v1?key=AIzaSyA0000000000000000000000"],
        lease_token=12,
    )
    text = lines.getvalue()
    assert not any(secret in text for secret in ("sesame", '"abc"', "abcdefgh", "AIza"))
    assert json.loads(text)["headers"]["Accept"] == "json"
    assert json.loads(text)["lease_token"] == 12


def test_a_traceback_is_logged_without_secrets(lines: io.StringIO) -> None:
    try:
        raise ValueError("sesame-open-now is wrong")
    except ValueError:
        logging.getLogger("example").exception("failed")
    text = lines.getvalue()
    assert "ValueError" in text
    assert "sesame" not in text
