"""Project: one shop's product tree, and what its formulas are told."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from scoring.taxonomy.models import checks
from scoring.taxonomy.models.words import Timeframe
from scoring.taxonomy.rules.choices import (
    DEFAULT_CURVE,
    DEFAULT_TARGET_POSITION,
    DEFAULT_WEIGHTS,
    LARGEST_SEASONALITY,
    LAST_TARGET_POSITION,
    ChoiceRefused,
    Choices,
    parse_curve,
    parse_seasonality,
    parse_weights,
)

LARGEST_PRIORITY = 1_000


def get_default_curve() -> list[float]:
    """Return the click-through rates of positions 1 to 10 that a new project starts with."""
    return list(DEFAULT_CURVE)


def get_default_weights() -> dict[str, float]:
    """Return the weights that a new project starts with."""
    return dict(DEFAULT_WEIGHTS)


def validate_curve(value: Any) -> None:
    """Refuse a curve that the formulas cannot use."""
    try:
        parse_curve(value)
    except ChoiceRefused as refused:
        raise ValidationError(refused.reason) from refused


def validate_weights(value: Any) -> None:
    """Refuse weights that do not name the five factors or do not sum to 1."""
    try:
        parse_weights(value)
    except ChoiceRefused as refused:
        raise ValidationError(refused.reason) from refused


def validate_seasonality(value: Any) -> None:
    """Refuse a season of nothing, or of more than ten usual months."""
    try:
        parse_seasonality(value)
    except ChoiceRefused as refused:
        raise ValidationError(refused.reason) from refused


class ProjectQuerySet(models.QuerySet["Project"]):
    """Query methods of projects."""

    def find_by_name(self, name: str) -> "Project | None":
        """Return the project of this name, upper and lower case alike."""
        return self.alias(lower_name=Lower("name")).filter(lower_name=name.strip().lower()).first()


class Project(models.Model):
    """A tree of nodes that is analysed as one. An analysis keeps a copy of the choices it was made with."""

    name = models.CharField(max_length=200)
    priority = models.SmallIntegerField(
        default=100,
        help_text="Priority of its analyses in the queue: 100 as usual, 150 or 200 for premium projects.",
    )
    as_of = models.DateField(
        null=True,
        blank=True,
        help_text="The day on which the 30 days of metrics end; empty: the newest day that has any.",
    )
    ctr_curve = models.JSONField(
        default=get_default_curve,
        validators=[validate_curve],
        help_text="Expected click-through rates at positions 1 to 10, such as 0.285, falling.",
    )
    weights = models.JSONField(
        default=get_default_weights,
        validators=[validate_weights],
        help_text="Weights of volume, ctr_gap, position, competition and revenue; they must sum to 1.",
    )
    target_position = models.SmallIntegerField(
        default=DEFAULT_TARGET_POSITION, help_text="The search position that a projection aims at, 1 to 10."
    )
    timeframe = models.CharField(max_length=12, choices=Timeframe.choices, default=Timeframe.MODERATE)
    seasonality = models.FloatField(
        default=1.0, validators=[validate_seasonality], help_text="Multiplies the projected lift; 1 is usual."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Read by name look-ups of imports, commands and the API, which ignore case.
            models.UniqueConstraint(
                Lower("name"),
                name="taxonomy_project_name_unique",
                violation_error_message="Another project has this name.",
            ),
            checks.not_blank("project", "name"),
            checks.between("project", "priority", 0, LARGEST_PRIORITY),
            checks.json_list("project", "ctr_curve"),
            checks.json_object("project", "weights"),
            checks.between("project", "target_position", 1, LAST_TARGET_POSITION),
            checks.known_word("project", "timeframe", Timeframe),
            checks.between("project", "seasonality", 0, LARGEST_SEASONALITY),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def choices(self) -> Choices:
        """Return the choices as the formulas take them; raise ChoiceRefused for what was stored unchecked."""
        return Choices.parse(
            {
                "curve": self.ctr_curve,
                "weights": self.weights,
                "target_position": self.target_position,
                "timeframe": self.timeframe,
                "seasonality": self.seasonality,
            }
        )
