"""The closed sets of words that rows may hold; the database refuses any other."""

from django.db import models


class BuyerType(models.TextChoices):
    """What kind of acquirer a buyer is."""

    PE_FIRM = "pe_firm", "private equity firm"
    PLATFORM = "platform", "platform"
    STRATEGIC = "strategic", "strategic"
    FAMILY_OFFICE = "family_office", "family office"
    INDEPENDENT_SPONSOR = "independent_sponsor", "independent sponsor"
    OTHER = "other", "other"


class Level(models.TextChoices):
    """How sure, or how complete."""

    HIGH = "high", "high"
    MEDIUM = "medium", "medium"
    LOW = "low", "low"


class FitConfidence(models.TextChoices):
    """How sure a fit score is; one step below a level's low when hardly any dimension counted."""

    HIGH = "high", "high"
    MEDIUM = "medium", "medium"
    LOW = "low", "low"
    VERY_LOW = "very_low", "very low"


class Coverage(models.TextChoices):
    """How far a universe's businesses reach."""

    LOCAL = "local", "local"
    REGIONAL = "regional", "regional"
    NATIONAL = "national", "national"


class GeographyMode(models.TextChoices):
    """How much geography weighs."""

    CRITICAL = "critical", "critical"
    PREFERRED = "preferred", "preferred"
    MINIMAL = "minimal", "minimal"


class BelowMinimum(models.TextChoices):
    """What becomes of a deal more than 30 % below a buyer's minimum revenue."""

    DISQUALIFY = "disqualify", "disqualify"
    PENALIZE = "penalize", "penalize"
    ALLOW = "allow", "allow"


class ServiceMatching(models.TextChoices):
    """Who judges services: words, the model, or both."""

    KEYWORD = "keyword", "keyword"
    SEMANTIC = "semantic", "semantic"
    HYBRID = "hybrid", "hybrid"


class LinkStatus(models.TextChoices):
    """Whether a deal is at work in a universe."""

    ACTIVE = "active", "active"
    ARCHIVED = "archived", "archived"


class Tier(models.TextChoices):
    """Bands of the composite score: A from 80, B from 65, C from 50, D from 35, else F."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"
    F = "F", "F"


class GeographyTier(models.TextChoices):
    """How near a deal is to where a buyer wants to be."""

    EXACT = "exact", "exact"
    ADJACENT = "adjacent", "adjacent"
    REGIONAL = "regional", "regional"
    DISTANT = "distant", "distant"


class ScoreStatus(models.TextChoices):
    """What staff decided about a buyer for a deal."""

    PENDING = "pending", "pending"
    APPROVED = "approved", "approved"
    PASSED = "passed", "passed"
    HIDDEN = "hidden", "hidden"


class PassCategory(models.TextChoices):
    """Why a buyer was passed over."""

    SIZE = "size", "size"
    GEOGRAPHY = "geography", "geography"
    SERVICES = "services", "services"
    TIMING = "timing", "timing"
    PORTFOLIO_CONFLICT = "portfolio_conflict", "portfolio conflict"
    OTHER = "other", "other"


class Scorer(models.TextChoices):
    """Who made a score."""

    RULES = "rules", "rules"
    AI = "ai", "AI"


class Trigger(models.TextChoices):
    """What started a scoring: one item by hand, an action on many, or the system."""

    MANUAL = "manual", "manual"
    BULK = "bulk", "bulk"
    AUTO = "auto", "automatic"


class AdjustmentKind(models.TextChoices):
    """What an adjustment does to every score of its listing."""

    BOOST = "boost", "boost"
    PENALIZE = "penalize", "penalize"
    DISQUALIFY = "disqualify", "disqualify"


class Action(models.TextChoices):
    """What staff did with a buyer for a deal, kept as the buyer's learning history."""

    APPROVED = "approved", "approved"
    PASSED = "passed", "passed"
    NOT_A_FIT = "not_a_fit", "not a fit"
    HIDDEN = "hidden", "hidden"


class UploadKind(models.TextChoices):
    """What a CSV file holds."""

    UNIVERSES = "universes", "universes"
    BUYERS = "buyers", "buyers"
    LISTINGS = "listings", "listings"
