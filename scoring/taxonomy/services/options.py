"""The options of an analysis: how its nodes are worked on, not what is found."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel


def _read_whole(value: Any) -> Any:
    """Return 5 for 5.0: in JSON both are the same whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_read_whole)]


class OptionsRefused(ValueError):
    """An option is not usable: which one, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class AnalysisOptions(BaseModel):
    """What a caller may choose of the way an analysis runs; the API writes the names in camel case."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", alias_generator=to_camel, validate_by_name=True
    )

    batch_size: Whole = Field(default=100, ge=1, le=1_000, description="Nodes in one job of the queue.")
    max_retries: Whole = Field(
        default=3, ge=0, le=10, description="How often a node that fails is tried again before it counts."
    )
    retry_delay_ms: Whole = Field(
        default=1_000,
        ge=0,
        le=60_000,
        alias="retryDelay",
        description="Milliseconds until the first retry; until the second twice as many, and so on.",
    )
    concurrency: Whole = Field(default=5, ge=1, le=50, description="How many jobs may be under way at once.")
    timeout_ms: Whole = Field(
        default=300_000,
        ge=1,
        le=3_600_000,
        alias="timeout",
        description="Milliseconds of work on one job's nodes, after which those not done fail.",
    )

    @classmethod
    def parse(cls, values: dict[str, Any]) -> "AnalysisOptions":
        """Return checked options, named either way; raise OptionsRefused for the first that will not do."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            fault = error.errors(include_url=False)[0]
            name = str(fault["loc"][0]) if fault["loc"] else "options"
            raise OptionsRefused(name, fault["msg"]) from error

    def as_dict(self) -> dict[str, Any]:
        """Return what `parse` takes back, under the API's names."""
        return self.model_dump(by_alias=True)


RETRY_OPTIONS: Final = AnalysisOptions(batch_size=50, max_retries=5)
