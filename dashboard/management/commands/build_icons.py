# ruff: noqa: E501  the shapes are paths
"""Builds ``static/console/icons.svg`` from the outlines of @tabler/icons and the seven shapes of the states.

npm pack @tabler/icons && tar xzf tabler-icons-*.tgz && manage.py build_icons package/icons/outline
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

ICONS = """
activity alert-circle alert-triangle archive arrow-back-up arrow-down arrow-left arrow-right arrow-up ban bell-off bolt
bookmark bug calendar-time chart-line check checklist chevron-down chevron-left chevron-right circle-check clock code
columns-3 command copy cpu crown database device-desktop dots download edit external-link eye eye-off file-text filter
ghost-2 hash history hourglass info-circle keyboard layers-linked layout-dashboard layout-rows link list-details lock
login logout mail-off menu-2 message moon pencil player-pause player-play player-stop plug-connected
plug-connected-x plus power refresh reload rocket rotate-clockwise search selector send server settings shield-check
shield-lock skull snowflake square-check square-plus stack-2 sun tag terminal-2 trash trending-down trending-up user
users volume-off wand x zoom-question
""".split()  # noqa: SIM905

SHAPES = {
    "scheduled": '<path fill-rule="evenodd" d="M8 1.4a6.6 6.6 0 1 1 0 13.2A6.6 6.6 0 0 1 8 1.4Zm0 1.7a4.9 4.9 0 1 0 0 9.8 4.9 4.9 0 0 0 0-9.8Zm.8 1.6v2.9l2 1.2-.85 1.4L7.1 8.5V4.7h1.7Z"/>',
    "queued": '<rect x="1.8" y="2.6" width="12.4" height="2.5" rx="1.1"/><rect x="1.8" y="6.75" width="12.4" height="2.5" rx="1.1"/><rect x="1.8" y="10.9" width="12.4" height="2.5" rx="1.1"/>',
    "running": '<path d="M3.6 2.5v11c0 .75.82 1.2 1.46.8l8.7-5.5c.6-.38.6-1.22 0-1.6l-8.7-5.5a.95.95 0 0 0-1.46.8Z"/>',
    "retrying": '<path fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" d="M13.2 8.2A5.3 5.3 0 1 1 11.4 4"/><path d="M14 1v5H9z"/>',
    "succeeded": '<path fill-rule="evenodd" d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm3.1 3.9-4 4.5-2.2-2.1-1.2 1.2 3.5 3.3 5.2-5.7-1.3-1.2Z"/>',
    "failed": '<path fill-rule="evenodd" d="M5 .9h6L15.1 5v6L11 15.1H5L.9 11V5L5 .9Zm.8 3.8L4.7 5.8 6.9 8l-2.2 2.2 1.1 1.1L8 9.1l2.2 2.2 1.1-1.1L9.1 8l2.2-2.2-1.1-1.1L8 6.9 5.8 4.7Z"/>',
    "cancelled": '<circle cx="8" cy="8" r="5.8" fill="none" stroke="currentColor" stroke-width="1.7"/><path fill="none" stroke="currentColor" stroke-width="1.7" d="m4 12 8-8"/>',
}  # fmt: skip


class Command(BaseCommand):
    help = "Build the icon sprite from a folder of @tabler/icons outlines."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("outlines", type=Path)

    def handle(self, *args: Any, outlines: Path, **options: Any) -> None:
        symbols = [
            f'<symbol id="i-{name}" viewBox="0 0 24 24">{strokes(outlines / f"{name}.svg")}</symbol>' for name in ICONS
        ]
        symbols += [f'<symbol id="st-{name}" viewBox="0 0 16 16">{body}</symbol>' for name, body in SHAPES.items()]
        target = Path(settings.BASE_DIR) / "static/console/icons.svg"
        target.write_text('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n")
        self.stdout.write(f"{len(symbols)} symbols, {target.stat().st_size:,} bytes")


def strokes(outline: Path) -> str:
    parts = re.findall(r"<(?:path|circle|line|rect)[^>]*/>", outline.read_text())
    return "".join(part for part in parts if 'stroke="none"' not in part)
