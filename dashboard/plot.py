"""Charts as SVG, for pages without scripts. With them, ``static/console/charts.js`` draws the same figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboard import wording
from dashboard.language import figure
from dashboard.series import Point

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 600, 150, 52, 20, 8
Value = float | None
Lines = dict[str, Sequence[Value]]
"""By class, which gives the colour."""


def plot(points: Sequence[Point], what: str) -> SafeString:
    """``rates``, ``wait`` or ``run``."""
    if what == "rates":
        lines: Lines = {name: [getattr(p, name) for p in points] for name in ("succeeded", "retried", "failed")}
        lines = {"retrying" if name == "retried" else name: values for name, values in lines.items()}
        top = max((value or 0 for values in lines.values() for value in values), default=0) or 1
        return _svg(points, lines, [(0, "0"), (top, figure(f"{top:.3g}"))], lambda value: value / top)
    lines = {name: [getattr(p, what)[name] for p in points] for name in ("p50", "p95", "p99")}
    known = [value for values in lines.values() for value in values if value]
    low = math.floor(math.log10(min(known, default=0.01)))
    high = max(low + 1, math.ceil(math.log10(max(known, default=1))))
    marks = [(10.0**power, wording.duration(10.0**power)) for power in range(low, high + 1)]
    return _svg(points, lines, marks, lambda value: (math.log10(max(value, 10.0**low)) - low) / (high - low))


def _svg(
    points: Sequence[Point], lines: Lines, marks: Sequence[tuple[float, str]], share: Callable[[float], float]
) -> SafeString:
    def y(value: float) -> str:
        return f"{HEIGHT - BOTTOM - share(value) * (HEIGHT - BOTTOM - TOP):.1f}"

    grid = format_html_join(
        "",
        '<line x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" dy="4" text-anchor="end">{}</text>',
        ((LEFT, WIDTH, y(value), y(value), LEFT - 8, y(value), label) for value, label in marks),
    )
    drawn = format_html_join(
        "",
        '<polyline class="{}" points="{}"/>',
        ((name, " ".join(stretch)) for name, values in lines.items() for stretch in _stretches(values, y)),
    )
    ends = format_html(
        '<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>',
        LEFT, HEIGHT - 4, _clock(points[0]), WIDTH, HEIGHT - 4, _clock(points[-1]),
    ) if points else ""  # fmt: skip
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>',
        WIDTH, HEIGHT, _("The figures below as lines over time"), grid, drawn, ends,
    )  # fmt: skip


def _stretches(values: Sequence[Value], y: Callable[[float], str]) -> Iterator[list[str]]:
    """A line ends where nothing is known, and begins again behind it."""
    step, stretch = (WIDTH - LEFT) / max(1, len(values) - 1), list[str]()
    for at, value in enumerate(values):
        if value is not None:
            stretch.append(f"{LEFT + at * step:.1f},{y(value)}")
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _clock(point: Point) -> str:
    at = timezone.localtime(point.at)
    return f"{at:%H:%M}" if (point.until - point.at).total_seconds() < 3600 else f"{wording.day(at)} {at:%H:%M}"
