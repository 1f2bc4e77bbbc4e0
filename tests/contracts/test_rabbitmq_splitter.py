"""What is taken out of a stream of AMQP frames, against pamqp's encoder, wherever the stream is cut."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp import commands as spec
from pamqp.body import ContentBody
from pamqp.frame import marshal
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from queueing.adapters.rabbitmq.splitter import Closed, Confirmed, Delivered, Returned, Splitter, Taken

OURS, CONFIRMS, FOREIGN = 1, 2, 3
TAGS = (b"ours", b"ours too", b"")
Said: TypeAlias = tuple[list[bytes], Taken | None]
"""The frames of one utterance on a channel, and what is to be taken of it; None: all of it passes."""


def splitter() -> Splitter:
    made = Splitter()
    made.consumers[OURS] = set(TAGS)
    made.confirming.add(CONFIRMS)
    return made


def content(method: Any, body: bytes, channel: int, room: int) -> list[bytes]:
    properties = spec.Basic.Properties(message_id="m-1", headers={"leveret-epoch": 3, "ä": "ö"})
    header = marshal(ContentHeader(body_size=len(body), properties=properties), channel)
    bodies = [marshal(ContentBody(body[at : at + room]), channel) for at in range(0, len(body), room)]
    return [marshal(method, channel), header, *bodies]


def deliver(tag: int, body: bytes = b"body", *, channel: int = OURS, consumer: bytes = b"ours", room: int = 7) -> Said:
    method = spec.Basic.Deliver(consumer.decode(), tag, bool(tag % 2), "an exchange", "a key")
    frames = content(method, body, channel, room)
    if channel != OURS or consumer not in TAGS:
        return frames, None
    return frames, Delivered(OURS, consumer, tag, bool(tag % 2), frames[1][7:-1], body)


def returned(body: bytes, *, channel: int = CONFIRMS, room: int = 7) -> Said:
    frames = content(spec.Basic.Return(312, "NO_ROUTE", "", "a key"), body, channel, room)
    return frames, Returned(CONFIRMS, frames[1][7:-1]) if channel == CONFIRMS else None


def answer(tag: int, *, multiple: bool, refused: bool, channel: int = CONFIRMS) -> Said:
    method = spec.Basic.Nack(tag, multiple) if refused else spec.Basic.Ack(tag, multiple)
    taken = Confirmed(CONFIRMS, tag, multiple, refused) if channel == CONFIRMS else None
    return [marshal(method, channel)], taken


def closing(channel: int) -> Said:
    return [marshal(spec.Channel.Close(404, "NOT_FOUND", 0, 0), channel)], Closed(channel)


bodies = st.binary(max_size=20) | st.just(b"\xce" * 9) | st.just(marshal(spec.Basic.Ack(1), CONFIRMS))
numbers = st.integers(0, 2**63 - 1)
rooms = st.integers(3, 30)
of_ours = (
    st.builds(deliver, numbers, bodies, consumer=st.sampled_from([*TAGS, b"theirs"]), room=rooms)
    | st.builds(returned, bodies, channel=st.just(OURS), room=rooms)
    | st.builds(answer, numbers, multiple=st.booleans(), refused=st.booleans(), channel=st.just(OURS))
)
of_confirms = (
    st.builds(returned, bodies, room=rooms)
    | st.builds(answer, numbers, multiple=st.booleans(), refused=st.booleans())
    | st.builds(deliver, numbers, bodies, channel=st.just(CONFIRMS), room=rooms)
)
of_others = (
    st.builds(deliver, numbers, bodies, channel=st.just(FOREIGN), room=rooms)
    | st.builds(answer, numbers, multiple=st.booleans(), refused=st.booleans(), channel=st.just(FOREIGN))
    | st.just(([marshal(spec.Queue.DeclareOk("q", 3, 1), FOREIGN)], None))
    | st.just(([marshal(spec.Basic.Cancel("ours"), FOREIGN)], None))
)
of_the_connection = st.just(([marshal(Heartbeat(), 0)], None))


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[bytes], list[Taken], bytes]:
    """Frames of four channels, interleaved; what is to be taken, in the order of completion; and what is to pass."""
    lines: dict[int, list[tuple[bytes, Taken | None, bool]]] = {}
    for channel, said in ((OURS, of_ours), (CONFIRMS, of_confirms), (FOREIGN, of_others), (0, of_the_connection)):
        utterances: list[Said] = draw(st.lists(said, max_size=4))
        lines[channel] = [
            (frame, taken if frame is frames[-1] else None, taken is None)
            for frames, taken in utterances
            for frame in frames
        ]
    frames, taken, passed = list[bytes](), list[Taken](), b""
    while waiting := [channel for channel, line in lines.items() if line]:
        frame, whole, passes = lines[draw(st.sampled_from(waiting))].pop(0)
        frames.append(frame)
        taken += [whole] if whole is not None else []
        passed += frame if passes else b""
    return frames, taken, passed


def split(pieces: Iterable[bytes], by: Splitter | None = None) -> tuple[bytes, list[Taken]]:
    by, passed, taken = by or splitter(), b"", list[Taken]()
    for piece in pieces:
        more, found = by.feed(piece)
        passed += more
        taken += found
    return passed, taken


@settings(deadline=None, max_examples=50)
@given(streams())
def test_at_every_split_the_same_is_taken_and_the_rest_passes_in_order(
    stream: tuple[list[bytes], list[Taken], bytes],
):
    frames, taken, passed = stream
    whole = b"".join(frames)
    for at in range(len(whole) + 1):
        assert split((whole[:at], whole[at:])) == (passed, taken)


@given(streams(), st.data())
def test_in_any_pieces_the_same_is_taken_and_nothing_is_left_over(
    stream: tuple[list[bytes], list[Taken], bytes], data: st.DataObject
):
    frames, taken, passed = stream
    whole = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=20)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    by = splitter()
    assert split(pieces, by) == (passed, taken)
    assert by.flush() == b""
    assert split(whole[at : at + 1] for at in range(len(whole))) == (passed, taken)


@given(streams(), st.integers(min_value=0), st.integers(1, 255))
def test_of_a_damaged_stream_no_byte_is_made_up_and_none_is_read_twice(
    stream: tuple[list[bytes], list[Taken], bytes], where: int, change: int
):
    whole = bytearray(b"".join(stream[0]))
    if whole:
        whole[where % len(whole)] ^= change
    by = splitter()
    passed, taken = split([bytes(whole)], by)
    rest = passed + by.flush()
    assert len(rest) + sum(len(_weight(each)) for each in taken) <= len(whole)
    if not taken:
        assert sorted(rest) == sorted(whole)


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_what_is_no_amqp_goes_to_the_driver_as_it_came(pieces: list[bytes]):
    by = splitter()
    passed, taken = split(pieces, by)
    assert taken == []
    assert passed + by.flush() == b"".join(pieces)


def _weight(taken: Taken) -> bytes:
    """At least so much of the stream is in it."""
    match taken:
        case Delivered():
            return taken.consumer + taken.header + taken.body
        case Returned():
            return taken.header
        case _:
            return b""


# What ends the taking


def test_after_its_channel_was_closed_nothing_of_that_number_is_taken():
    first, late = deliver(1), deliver(2)
    close, taken = closing(OURS)
    passed, found = split([b"".join([*first[0], *close, *late[0]])])
    assert found == [first[1], taken]
    assert passed == b"".join([*close, *late[0]])


def test_our_own_close_is_seen_when_it_is_answered_and_the_number_can_be_used_again():
    by, answered = splitter(), marshal(spec.Channel.CloseOk(), CONFIRMS)
    assert by.feed(answered) == (answered, [Closed(CONFIRMS)])
    by.confirming.add(CONFIRMS)
    frames, taken = answer(1, multiple=False, refused=False)
    assert by.feed(frames[0]) == (b"", [taken])


def test_a_consumer_that_was_ended_is_left_to_the_driver_and_others_are_not():
    for end in (spec.Basic.Cancel("ours"), spec.Basic.CancelOk("ours")):
        by, cancel = splitter(), marshal(end, OURS)
        assert by.feed(cancel) == (cancel, [])
        mine, other = deliver(1), deliver(2, consumer=b"ours too")
        assert by.feed(b"".join([*mine[0], *other[0]])) == (b"".join(mine[0]), [other[1]])


def test_a_close_amid_a_delivery_is_seen_and_the_driver_sees_what_went_before():
    frames, _ = deliver(1, b"a body of several frames")
    close, closed = closing(OURS)
    assert split([*frames[:3], *close]) == (b"".join([*frames[:3], *close]), [closed])


def test_a_frame_that_does_not_belong_into_a_content_goes_on_with_what_it_broke():
    frames, _ = deliver(1, b"a body of several frames")
    intruder = deliver(2)
    passed, taken = split([*frames[:-1], *intruder[0]])
    assert (passed, taken) == (b"".join(frames[:-1]), [intruder[1]])
    header = frames[1]
    assert split([frames[0], header, header]) == (b"".join([frames[0], header, header]), [])


def test_more_body_than_was_announced_is_left_to_the_driver():
    frames, _ = deliver(1, b"short", room=50)
    swollen = marshal(ContentBody(b"longer than was announced"), OURS)
    assert split([*frames[:2], swollen])[1] == []
    assert split([b"".join([*frames[:2], swollen])])[0] == b"".join([*frames[:2], swollen])


def test_a_delivery_that_is_too_short_for_its_tag_is_left_to_the_driver():
    payload = struct.pack(">IB", 0x003C_003C, 4) + b"ours" + b"\0\0"
    frame = struct.pack(">BHI", 1, OURS, len(payload)) + payload + b"\xce"
    assert split([frame]) == (frame, [])


def test_once_a_frame_does_not_end_as_it_must_everything_passes():
    frames, _ = deliver(1)
    broken = frames[0][:-1] + b"\0"
    after: Sequence[bytes] = deliver(2)[0]
    by = splitter()
    assert split([broken, *after], by) == (b"".join([broken, *after]), [])
    assert by.lost


def test_what_has_come_of_a_frame_when_the_connection_ends_is_given_to_the_driver():
    frames, _ = deliver(1)
    by = splitter()
    assert by.feed(frames[0] + frames[1][:9]) == (b"", [])
    assert by.flush() == frames[0] + frames[1][:9]
    assert by.flush() == b""
