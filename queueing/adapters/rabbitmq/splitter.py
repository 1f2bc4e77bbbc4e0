"""Takes our deliveries and confirms out of a connection's bytes, and leaves the rest as it came.

Through aiormq each message is three frames, nine reads, two queues and a task of its own, some 120 µs; here it is one
step over bytes that have arrived together. All that is rare (the handshake, channels, topology, heartbeats, an end)
stays aiormq's: it sees whole frames, in their order.
"""

from __future__ import annotations

import struct
from typing import Final, TypeAlias

import msgspec

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
KINDS: Final = frozenset((METHOD, HEADER, BODY, HEARTBEAT))
END: Final = 0xCE
FRAME: Final = struct.Struct(">BHI")
"""Kind, channel, and bytes of the payload, which an end octet follows."""
OVERHEAD: Final = 8
LONG, LONGLONG = struct.Struct(">I"), struct.Struct(">Q")

CHANNEL_CLOSE, CHANNEL_CLOSE_OK = 0x0014_0028, 0x0014_0029
CANCEL, CANCEL_OK = 0x003C_001E, 0x003C_001F
RETURN, DELIVER, ACK, NACK = 0x003C_0032, 0x003C_003C, 0x003C_0050, 0x003C_0078
"""Class and method, as the first four bytes of a method's payload."""
FIXED_HEADER: Final = 14
"""Bytes of a content header without its properties: class, weight, body size, flags."""
LEAST_DELIVER: Final = OVERHEAD + 4 + 1 + 8 + 1 + 1 + 1
"""Bytes of a Deliver's frame whose names are all empty."""


class Delivered(msgspec.Struct, gc=False):
    channel: int
    consumer: bytes
    tag: int
    redelivered: bool
    header: bytes
    """The payload of the content header."""
    body: bytes


class Returned(msgspec.Struct, gc=False):
    channel: int
    header: bytes


class Confirmed(msgspec.Struct, gc=False):
    channel: int
    tag: int
    multiple: bool
    refused: bool


class Closed(msgspec.Struct, gc=False):
    """The channel is at its end; of its number nothing is taken any more until somebody asks anew."""

    channel: int


Taken: TypeAlias = Delivered | Returned | Confirmed | Closed


class _Content(msgspec.Struct):
    """A delivery or return whose frames come in several reads, or between those of other channels."""

    frames: list[bytes]
    lacking: int | None = None
    """Bytes of the body that are still to come; None: so is the header."""

    def add(self, frame: bytes) -> bool:
        """Whether the frame is its next. What else comes on a channel amid a content is against the protocol."""
        if frame[0] == HEADER and self.lacking is None and len(frame) >= OVERHEAD + FIXED_HEADER:
            self.lacking = LONGLONG.unpack_from(frame, 11)[0]
        elif frame[0] == BODY and self.lacking and len(frame) - OVERHEAD <= self.lacking:
            self.lacking -= len(frame) - OVERHEAD
        else:
            return False
        self.frames.append(frame)
        return True

    def taken(self, channel: int) -> Delivered | Returned:
        method, header, *bodies = self.frames
        return _content(method, 0, channel, header[7:-1], b"".join([frame[7:-1] for frame in bodies]))


class Splitter:
    """``consumers`` holds the consumer tags whose deliveries are taken, and ``confirming`` the channels whose confirms
    and returns are; both by channel number."""

    def __init__(self) -> None:
        self.consumers: dict[int, set[bytes]] = {}
        self.confirming: set[int] = set()
        self.lost = False
        """What came is no AMQP. aiormq is to say so: it gets all of it."""
        self._held: list[bytes] = []
        self._have, self._need = 0, 0
        self._begun: dict[int, _Content] = {}

    def feed(self, data: bytes) -> tuple[bytes, list[Taken]]:
        """What others are to see of ``data`` and of what was held back: whole frames; and what was taken, in order."""
        if self.lost:
            return data, []
        if self._held:
            self._held.append(data)
            self._have += len(data)
            if self._have < self._need:
                return b"", []
            data = b"".join(self._held)
            self._held.clear()
        passed: list[bytes] = []
        taken: list[Taken] = []
        self._hold(data, self._split(data, passed, taken))
        return b"".join(passed), taken

    def flush(self) -> bytes:
        """What is held back of contents and frames that are not whole: no more of them is to come."""
        contents = [frame for content in self._begun.values() for frame in content.frames]
        rest = b"".join([*contents, *self._held])
        self._begun.clear()
        self._held.clear()
        return rest

    def _hold(self, data: bytes, start: int) -> None:
        if (rest := len(data) - start) > 0:
            self._held.append(data[start:])
            self._have = rest
            self._need = OVERHEAD + FRAME.unpack_from(data, start)[2] if rest >= FRAME.size else OVERHEAD

    def _split(self, data: bytes, passed: list[bytes], taken: list[Taken]) -> int:
        """How far it came: to the end, or to a frame that is not whole."""
        start, size = 0, len(data)
        while size - start >= FRAME.size:
            kind, channel, length = FRAME.unpack_from(data, start)
            end = start + OVERHEAD + length
            if kind in KINDS and end > size:
                break
            if kind not in KINDS or data[end - 1] != END:
                passed += (self.flush(), data[start:])
                self.lost = True
                return size
            if channel in self._begun:
                self._go_on(channel, data[start:end], passed, taken)
            elif kind == METHOD and (channel in self.consumers or channel in self.confirming):
                end = self._method(data, start, end, channel, passed, taken)
            else:
                passed.append(data[start:end])
            start = end
        return start

    def _method(self, data: bytes, start: int, end: int, channel: int, passed: list[bytes], taken: list[Taken]) -> int:
        """Take a method's frame, and with a delivery its content; or let it pass. Answers where it ends."""
        method = LONG.unpack_from(data, start + 7)[0] if end - start >= OVERHEAD + 4 else 0
        if method == DELIVER:
            consumer = _consumer(data, start, end)
            if consumer in self.consumers.get(channel, ()) and end - start >= LEAST_DELIVER + len(consumer):
                if (whole := _whole(data, start, end, channel, taken)) is not None:
                    return whole
                self._begun[channel] = _Content([data[start:end]])
                return end
        elif method in (ACK, NACK) and channel in self.confirming and end - start == OVERHEAD + 13:
            tag = LONGLONG.unpack_from(data, start + 11)[0]
            taken.append(Confirmed(channel, tag, bool(data[start + 19] & 1), method == NACK))
            return end
        elif method == RETURN and channel in self.confirming:
            self._begun[channel] = _Content([data[start:end]])
            return end
        elif method in (CANCEL, CANCEL_OK) and channel in self.consumers:
            # No more is to come for it. What came goes on being settled.
            self.consumers[channel].discard(_consumer(data, start, end))
        elif method in (CHANNEL_CLOSE, CHANNEL_CLOSE_OK):
            self._close(channel, taken)
        passed.append(data[start:end])
        return end

    def _go_on(self, channel: int, frame: bytes, passed: list[bytes], taken: list[Taken]) -> None:
        content = self._begun[channel]
        if not content.add(frame):
            # To be complained about by aiormq, which must see what went before.
            del self._begun[channel]
            passed += content.frames
            if frame[0] == METHOD:
                self._method(frame, 0, len(frame), channel, passed, taken)
            else:
                passed.append(frame)
        elif content.lacking == 0:
            del self._begun[channel]
            taken.append(content.taken(channel))

    def _close(self, channel: int, taken: list[Taken]) -> None:
        self.consumers.pop(channel, None)
        self.confirming.discard(channel)
        taken.append(Closed(channel))


def _consumer(data: bytes, start: int, end: int) -> bytes:
    """The consumer tag, with which Deliver, Cancel and CancelOk begin."""
    return data[start + 12 : min(start + 12 + data[start + 11], end - 1)]


def _whole(data: bytes, start: int, end: int, channel: int, taken: list[Taken]) -> int | None:
    """Take a delivery whose frames follow each other in ``data``, as nearly all do. None: they are not all there."""
    size, unpack = len(data), FRAME.unpack_from
    if size - end < FRAME.size:
        return None
    length: int
    kind, of, length = unpack(data, end)
    header, after = end + 7, end + OVERHEAD + length
    if kind != HEADER or of != channel or length < FIXED_HEADER or after > size or data[after - 1] != END:
        return None
    lacking: int = LONGLONG.unpack_from(data, header + 4)[0]
    bodies: list[bytes] = []
    place = after
    while lacking > 0:
        if size - place < FRAME.size:
            return None
        kind, of, length = unpack(data, place)
        begin, place = place + 7, place + OVERHEAD + length
        if kind != BODY or of != channel or length > lacking or place > size or data[place - 1] != END:
            return None
        bodies.append(data[begin : place - 1])
        lacking -= length
    body = bodies[0] if len(bodies) == 1 else b"".join(bodies)
    taken.append(_content(data, start, channel, data[header : after - 1], body))
    return place


def _content(data: bytes, start: int, channel: int, header: bytes, body: bytes) -> Delivered | Returned:
    if LONG.unpack_from(data, start + 7)[0] == RETURN:
        return Returned(channel, header)
    begin = start + 12
    end = begin + data[start + 11]
    tag = LONGLONG.unpack_from(data, end)[0]
    return Delivered(channel, data[begin:end], tag, bool(data[end + 8] & 1), header, body)
