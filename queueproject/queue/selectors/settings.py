"""Settings with their values, who changed them and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from queueproject.queue.conf import KNOBS, Knob
from queueproject.queue.models import Setting


@dataclass(frozen=True)
class SettingNow:
    """One setting as it holds for a provider, or for all."""

    knob: Knob
    provider: str
    value: Any
    row: Setting | None
    inherited: bool

    @property
    def is_changed(self) -> bool:
        return self.row is not None


def find_settings(*, provider: str = "") -> list[SettingNow]:
    """List the settings that may be set for all, or for one provider; one query."""
    rows = {(row.key, row.provider): row for row in Setting.objects.filter(provider__in=["", provider])}
    knobs: Iterable[Knob] = KNOBS.values()
    if provider:
        knobs = [knob for knob in knobs if knob.per_provider]
    return [_setting(knob, provider, rows) for knob in knobs]


def _setting(knob: Knob, provider: str, rows: dict[tuple[str, str], Setting]) -> SettingNow:
    own = rows.get((knob.key, provider))
    common = rows.get((knob.key, ""))
    value = own.value if own else common.value if common else knob.default
    return SettingNow(
        knob=knob, provider=provider, value=value, row=own, inherited=own is None and common is not None
    )
