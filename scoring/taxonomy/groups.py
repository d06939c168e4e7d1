"""What the three groups of staff may do with projects, nodes and analyses."""

from typing import Final

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

_OPERATES: Final = ("analyse", "add_node", "change_node")
_CONFIGURES: Final = ("add_project", "change_project", "delete_project", "delete_node")
GROUPS: Final = {
    "viewer": (),
    "operator": _OPERATES,
    "configurer": (*_OPERATES, *_CONFIGURES),
}


def sync_groups() -> None:
    """Give the groups their permissions on the taxonomy; what staff added to them stays."""
    create_permissions(apps.get_app_config("taxonomy"), verbosity=0)
    ours = Permission.objects.filter(content_type__app_label="taxonomy")
    views = list(ours.filter(codename__startswith="view_"))
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*views, *ours.filter(codename__in=codenames))
