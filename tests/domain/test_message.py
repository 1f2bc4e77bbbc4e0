import json
import uuid
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.domain import message
from queueing.domain.job import JobRef, JobSpec
from queueing.domain.options import JobOptions
from queueing.domain.ports import DeadLetter
from queueing.errors import MalformedMessage

NOW = datetime(2026, 11, 24, 10, 42, 18, tzinfo=UTC)


def arrived(body: bytes, *, message_id: str | None = None, **headers: object) -> DeadLetter:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return DeadLetter(queue="mail", body=body, headers=named, message_id=message_id, type=None, timestamp=NOW)


def spec(**changes: object) -> JobSpec:
    whole = JobSpec(id="01a2", queue="mail", type="send", payload=b'{"to":"x"}', created_at=NOW, created_by="web")
    return msgspec.structs.replace(whole, **changes)


def test_a_job_rebuilt_from_its_message_is_the_job() -> None:
    sent = spec(options=JobOptions(max_attempts=7, tags=("a",)), origin="0000")
    headers = message.headers(JobRef(sent.id, 4), attempt=2, not_before=NOW)
    read = message.decode(
        DeadLetter(
            queue="mail", body=message.encode(sent), headers=headers, message_id=None, type=None, timestamp=None
        ),
        now=NOW,
    )
    assert (read.spec, read.epoch, read.attempt, read.not_before) == (sent, 4, 2, NOW)


def test_a_foreign_producer_needs_type_and_payload_only() -> None:
    read = message.decode(arrived(b'{"type":"send","payload":{"to":"x"}}'), now=NOW)
    assert (read.spec.type, read.spec.payload, read.spec.queue) == ("send", b'{"to":"x"}', "mail")
    assert (read.epoch, read.spec.created_by) == (1, "foreign")


def test_the_same_foreign_message_is_the_same_job_each_time_it_is_delivered() -> None:
    body = b'{"type":"send"}'
    first, again = (message.decode(arrived(body), now=datetime.now(UTC)).spec.id for _ in range(2))
    other = message.decode(arrived(b'{"type":"sent"}'), now=NOW).spec.id
    assert first == again != other
    assert uuid.UUID(first).version == 8


def test_the_message_id_of_a_foreign_message_is_the_job_id_where_it_is_a_uuid() -> None:
    own = str(uuid.uuid4())
    assert message.decode(arrived(b'{"type":"send"}', message_id=own.upper()), now=NOW).spec.id == own
    named = message.decode(arrived(b'{"type":"send"}', message_id="order-7"), now=NOW).spec.id
    assert named == message.decode(arrived(b'{"type":"other"}', message_id="order-7"), now=NOW).spec.id


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x1f\x8b\x08 not json",
        b"[]",
        b"{}",
        b'{"type":3}',
        b'{"type":""}',
        b'{"type":"a b"}',
        b'{"type":"x","v":2}',
        b'{"type":"x","options":{"max_attempts":0}}',
        b'{"type":"x","options":{"retries":1}}',
        b'{"type":"x","id":"a\\u0000b"}',
        b'{"type":"\\ud800"}',
        b'{"type":"x","created_at":"9999-12-31T23:59:59-12:00"}',
        b'{"type":"x","created_at":"0001-01-01T00:00:00+12:00"}',
        b'{"type":"x","options":{"run_at":"9999-12-31T23:59:59-12:00"}}',
        b'{"type":"x","payload":' + b"[" * 100_000,
    ],
)
def test_bytes_that_are_not_a_job_say_why_and_are_kept_raw(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        message.decode(arrived(body), now=NOW)
    read, reason = message.read(arrived(body), now=NOW)
    assert reason
    assert (read.spec.encoding, read.spec.type) == ("raw", message.UNREADABLE)
    assert read.spec.payload == body[: message.MAX_KEPT_RAW]


def test_an_unreadable_message_of_ours_keeps_the_id_and_epoch_of_its_headers() -> None:
    read, _ = message.read(arrived(b"garbled", leveret_job="01a2", leveret_epoch=5), now=NOW)
    assert read.ref == JobRef("01a2", 5)
    assert message.encode(read.spec) == b"garbled"


@given(st.binary(max_size=300))
def test_no_bytes_make_reading_fail(body: bytes) -> None:
    read, _ = message.read(arrived(body), now=NOW)
    assert read.spec.queue == "mail"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_any_json_payload_arrives_as_it_was_sent(value: object) -> None:
    text = json.dumps(value).encode()
    sent = spec(payload=text)
    read = message.decode(arrived(message.encode(sent)), now=NOW)
    assert json.loads(read.spec.payload) == value


def test_a_foreign_time_without_an_offset_is_taken_for_utc() -> None:
    read = message.decode(arrived(b'{"type":"x","created_at":"2026-11-24T10:42:18"}'), now=NOW)
    assert read.spec.created_at == NOW


@pytest.mark.parametrize("origin", ["o" * 65, "a b", "..", "a/../b", ""])
def test_a_foreign_enqueuer_is_cut_to_what_a_page_can_show_and_an_impossible_origin_left_out(origin: str) -> None:
    body = json.dumps({"type": "x", "created_by": "b" * 1000, "origin": origin}).encode()
    read = message.decode(arrived(body), now=NOW)
    assert (read.spec.created_by, read.spec.origin) == ("b" * message.MAX_BY, None)


def test_the_life_after_the_last_that_is_believed_can_still_be_told() -> None:
    assert message.decode(arrived(b'{"type":"x"}', leveret_epoch=2**31), now=NOW).epoch == 2**31


@pytest.mark.parametrize("epoch", ["7", -1, 2**60, True, None, [1]])
def test_an_epoch_that_is_not_one_counts_as_the_first(epoch: object) -> None:
    assert message.decode(arrived(b'{"type":"x"}', leveret_epoch=epoch), now=NOW).epoch == 1
