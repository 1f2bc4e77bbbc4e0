"""Acks in few frames, and what a broker makes of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands as spec
from pamqp.frame import unmarshal

from queueing.adapters.rabbitmq.settlements import Settlements

CHANNEL = 7


def said(settlements: Settlements) -> list[tuple[str, int, bool]]:
    """As pamqp reads it: what, of which tag, and whether of all below."""
    data, found = settlements.frames(), list[tuple[str, int, bool]]()
    while data:
        consumed, channel, frame = unmarshal(data)
        assert channel == CHANNEL
        if isinstance(frame, spec.Basic.Ack):
            found.append(("ack", frame.delivery_tag or 0, frame.multiple))
        else:
            assert isinstance(frame, spec.Basic.Nack)
            assert frame.requeue
            found.append(("release", frame.delivery_tag or 0, frame.multiple))
        data = data[consumed:]
    return found


def given_acks(*tags: int, released: tuple[int, ...] = ()) -> Settlements:
    made = Settlements(CHANNEL)
    for tag in tags:
        made.ack(tag)
    for tag in released:
        made.release(tag)
    return made


def test_the_head_of_the_line_is_one_frame_and_what_is_ahead_of_it_single():
    assert said(given_acks(2, 1, 3, 7, 5)) == [("ack", 3, True), ("ack", 5, False), ("ack", 7, False)]


def test_a_single_ack_covers_no_other():
    assert said(given_acks(1)) == [("ack", 1, False)]
    assert said(given_acks(2)) == [("ack", 2, False)]


def test_releases_come_in_their_order_and_before_the_ack_that_lies_above_them():
    assert said(given_acks(1, 4, 3, released=(5, 2))) == [
        ("release", 5, False),
        ("release", 2, False),
        ("ack", 4, True),
    ]


def test_nothing_is_said_twice():
    settlements = given_acks(1, 3)
    assert said(settlements) == [("ack", 1, False), ("ack", 3, False)]
    assert not settlements
    assert said(settlements) == []
    settlements.ack(2)
    settlements.ack(4)
    assert said(settlements) == [("ack", 4, True)]


def test_cleared_it_says_nothing():
    settlements = given_acks(1, 2, released=(3,))
    settlements.clear()
    assert not settlements
    assert said(settlements) == []


@given(st.permutations(range(1, 25)), st.sets(st.integers(1, 24)), st.sets(st.integers(1, 24)))
def test_in_any_order_a_broker_hears_of_each_tag_once_and_of_none_that_is_not_settled(
    order: list[int], released: set[int], written_after: set[int]
):
    settlements, unsettled = Settlements(CHANNEL), set(order)
    settled: dict[str, set[int]] = {"ack": set(), "release": set()}
    meant: dict[str, set[int]] = {"ack": set(), "release": set()}
    for tag in order:
        kind = "release" if tag in released else "ack"
        meant[kind].add(tag)
        (settlements.release if tag in released else settlements.ack)(tag)
        if tag in written_after or tag == order[-1]:
            for told, upto, multiple in said(settlements):
                # A broker closes the channel for a tag that is not unsettled.
                assert upto in unsettled
                covered = {other for other in unsettled if other <= upto} if multiple else {upto}
                settled[told] |= covered
                unsettled -= covered
            assert settled == meant
    assert unsettled == set()
