from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS

from dashboard.roles import create_roles


class Command(BaseCommand):
    help = (
        "Make the groups Viewer, Operator and Admin, which migrate makes as well: for a project that deleted one, or "
        "whose migrations somebody else runs. Groups that exist stay as your team has made them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="give the groups that exist what they had at first")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="of the database with the accounts")

    def handle(self, *args: Any, reset: bool, database: str, **options: Any) -> None:
        for name, outcome in create_roles(apps.get_app_config("dashboard"), using=database, reset=reset).items():
            self.stdout.write(f"{name}: {outcome}")
