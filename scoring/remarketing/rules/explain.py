"""A fit score in plain sentences."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from scoring.remarketing.rules.assembly import Composite, Dimensions, Weights, get_gate
from scoring.remarketing.rules.result import DimensionName, Tier

_WORDS: Final[dict[DimensionName, str]] = {
    "service": "services",
    "size": "size",
    "geography": "geography",
    "owner_goals": "owner goals",
}


def explain_dimensions(dimensions: Dimensions) -> dict[str, str]:
    """Say why each dimension scored what it did, and which was left out for want of what."""
    return {
        name: f"Scored without {_WORDS[name]}: {dimension.left_out}. {dimension.reason}"
        if dimension.left_out
        else dimension.reason
        for name, dimension in dimensions.items()
    }


def explain_fit(
    dimensions: Dimensions,
    *,
    weights: Weights,
    mode_factor: Decimal,
    bonuses: Mapping[str, tuple[int, str]],
    composite: Composite | None,
    tier: Tier,
    disqualification: str,
) -> str:
    """Tell how a score came about: what was matched, left out, gated, added and taken."""
    sentences = [f"Disqualified. {disqualification}"] if disqualification else []
    for name, dimension in dimensions.items():
        if dimension.left_out:
            sentences.append(f"Scored without {_WORDS[name]}: {dimension.left_out}.")
            continue
        weight = f"{weights[name]}%" + (
            f" x {mode_factor}" if name == "geography" and mode_factor != 1 else ""
        )
        sentences.append(
            f"{_WORDS[name].capitalize()} {dimension.score} (weight {weight}): {dimension.reason}"
        )
    sentences += [
        f"The gate of {_WORDS[name]} multiplies by {get_gate(dimension)}."
        for name, dimension in dimensions.items()
        if get_gate(dimension) != 1
    ]
    sentences += [f"{points:+d} {what}: {why}" for what, (points, why) in bonuses.items() if points]
    if composite is None:
        sentences.append("No score: the weights of all that could be compared are 0.")
    elif not disqualification:
        sentences.append(
            f"Base {composite.base}, gated {composite.gated}, final {composite.final}: tier {tier}."
        )
    return " ".join(sentences)
