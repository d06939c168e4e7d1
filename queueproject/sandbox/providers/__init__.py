"""The stand-ins by key. A new provider is one module here and one line below."""

from queueproject.sandbox.behaviour import Behaviour
from queueproject.sandbox.providers.base import StandIn
from queueproject.sandbox.providers.gemini import GeminiStandIn

STAND_INS: dict[str, type[StandIn]] = {stand_in.key: stand_in for stand_in in (GeminiStandIn,)}


def make_stand_ins(behaviours: dict[str, Behaviour]) -> dict[str, StandIn]:
    """Make every stand-in, each with its behaviour or the default one; raise KeyError for an unknown key."""
    unknown = behaviours.keys() - STAND_INS.keys()
    if unknown:
        raise KeyError(
            f"no such provider: {', '.join(sorted(unknown))}; known: {', '.join(sorted(STAND_INS))}"
        )
    return {key: make(behaviours.get(key, Behaviour())) for key, make in STAND_INS.items()}
