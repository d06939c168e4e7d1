"""What remarketing's jobs do. The lane decides who scores: `local` the rules, `gemini` the model, always."""

from scoring.remarketing import providers
from scoring.remarketing.handlers.alignment import score_alignment
from scoring.remarketing.handlers.fit import score_fit
from scoring.remarketing.handlers.review import review_batch

__all__ = ["providers", "review_batch", "score_alignment", "score_fit"]
