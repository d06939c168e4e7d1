"""What staff type into the search box of jobs: words such as subject:buyer/12, or a job's number; pure."""

from collections.abc import Callable

from django.db.models import Q

HELP = "A number, or kind: provider: state: batch: worker: subject:buyer/12 error:fingerprint"


class BadQuery(ValueError):
    """What was typed is no query; the text says what is."""


def parse_query(text: str) -> Q:
    """Return the condition that words ask for; each narrows further."""
    condition = Q()
    for word in text.split():
        condition &= _parse_word(word)
    return condition


def _parse_word(word: str) -> Q:
    name, colon, value = word.partition(":")
    if not colon:
        if not word.isdecimal():
            raise BadQuery(f"“{word}” is no job number. Words that are understood: {HELP}.")
        return Q(pk=int(word[:18]))
    if name not in WORDS:
        raise BadQuery(f"“{name}:” is not understood. Words that are: {HELP}.")
    return WORDS[name](value)


def _number(column: str) -> Callable[[str], Q]:
    def parse(value: str) -> Q:
        if not value.isdecimal():
            raise BadQuery(f"“{value}” is no number.")
        return Q(**{column: int(value[:18])})

    return parse


def _subject(value: str) -> Q:
    kind, slash, number = value.partition("/")
    return Q(subject_type=kind, subject_id=number) if slash else Q(subject_type=kind)


WORDS: dict[str, Callable[[str], Q]] = {
    "id": _number("pk"),
    "kind": lambda value: Q(kind=value),
    "provider": lambda value: Q(provider=value),
    "state": lambda value: Q(state=value),
    "batch": _number("batch"),
    "worker": _number("worker"),
    "subject": _subject,
    "error": lambda value: Q(fingerprint=value),
}
