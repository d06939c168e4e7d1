"""The process's one client, made from the settings."""

import os
import threading

from django.conf import settings

from scoring.gemini.client import GeminiClient, require_key

_Settings = tuple[str, str, str, float]
_lock = threading.Lock()
_clients: dict[_Settings, GeminiClient] = {}


def find_api_key() -> str:
    """Return the configured Gemini key, "" when there is none."""
    return str(getattr(settings, "GEMINI_API_KEY", "") or "").strip()


def get_client() -> GeminiClient:
    """Return the client for the settings as they are now, shared by the process's threads.

    Raises ProviderFault with reason "key_missing" when no key is set.
    """
    wanted: _Settings = (
        require_key(find_api_key()),
        str(settings.GOOGLE_GEMINI_BASE_URL),
        str(settings.GEMINI_MODEL),
        float(settings.GEMINI_TIMEOUT_SECONDS),
    )
    with _lock:
        client = _clients.get(wanted)
        if client is None:
            key, base_url, model, timeout_seconds = wanted
            client = GeminiClient(
                api_key=key, base_url=base_url, model=model, read_timeout_seconds=timeout_seconds
            )
            # One at a time: after a changed setting the old session's sockets are of no more use.
            _clients.clear()
            _clients[wanted] = client
        return client


def _forget_after_fork() -> None:
    # A child must not write into its parent's sockets, and the parent's lock may have been held at the fork.
    global _lock
    _lock = threading.Lock()
    _clients.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
