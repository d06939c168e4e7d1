"""What changes analyses: start, cancel, retry; and what their jobs write."""

from scoring.taxonomy.services.options import RETRY_OPTIONS, AnalysisOptions, OptionsRefused
from scoring.taxonomy.services.starting import (
    AnalysisRefused,
    NothingToRetry,
    StillRunning,
    cancel_analysis,
    retry_failed,
    start_analysis,
)

__all__ = [
    "RETRY_OPTIONS",
    "AnalysisOptions",
    "AnalysisRefused",
    "NothingToRetry",
    "OptionsRefused",
    "StillRunning",
    "cancel_analysis",
    "retry_failed",
    "start_analysis",
]
