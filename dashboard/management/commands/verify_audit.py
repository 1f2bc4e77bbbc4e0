from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard import auditchain


class Command(BaseCommand):
    help = (
        "Check that no entry of the audit log was altered, deleted, moved or put in, and say which. Run it by night. "
        "Where the chain is broken it ends with 1. Keep the head that it prints: given next time, it shows whether the "
        "newest entries were cut off, which leaves a chain that holds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", default="", help="a seal that was printed before, and must still be there")

    def handle(self, *args: Any, head: str, **options: Any) -> None:
        chain = auditchain.check(head=head)
        auditchain.note(chain)
        if chain.breaks:
            said = "\n".join(f"- {found.text}" for found in chain.breaks)
            raise CommandError(
                f"The chain of {chain.entries:,} entries is broken:\n{said}\n"
                "After a change of SECRET_KEY, list the old one in SECRET_KEY_FALLBACKS."
            )
        self.stdout.write(f"{chain.entries:,} entries, unbroken. Head: {chain.head or 'none'}")
