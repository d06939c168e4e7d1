import json

import pytest

from queueproject.http.redaction import HIDDEN, cut, redact

KEY = "AIzaSyA1234567890abcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"GET https://host/v1?key={KEY}&page=2", KEY),
        ("GET /v1?access_token=abc.def-ghi", "abc.def-ghi"),
        ("Authorization: Bearer abcdef.123456", "abcdef.123456"),
        ("authorization: rawsecretvalue", "rawsecretvalue"),
        ("x-goog-api-key: opaque-key-77", "opaque-key-77"),
        ("{'x-api-key': 'opaque-key-78', 'accept': '*/*'}", "opaque-key-78"),
        (json.dumps({"refresh_token": "r3fr3sh.me", "expires_in": 60}), "r3fr3sh.me"),
        (json.dumps(json.dumps({"client_secret": "nested one"})), "nested one"),
        ("postgres://user:hunter22@localhost/db", "hunter22"),
        ("no name at all eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2ln", "eyJzdWIiOiIxMjM0"),
        ("AQ.Ab8RN6abcdefghijklmnop is new", "AQ.Ab8RN6abcdefghijklmnop"),
    ],
)
def test_a_secret_of_a_known_shape_is_hidden(text: str, secret: str) -> None:
    clean = redact(text)
    assert secret not in clean
    assert HIDDEN in clean


def test_a_secret_the_caller_knows_is_hidden_wherever_it_stands() -> None:
    assert redact("the key my-own-key! is wrong", secrets=("my-own-key!",)) == f"the key {HIDDEN} is wrong"


def test_a_secret_that_contains_another_is_hidden_whole() -> None:
    assert redact("abcdefgh", secrets=("abcd", "abcdefgh")) == HIDDEN


def test_an_empty_secret_blanks_nothing() -> None:
    assert redact("innocent", secrets=("", "in")) == "innocent"


def test_what_is_no_secret_is_left_alone() -> None:
    text = 'id GenerateRequestsPerMinutePerProjectPerModel, limit: 20, key=gemini, {"key": "local"}, token=7'
    assert redact(text) == text


def test_nul_control_characters_and_lone_surrogates_are_removed() -> None:
    assert redact("a\x00b\x1bc\nd\ud800e") == "abc\nd?e"


def test_the_text_is_cut_after_the_secrets_are_gone() -> None:
    clean = redact("x" * 495 + "?key=" + "s" * 40, limit=500)
    assert len(clean) <= 500
    assert "sss" not in clean


def test_an_endless_text_is_cut_to_the_limit() -> None:
    assert len(redact("y" * 5_000_000, limit=100)) == 100


def test_a_text_of_just_the_limit_is_not_cut() -> None:
    assert cut("abcde", limit=5) == "abcde"
    assert cut("abcdef", limit=5) == "abcd…"
