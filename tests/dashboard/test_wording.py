from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils.translation import override

from dashboard import graphics, wording
from queueing.domain.states import JobState

NOW = datetime(2026, 11, 24, 9, 42, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"), (0, "0 ms"), (0.0004, "0.4 ms"), (0.341, "341 ms"), (0.9996, "1.0 s"), (10, "10.0 s"),
        (59.96, "1 m 0 s"),
        (108, "1 m 48 s"), (3599.6, "1 h 0 m"), (8220, "2 h 17 m"), (273_600, "3 d 4 h"), (-1, "0 ms"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "—"), (0, "0 B"), (612, "612 B"), (1100, "1.1 kB"), (999_600, "1.0 MB"), (1_800_000_000, "1.8 GB")],
)
def test_sizes(count: int | None, text: str) -> None:
    assert wording.size(count) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "—"), (1482906, "1,482,906"), (98.24, "98.2"), (0, "0"), (1234.5, "1,234")]
)
def test_numbers(value: float | None, text: str) -> None:
    assert wording.number(value) == text


def test_over_a_million_is_short_on_tiles_only() -> None:
    assert wording.short(1_482_906) == "1.48 M"
    assert wording.short(8_412) == "8,412"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "now"), (-0.4, "now"), (4, "4 s ago"), (-14, "in 14 s"), (65, "1 min ago"), (90_000, "25 h ago"),
        (-172_800, "in 2 d"),
    ],
)  # fmt: skip
def test_ages(seconds: float, text: str) -> None:
    assert wording.relative(NOW - timedelta(seconds=seconds), NOW) == text


def render(source: str, **context: object) -> str:
    return Template("{% load console %}" + source).render(Context(context))


def test_a_time_carries_its_instant_and_its_absolute_form() -> None:
    out = render("{% when at 'clock' %}", at=NOW)
    assert 'datetime="2026-11-24T09:42:18.000+00:00"' in out
    assert 'title="24 Nov 2026, 09:42:18 UTC"' in out
    assert ">09:42:18</time>" in out


def test_a_german_date_has_its_dots() -> None:
    with override("de"):
        out = render("{% when at 'date' %}", at=NOW)
        assert 'title="24. Nov. 2026, 09:42:18 UTC"' in out
        assert ">24. Nov. 2026, 09:42</time>" in out
        assert wording.day(NOW - timedelta(days=250)) == "19. März"
        assert wording.weekday(NOW) == "Di, 24. Nov. 2026"
    assert wording.weekday(NOW) == "Tue 24 Nov 2026"


def test_no_time_is_a_dash() -> None:
    assert render("{% when at %}", at=None) == "—"


@pytest.mark.parametrize("state", list(JobState))
def test_a_state_is_a_shape_and_a_word(state: JobState) -> None:
    out = render("{% state state %}", state=state)
    assert f'class="state {state}"' in out
    assert f"#st-{state}" in out
    assert f"{state.capitalize()}</span>" in out


def test_tags_escape_what_they_are_given() -> None:
    hostile = '"><script>alert(1)</script>'
    out = render("{% state 'failed' hostile %}{% icon hostile %}{% spark v hostile %}{% split p hostile %}",
                 hostile=hostile, v=[1], p=[(hostile, 1)])  # fmt: skip
    assert "<script" not in out


@pytest.mark.parametrize("values", [[], [0], [0, 0, 0], [5], [1, 2, 3]])
def test_graphics_draw_whatever_there_is(values: list[float]) -> None:
    assert "nan" not in graphics.spark(values) + graphics.bars(values) + graphics.split(
        [("ok", v) for v in values], "x"
    )


def test_slots_beyond_the_limit_are_seen() -> None:
    out = graphics.slots(4, 2)
    assert out.count('class="over"') == 2
    assert 'aria-label="4 of 2 slots busy"' in out
    assert graphics.slots(500, 1000).count("<rect") == 40


@pytest.mark.parametrize(
    ("said", "german"),
    [
        (lambda: wording.number(1482906), "1.482.906"),
        (lambda: wording.number(2.5), "2,5"),
        (lambda: wording.short(1.48e6), "1,48 M"),
        (lambda: wording.size(1100), "1,1 kB"),
        (lambda: wording.duration(10), "10,0 s"),
        (lambda: wording.relative(NOW - timedelta(minutes=2), NOW), "vor 2 min"),
    ],
)
def test_figures_are_written_as_the_language_writes_them(said: Callable[[], str], german: str) -> None:
    english = said()
    with override("de"):
        assert said() == german != english
    with override("fr"):  # read in English, and so are its figures
        assert said() == english
