"""Take secrets out of whatever is logged, stored or shown."""

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
# Long enough that no answer worth reading is lost, short enough that a hostile body costs nothing.
_READ_CHARACTERS = 20_000
# A shorter "secret" is a word of the language, and hiding it would blank out innocent text.
_SHORTEST_SECRET = 4

_NAMES = (
    r"(?:x-goog-api-key|x-api-key|api[_-]?key|apikey|access[_-]?token|refresh[_-]?token|id[_-]?token"
    r"|client[_-]?secret|authorization|password|passwd|secret)"
)
_PATTERNS = (
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)([A-Za-z0-9._~+/=-]{4,})"),
    # {"access_token": "…"}, also with escaped quotes, as in JSON quoted inside JSON.
    re.compile(rf"(?i)(\\?[\"']{_NAMES}\\?[\"']\s*[:=]\s*\\?[\"'])((?:(?!\\?[\"']).)+)"),
    re.compile(rf"(?i)(\b{_NAMES}=)([^\s&;,\"'<>]+)"),
    # Only in a query: elsewhere a key is a provider's name and a token a number of a lease.
    re.compile(r"(?i)([?&](?:key|token|signature|code)=)([^\s&;,\"'<>]+)"),
    re.compile(r"(?i)(\b(?:x-goog-api-key|x-api-key|authorization)\s*:\s*)((?!bearer\b|basic\b)[^\s,\"'}]+)"),
    re.compile(r"(://[^/\s:@]+:)([^/\s@]+)(?=@)"),
    re.compile(r"()\b(AIza[0-9A-Za-z_-]{20,}|AQ\.[0-9A-Za-z_-]{16,}|ya29\.[0-9A-Za-z_.-]{16,})"),
    re.compile(r"()\b(eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*)"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def redact(text: object, *, secrets: Iterable[str] = (), limit: int = 500) -> str:
    """Return the text without secrets, NUL and other control characters, cut to `limit` characters.

    `secrets` are values known to the caller; keys and tokens of well-known shapes are found anyway.
    """
    clean = _CONTROL.sub("", str(text)[:_READ_CHARACTERS])
    # A lone surrogate cannot be stored: neither Postgres nor a UTF-8 log takes it.
    clean = clean.encode("utf-8", "replace").decode("utf-8")
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            clean = clean.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        clean = pattern.sub(rf"\1{HIDDEN}", clean)
    return cut(clean, limit=limit)


def cut(text: str, *, limit: int) -> str:
    """Shorten the text to at most `limit` characters, the last one an ellipsis when something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
