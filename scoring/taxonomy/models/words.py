"""The closed sets of words that rows may hold; the database refuses any other."""

from django.db import models


class Timeframe(models.TextChoices):
    """How bold a projection is."""

    CONSERVATIVE = "conservative", "conservative"
    MODERATE = "moderate", "moderate"
    AGGRESSIVE = "aggressive", "aggressive"


class ContentStatus(models.TextChoices):
    """What is known of a node's own text; empty means unknown."""

    OPTIMIZED = "optimized", "optimized"
    OUTDATED = "outdated", "outdated"
    MISSING = "missing", "missing"
    NONE = "none", "none"


class NodeSource(models.TextChoices):
    """Whose category tree a node stands in; empty means unknown."""

    MERCHANT = "merchant", "merchant"
    GOOGLE = "google", "google"
    HYBRID = "hybrid", "hybrid"


class OptimizationStatus(models.TextChoices):
    """Bands of health, which is 100 less the opportunity score: above 80, 50 to 80, below 50."""

    OPTIMIZED = "optimized", "optimized"
    NEEDS_WORK = "needs_work", "needs work"
    CRITICAL = "critical", "critical"
    NO_DATA = "no_data", "no data"


class MetricSource(models.TextChoices):
    """Where a row of metrics was measured."""

    GSC = "gsc", "Google Search Console"
    GA4 = "ga4", "Google Analytics 4"
    SHOPIFY = "shopify", "Shopify"


class AnalysisType(models.TextChoices):
    """What an analysis works out for each node."""

    SCORING = "scoring", "opportunity score"
    REVENUE = "revenue", "revenue projection"
    FULL_ANALYSIS = "full_analysis", "full analysis"


class AnalysisState(models.TextChoices):
    """How far an analysis is. Completed may hold failed nodes; failed means that none succeeded."""

    PENDING = "pending", "pending"
    PROCESSING = "processing", "processing"
    COMPLETED = "completed", "completed"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


class Priority(models.IntegerChoices):
    """How urgent an opportunity is; the smallest number comes first."""

    CRITICAL = 1, "critical"
    HIGH = 2, "high"
    MEDIUM = 3, "medium"
    LOW = 4, "low"
    VERY_LOW = 5, "very low"


class Label(models.TextChoices):
    """What kind of opportunity a node is, by score and effort; empty without data."""

    QUICK_WIN = "quick-win", "quick win"
    STRATEGIC = "strategic", "strategic"
    INCREMENTAL = "incremental", "incremental"
    LONG_TERM = "long-term", "long term"
    MAINTAIN = "maintain", "maintain"


class Method(models.TextChoices):
    """How the places of a projection are to be won."""

    ORGANIC = "organic", "organic"
    CONTENT = "content", "content"
    MIXED = "mixed", "mixed"
    TECHNICAL = "technical", "technical"
