"""Error fingerprints: failures that have one cause get one key; pure."""

import hashlib
import re

_NUMBERS = re.compile(r"\d+(\.\d+)?")
_QUOTED = re.compile(r"“[^”]*”|(['\"]).*?\1")
_HEX = re.compile(r"\b[0-9a-f]{8,}\b", re.IGNORECASE)


def make_fingerprint(*, provider: str, status: int | None, error_class: str, message: str) -> str:
    """Return a short key of provider, status, class and the message without its ids and numbers."""
    plain = _NUMBERS.sub("#", _HEX.sub("#", _QUOTED.sub("'…'", message)))[:200]
    text = "|".join((provider, str(status or ""), error_class, plain))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
