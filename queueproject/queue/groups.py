"""The three groups of staff: who looks, who operates, who configures."""

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

GROUPS = {
    "viewer": (),
    "operator": ("operate",),
    "configurer": ("operate", "configure"),
}


def sync_groups() -> None:
    """Give the groups their permissions on the queue; what staff added to them stays."""
    create_permissions(apps.get_app_config("queue"), verbosity=0)
    ours = Permission.objects.filter(content_type__app_label="queue")
    views = list(ours.filter(codename__startswith="view_"))
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*views, *ours.filter(codename__in=codenames))
