"""What templates of the console are built from: ``{% load console %}``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import msgspec
from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from dashboard import actwords, enginewords, graphics, jsonview, statewords, wording
from dashboard.stencils import stencil
from queueing.domain.states import JobState

register = template.Library()

register.simple_tag(graphics.spark)
register.simple_tag(graphics.bars)
register.simple_tag(graphics.slots)
register.simple_tag(graphics.split)
register.simple_tag(wording.duration)
register.filter("duration", wording.duration)
register.filter("number", wording.number)
register.filter("short", wording.short)
register.filter("size", wording.size)
register.filter("said", enginewords.said)
register.filter("visible", lambda value: wording.visible(str(value)))


@cache
def sprite() -> str:
    return static("console/icons.svg")


@register.simple_tag
@lru_cache(1024)
def icon(name: str, classes: str = "") -> SafeString:
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', f"icon {classes}".strip(), sprite(), name
    )


@register.simple_tag
def shape(state: JobState | str, classes: str = "st") -> SafeString:
    """A state's silhouette, with its word for those who do not see it."""
    return _shape(str(state), classes, get_language())


@lru_cache(1024)
def _shape(word: str, classes: str, language: str | None) -> SafeString:
    return format_html(
        '<svg class="{} {}" viewBox="0 0 16 16" aria-hidden="true"><use href="{}#st-{}"/></svg>'
        '<span class="vh">{}</span>',
        classes, word, sprite(), word, statewords.label(word),
    )  # fmt: skip


@register.simple_tag
def state(state: JobState | str, label: str = "", soft: bool = False) -> SafeString:
    """A state as silhouette and word. ``soft``: on its own tint, beside a title."""
    return _state(str(state), label, soft, get_language())


@lru_cache(1024)
def _state(word: str, label: str, soft: bool, language: str | None) -> SafeString:
    return format_html(
        '<span class="{}" title="{}"><svg viewBox="0 0 16 16" aria-hidden="true"><use href="{}#st-{}"/></svg>{}</span>',
        f"state {word} soft" if soft else f"state {word}",
        statewords.gloss(word), sprite(), word, label or statewords.label(word),
    )  # fmt: skip


register.filter("state_word", statewords.word)
register.filter("state_label", statewords.label)
register.filter("state_gloss", statewords.gloss)
register.filter("worker_state", statewords.of_worker)
register.filter("operation_state", statewords.of_operation)
register.filter("act_word", actwords.word)
register.filter("act_label", actwords.label)
register.filter("result_word", actwords.result)


@register.simple_tag
def when(at: datetime | None, form: str = "relative") -> SafeString | str:
    """A time that ticks: ``relative`` (2 min ago, in 4 s), ``bare`` (2 min), ``elapsed`` (the 4.6 s since then),
    ``clock`` (10:42:18), ``exact`` (10:42:18.402), ``date`` (24 Nov 2026, 10:42), ``stamp`` (10:42:18 today, else
    23 Nov, 10:42). Scripts put it into the viewer's zone; without them it is in the server's, whose name stands in the
    title."""
    if at is None:
        return wording.NOTHING
    local = timezone.localtime(at)
    match form:
        case "relative":
            text = wording.relative(at, timezone.now())
        case "bare":
            text = wording.age((timezone.now() - at).total_seconds())
        case "elapsed":
            text = wording.duration((timezone.now() - at).total_seconds())
        case "clock":
            text = f"{local:%H:%M:%S}"
        case "exact":
            text = f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"
        case "date":
            text = f"{wording.date(local)}, {local:%H:%M}"
        case "stamp" if local.date() == timezone.localdate():
            text = f"{local:%H:%M:%S}"
        case "stamp" if local.year == timezone.localdate().year:
            text = f"{wording.day(local)}, {local:%H:%M}"
        case "stamp":
            text = wording.date(local)
        case _:
            raise template.TemplateSyntaxError(f"when: there is no form {form!r}")
    title = f"{wording.date(local)}, {local:%H:%M:%S %Z}"
    return format_html(
        '<time datetime="{}" title="{}" data-when="{}">{}</time>', at.isoformat("T", "milliseconds"), title, form, text
    )


@register.simple_tag
def choices(found: Iterable[tuple[str, str, bool]]) -> SafeString:
    """The lines of a menu of names, each with its URL and whether it is chosen: there may be hundreds."""
    line = {is_it: stencil("dashboard/jobs/_choice.html", "name", "url", chosen=is_it) for is_it in (False, True)}
    return SafeString(
        "".join(
            line[bool(chosen)].fill({"name": wording.visible(str(name)), "url": url}) for name, url, chosen in found
        )
    )


@register.simple_tag
def options(key: str, found: Iterable[tuple[str, str, bool]]) -> SafeString:
    """What a box of words suggests of them: ``queue:<name>``."""
    line = stencil("dashboard/jobs/_option.html", "word")
    return SafeString("".join(line.fill({"word": f"{key}:{name}"}) for name, *_ in found))


@register.filter
def first_word(text: str) -> str:
    return text.partition(" ")[0]


@register.filter
def tail(job_id: str) -> str:
    """The end of an id: the heads of ids made together are alike."""
    return job_id[-8:]


@register.filter
def initials(name: str) -> str:
    words = name.replace(".", " ").replace("_", " ").replace("-", " ").split()
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.filter
def term_keys(terms: Iterable[Any]) -> SafeString:
    """The qualifiers of terms, in bold, for a sentence about them."""
    return format_html_join(", ", "<b>{}</b>", ((wording.visible(term.key),) for term in terms))


@register.filter
def figure(typed: Any) -> int:
    """What a field holds, as a number that decides between one and many."""
    text = str(typed)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@register.filter
def highlight(text: str, words: str) -> SafeString | str:
    """The first place in ``text`` where ``words`` stand, marked."""
    at = text.lower().find(words.lower()) if words else -1
    if at < 0:
        return text
    end = at + len(words)
    return format_html("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])


@register.filter
def lookup(mapping: Mapping[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.filter
def params(value: Any, name: str) -> dict[str, Any]:
    """Parameters of a live view that has one: ``{% live "job" params=job.id|params:"id" %}``."""
    return {name: value}


TONES = {"success": "ok", "warning": "warn", "error": "error", "info": "info", "debug": "info"}
TONE_ICONS = {"success": "circle-check", "warning": "alert-triangle", "error": "alert-circle"}


@register.filter
def tone(level: str) -> str:
    return TONES.get(level, "info")


@register.filter
def tone_icon(level: str) -> str:
    return TONE_ICONS.get(level, "info-circle")


@register.inclusion_tag("dashboard/_json.html")
def json_block(
    source: Any, label: str = "JSON", reveal: bool = False, all_url: str = "", whole: bool = False
) -> dict[str, Any]:
    """JSON text (or a value) for reading. A long one is cut; the link to ``all_url`` leads to it ``whole``."""
    text = source if isinstance(source, bytes | str) else msgspec.json.encode(source)
    shown = jsonview.show(text, reveal=reveal, limit=None if whole else jsonview.CUT)
    return {"shown": shown, "label": label, "all_url": all_url}
