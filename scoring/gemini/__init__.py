"""The client of the Gemini API, shared by every workload that asks a model. It knows no workload."""

from scoring.gemini.answers import Blocked, Malformed
from scoring.gemini.client import GeminiClient, Generated, estimate_tokens
from scoring.gemini.connection import find_api_key, get_client

__all__ = [
    "Blocked",
    "GeminiClient",
    "Generated",
    "Malformed",
    "estimate_tokens",
    "find_api_key",
    "get_client",
]
