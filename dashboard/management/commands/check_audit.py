from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard import audit


class Command(BaseCommand):
    help = "Check that no entry of the audit log was changed, removed from the middle, or put in."

    def handle(self, *args: Any, **options: Any) -> None:
        chain = audit.check()
        if chain.broken_at is not None:
            raise CommandError(
                f"The chain breaks after {chain.entries} entries, at number {chain.broken_at.pk} of "
                f"{chain.broken_at.at:%Y-%m-%d %H:%M:%S %Z}: {chain.broken_at}. It was changed, or one before it is "
                f"missing. With a new SECRET_KEY, list the old one in SECRET_KEY_FALLBACKS."
            )
        self.stdout.write(f"{chain.entries:,} entries, unbroken.")
