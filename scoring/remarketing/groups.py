"""What the three groups of staff may do with universes, buyers, deals and scores."""

from typing import Final

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

_WORKED_ON: Final = ("buyer", "listing", "universelisting", "adjustment")
_OPERATES: Final = (
    "score",
    "decide",
    *(f"{verb}_{model}" for model in _WORKED_ON for verb in ("add", "change")),
)
_CONFIGURES: Final = (
    "add_universe",
    "change_universe",
    "delete_universe",
    *(f"delete_{model}" for model in _WORKED_ON),
)
GROUPS: Final = {
    "viewer": (),
    "operator": _OPERATES,
    "configurer": (*_OPERATES, *_CONFIGURES),
}


def sync_groups() -> None:
    """Give the groups their permissions on remarketing; what staff added to them stays."""
    create_permissions(apps.get_app_config("remarketing"), verbosity=0)
    ours = Permission.objects.filter(content_type__app_label="remarketing")
    views = list(ours.filter(codename__startswith="view_").exclude(codename="view_upload"))
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*views, *ours.filter(codename__in=codenames))
