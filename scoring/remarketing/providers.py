"""The outside party of remarketing: Gemini, with the budgets an installation starts with."""

from typing import Final

from queueproject.queue.registry import BudgetDefault, ProviderSpec, register_provider
from scoring.gemini import get_client
from scoring.remarketing.kinds import GEMINI

# Gemini's day of quotas begins at midnight there.
ZONE: Final = "America/Los_Angeles"
DAY_SECONDS: Final = 86_400


def check_connection() -> str:
    """Make one cheap call and say that it worked; raises ProviderFault, RateLimited or Transient."""
    return get_client().check_connection()


PROVIDER = register_provider(
    ProviderSpec(
        key=GEMINI,
        label="Gemini",
        budgets=(
            BudgetDefault(currency="calls", limit=30),
            BudgetDefault(currency="tokens"),
            BudgetDefault(currency="calls", window_seconds=DAY_SECONDS, kind="calendar", zone=ZONE),
        ),
        max_in_flight=10,
        first_block_seconds=4,
        longest_block_seconds=64,
        zone=ZONE,
        check_connection=check_connection,
    )
)
