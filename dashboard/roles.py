"""The three groups a console starts with. They are the team's to change: a group that exists is left as it is."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions

ROLES = {
    "Viewer": ("view",),
    "Operator": ("view", "operate", "enqueue", "audit"),
    "Admin": ("view", "operate", "enqueue", "manage", "reveal", "audit", "view_auditentry"),
}


def create_roles(
    sender: AppConfig, using: str = "default", verbosity: int = 1, *, reset: bool = False, **kwargs: Any
) -> dict[str, str]:
    """What became of each: created, left as it is, or, by ``reset``, put back. Permissions of other apps stay."""
    from django.contrib.auth.models import Group, Permission

    # An embedding project may list this app before django.contrib.auth, whose own receiver would then come too late.
    create_permissions(sender, using=using, verbosity=0)
    ours = Permission.objects.using(using).filter(content_type__app_label="dashboard")
    outcome = {}
    for name, codenames in ROLES.items():
        group, created = Group.objects.using(using).get_or_create(name=name)
        if created or reset:
            foreign = group.permissions.exclude(content_type__app_label="dashboard")
            group.permissions.set([*foreign, *ours.filter(codename__in=codenames)])
        outcome[name] = "created" if created else "put back" if reset else "left as it is"
    return outcome
