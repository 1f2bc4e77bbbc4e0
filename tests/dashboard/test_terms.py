"""The language of the filter box, and what its terms mean."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from dashboard import qualifiers
from dashboard.jobquery import JobQuery
from dashboard.terms import LONGEST, MOST, Term, read
from queueing.domain.conditions import Argument, Measured, Named, Text
from queueing.domain.states import JobState

KEYS = st.sampled_from(["", "queue", "type", "args.user.id", "args", "error"])
TERMS = st.builds(Term, KEYS, st.text(min_size=1, max_size=12), st.booleans())
TYPED = st.text(st.sampled_from('ab:"\\ -.*>=\t\n/é'), max_size=40) | st.text(max_size=40)


def query(text: str) -> JobQuery:
    return JobQuery().and_also(text)


def terms(text: str) -> list[Term]:
    return [term for _, _, term in read(text)[0]]


def test_terms_are_read_with_quotes_and_a_minus() -> None:
    assert terms('queue:media -error:"no answer" args.a.b:1 "x y" -z') == [
        Term("queue", "media"),
        Term("error", "no answer", True),
        Term("args.a.b", "1"),
        Term("", "x y"),
        Term("", "z", True),
    ]


@given(st.lists(TERMS, max_size=5))
def test_what_is_written_is_read_again(some: list[Term]) -> None:
    assert terms(" ".join(map(str, some))) == some


@given(TYPED)
def test_any_text_is_read_and_every_mistake_points_at_its_word(text: str) -> None:
    found, mistakes = read(text)
    for mistake in mistakes:
        assert text[mistake.start : mistake.end] == mistake.word
        assert mistake.why
    for word, start, _ in found:
        assert text[start : start + len(word)] == word


@given(TYPED)
def test_a_url_that_was_read_is_written_the_same_again(text: str) -> None:
    values = QueryDict(mutable=True)
    values["q"] = text
    once = JobQuery.read(values)
    assert JobQuery.read(QueryDict(once.encoded())) == replace(
        once, mistakes=JobQuery.read(QueryDict(once.encoded())).mistakes
    )
    assert JobQuery.read(QueryDict(once.encoded())).encoded() == once.encoded()


@given(TYPED)
def test_no_text_makes_a_filter_that_breaks(text: str) -> None:
    from datetime import UTC, datetime

    wanted = JobQuery().and_also(text).filter(now=datetime.now(UTC))
    assert len(wanted.where) <= MOST


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("state:sleeping", "there is no such state: choose from scheduled"),
        ("quue:media", "did you mean queue:?"),
        ("http://x", "there is no qualifier http"),
        ("older:2x", "that is no age"),
        ("newer:1e9h", "that is no age"),
        ("-older:2h", "use newer: instead"),
        ("since:soon", "that is no time"),
        ("attempts:>many", "that is no figure"),
        ("ran:>", "that is no figure"),
        ("args..x:1", "the path has a gap"),
        ("args.x:>", "nothing stands after >"),
        ("queue:", "nothing stands after queue:"),
        ('error:"no', "there is no end to what is quoted"),
    ],
)
def test_a_wrong_word_is_left_out_and_told_what_would_be_right(text: str, why: str) -> None:
    found = query(f"queue:media {text}")
    assert found.queues == ("media",)
    [mistake] = found.mistakes
    assert (mistake.word, mistake.start) == (text, 12)
    assert why in mistake.why
    assert found.words == text


def test_simple_terms_become_parameters_and_the_rest_stays_typed() -> None:
    found = query("is:failed queue:a queue:b type:t tag:x tag:y newer:2h older:1h -queue:c args.n:>5 words")
    assert (found.state, found.queues, found.types, found.tag) == (JobState.FAILED, ("a", "b"), ("t",), "x")
    assert (found.within, found.older) == ("2h", "1h")
    assert found.q == "tag:y -queue:c args.n:>5 words"


def test_a_query_has_no_more_terms_than_a_page_can_bear() -> None:
    found = query(" ".join(f"w{n}" for n in range(MOST + 2)))
    assert len(found.more) == MOST
    assert [mistake.why for mistake in found.mistakes] == [f"a filter has {MOST} terms at most"] * 2
    assert len(query("x" * (LONGEST + 50)).q) == LONGEST


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("args.user.id:123", Argument(path=("user", "id"), sign="=", value="123")),
        ("args.n:>=5", Argument(path=("n",), sign=">=", value="5")),
        ("args.v:=>5", Argument(path=("v",), sign="=", value=">5")),
        ("-error:Timeout", Named(field="error", value="Timeout", excluded=True)),
        ("attempts:>3", Measured(field="attempts", sign=">", value=3)),
        ("ran:<1.5s", Measured(field="ran", sign="<", value=1.5)),
        ("waited:2min", Measured(field="waited", sign="=", value=120)),
        ('"a b"', Text(value="a b")),
        ("text:a", Text(value="a")),
    ],
)
def test_a_term_becomes_the_condition_it_says(text: str, condition: object) -> None:
    [term] = query(text).more
    assert qualifiers.condition(term) == condition


def test_chips_say_each_term_and_lead_to_the_list_without_it() -> None:
    found = query("state:failed queue:media -args.x:1")
    assert [(term.text, term.without) for term in found.terms] == [
        ("queue:media", "/jobs?state=failed&q=-args.x%3A1"),
        ("-args.x:1", "/jobs?state=failed&queue=media"),
    ]
