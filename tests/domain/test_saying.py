from __future__ import annotations

import copy
import pickle

from queueing.domain.saying import Figure, Said, both, foreign, listed, number, said_by, say, say_in, say_many, together
from queueing.errors import StoreUnavailable


def test_a_sentence_is_english_text() -> None:
    said = say("%(queue)s is paused by %(who)s", queue="media", who="100 % me")
    assert said == "media is paused by 100 % me"


def test_a_count_chooses_the_form_and_is_written_as_a_figure() -> None:
    one, many = (say_many("%(number)s job", "%(number)s jobs", count) for count in (1, 3812))
    assert (one, many) == ("1 job", "3,812 jobs")
    assert isinstance(many.values["number"], Figure)


def test_sentences_hold_sentences() -> None:
    states = both([say_in("state of a worker", "quiet"), say("gone"), say("stopping")])
    assert states == "quiet and gone and stopping"
    assert together(say("It waits."), listed("a", number(2000))) == "It waits. a, 2,000"


def test_an_error_remembers_what_it_says_and_its_text_is_plain() -> None:
    error = StoreUnavailable(say("Redis at %(server)s is away.", server="cache:6379"))
    assert type(str(error)) is str, "it goes into records"
    detail = said_by(error)
    assert isinstance(detail, Said)
    rest = detail.after("Redis")
    assert (rest, rest.values, rest.subject) == ("at cache:6379 is away.", {"server": "cache:6379"}, "Redis")


def test_what_others_say_stays_what_it_is() -> None:
    assert foreign("50 % of %(nothing)s") == "50 % of %(nothing)s"
    said = say("It waits.")
    assert foreign(said) is said


def test_elsewhere_it_is_plain_english() -> None:
    for moved in (copy.deepcopy(say("It %(what)s.", what="waits")), pickle.loads(pickle.dumps(say("It waits.")))):  # noqa: S301
        assert type(moved) is str
        assert moved == "It waits."
