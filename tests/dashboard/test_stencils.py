"""Rows are filled into what a template was rendered to once: what comes out is what the template would have made."""

from __future__ import annotations

import pytest
from django.template import Engine, Template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from dashboard import stencils
from dashboard.jobrows import CELLS, DETAIL, ROW, job_urls
from dashboard.stencils import Stencil, stencil
from queueing.domain.names import is_id
from queueing.domain.states import JobState

HOSTILE = ("<script>alert(1)</script>", "\"' onload=x", "100 %(id)s %s &amp;", "\ue000tail\ue001", "{{ row.id }}")
hostile = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20))


@given(values=st.lists(hostile, min_size=len(DETAIL), max_size=len(DETAIL)), state=st.sampled_from(JobState))
def test_a_filled_stencil_is_what_the_template_makes_of_the_values(values: list[str], state: JobState) -> None:
    row = dict(zip(DETAIL, values, strict=True))
    chosen = {"state": state, "progresses": True, "measured": True, "erred": True, "told": True}
    template = "dashboard/jobs/_detail.html"
    assert stencil(template, *DETAIL, **chosen).fill(row) == render_to_string(template, {"row": row, **chosen})


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("state", JobState)
def test_no_cell_of_a_row_lets_markup_through(state: JobState, value: str) -> None:
    row = dict.fromkeys((*ROW, *CELLS), value)
    chosen = {"state": state, "moved": True, "may_operate": True, "in_state": False, "columns": ()}
    html = stencil("dashboard/jobs/_row.html", *row, **chosen).fill(row)
    assert html == render_to_string("dashboard/jobs/_row.html", {"row": row, **chosen})
    assert "<script" not in html and '" onload' not in html


def test_html_fills_a_gap_as_it_is() -> None:
    assert stencil("dashboard/jobs/_tag.html", "url", "tag").fill({"url": "/", "tag": SafeString("<b>a</b>")}) == (
        '<a class="tag p3" href="/"><b>a</b></a>\n'
    )


def cut(source: str) -> Stencil:
    engine = Engine(libraries={"console": "dashboard.templatetags.console"})
    return stencils.cut(
        Template("{% load console %}" + source, engine=engine), ("name", "longer_than_a_tail"), {"shown": True}
    )


@pytest.mark.parametrize(
    "source",
    [
        "{% if row.name %}a{% endif %}",
        "{% if shown and row.name == 'a' %}a{% endif %}",
        "{{ row.name|default:'a' }}",
        "{{ row.name|length }}",
        "{% firstof row.name 'a' %}",
    ],
)
def test_a_template_that_decides_by_a_gap_is_told_at_once(source: str) -> None:
    with pytest.raises(TypeError):
        cut(source)


def test_a_filter_that_takes_a_gap_apart_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="changed a gap"):
        cut("{{ row.longer_than_a_tail|tail }}")


def test_the_text_around_a_gap_may_hold_anything() -> None:
    assert cut("100 % {{ row.name }} %(name)s").fill({"name": "a%s"}) == "100 % a%s %(name)s"


def test_each_language_has_stencils_of_its_own() -> None:
    chosen = {"state": JobState.QUEUED}
    english, german = ("waits for a worker", "wartet auf einen Worker")
    for language, text in (("en", english), ("de", german), ("en", english)):
        with override(language):
            html = stencil("dashboard/jobs/_detail.html", *DETAIL, **chosen).fill(dict.fromkeys(DETAIL, ""))
            assert text in html


def test_a_stencil_is_cut_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = stencil("dashboard/jobs/_tag.html", "url", "tag")
    monkeypatch.setattr(stencils, "Stencil", None)
    assert stencil("dashboard/jobs/_tag.html", "url", "tag") is first


@given(job_id=st.text(min_size=1, max_size=30).filter(is_id))
def test_the_url_of_a_row_is_that_of_its_job(job_id: str) -> None:
    assert job_urls()(job_id) == reverse("dashboard:job", args=[job_id])
