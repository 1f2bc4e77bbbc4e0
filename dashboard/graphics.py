"""Small graphics as SVG attributes: a style attribute would need a hole in the content security policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

Values = Sequence[float]
SPARK_WIDTH, BARS_WIDTH, HEIGHT = 96, 120, 24


def spark(values: Values, classes: str = "") -> SafeString:
    """A line over time, oldest first. Always beside its figure, so it has no text of its own."""
    w, h = SPARK_WIDTH, HEIGHT
    top, last = max(values, default=0) or 1, max(len(values) - 1, 1)
    points = " ".join(f"{i * w / last:.1f},{h - 1 - v / top * (h - 3):.1f}" for i, v in enumerate(values))
    return format_html(
        '<svg class="spark {}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<polyline class="area" points="0,{} {} {},{}"/><polyline points="{}"/></svg>',
        classes, w, h, h, points, w, h, points,
    )  # fmt: skip


def bars(values: Values, classes: str = "", mark: int | None = None, hot: int = 0) -> SafeString:
    """A bar an interval, oldest first; an empty one is drawn as a dim line. ``mark``: a line before that bar.
    ``hot``: so many of the last bars are what the alarm is about."""
    w, h = BARS_WIDTH, HEIGHT
    top, step = max(values, default=0) or 1, w / max(len(values), 1)
    rects = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"{}/>',
        (
            (
                f"{i * step + 0.5:.1f}",
                f"{h - tall:.1f}",
                f"{step - 1:.1f}",
                f"{tall:.1f}",
                _kind(v, i >= len(values) - hot),
            )
            for i, v in enumerate(values)
            for tall in [max(1, v / top * h)]
        ),
    )
    x = None if mark is None else f"{mark * step:.1f}"
    line = format_html('<line x1="{}" x2="{}" y1="-2" y2="{}"/>', x, x, h) if x is not None else ""
    return format_html(
        '<svg class="spark {}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}{}</svg>',
        classes, w, h, rects, line,
    )  # fmt: skip


def _kind(value: float, hot: bool) -> SafeString | str:
    return DIM if not value else HOT if hot else ""


DIM, HOT = SafeString(' class="dim"'), SafeString(' class="failed"')
SLOTS_DRAWN = 40


def slots(busy: int, total: int) -> SafeString:
    """A cell a slot; those beyond ``total`` (concurrency was lowered while jobs ran) are drawn as over."""
    count = min(max(busy, total), SLOTS_DRAWN)
    scale = 1 if max(busy, total) <= SLOTS_DRAWN else SLOTS_DRAWN / max(busy, total)
    on, limit = round(busy * scale), round(total * scale)
    cells = format_html_join(
        "",
        '<rect x="{}" width="7" height="10" rx="1.5" class="{}"/>',
        ((i * 9, ("over" if i >= limit else "on") if i < on else "free") for i in range(count)),
    )
    return format_html(
        '<svg class="slots" width="{}" height="10" role="img" aria-label="{}">{}</svg>',
        max(count * 9 - 2, 0), _("%(busy)s of %(total)s slots busy") % {"busy": busy, "total": total}, cells,
    )  # fmt: skip


def split(parts: Iterable[tuple[str, float]], label: str) -> SafeString:
    """One bar shared by several amounts: (class, amount) each."""
    amounts = [(classes, amount) for classes, amount in parts if amount > 0]
    total, x, rects = sum(amount for _classes, amount in amounts) or 1, 0.0, []
    for classes, amount in amounts:
        rects.append((classes, f"{x / total * 100:.2f}%", f"{amount / total * 100:.2f}%"))
        x += amount
    body = format_html_join("", '<rect class="{}" x="{}" width="{}" height="100%"/>', rects)
    return format_html('<svg class="split" role="img" aria-label="{}">{}</svg>', label, body)
