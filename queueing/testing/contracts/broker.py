"""The promises of the Broker port."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from queueing.domain.ports import Broker, DeadLetter, has
from queueing.errors import BrokerUnavailable, PublishFailed
from queueing.testing.contracts.letters import OTHER, QUEUE, Inbox, dead, letter, send
from queueing.testing.eventually import eventually

# Publishing and taking in


async def test_a_message_arrives_as_it_was_sent(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    sent = letter("hello", headers={"leveret-job": "a", "leveret-epoch": 3, "leveret-not-before": 1_790_000_000_000})
    await send(broker, sent)
    await eventually(lambda: inbox.deliveries)
    [got] = inbox.deliveries
    assert (got.queue, got.type, got.body, got.message_id) == (QUEUE, sent.type, sent.body, sent.message_id)
    assert {name: got.headers[name] for name in sent.headers} == sent.headers
    assert not got.redelivered
    assert got.timestamp is not None
    assert abs(datetime.now(UTC) - got.timestamp) < timedelta(seconds=5)


async def test_many_messages_arrive_in_order_and_each_is_answered_for(broker: Broker):
    inbox = Inbox()
    texts = [str(number) for number in range(500)]
    await send(broker, *(letter(text) for text in texts))
    await broker.consume(QUEUE, prefetch=1000, on_delivery=inbox)
    await eventually(lambda: len(inbox.deliveries) == 500)
    assert inbox.texts == texts


async def test_no_messages_are_no_answers(broker: Broker):
    assert await broker.publish([]) == []


async def test_a_body_larger_than_a_frame_arrives_whole(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=10, on_delivery=inbox)
    bodies = [bytes(size) for size in (0, 131_063, 131_064, 131_065, 1_048_576)]
    await send(broker, *(letter(body=body) for body in bodies))
    await eventually(lambda: len(inbox.deliveries) == len(bodies))
    assert [delivery.body for delivery in inbox.deliveries] == bodies


async def test_a_message_that_is_too_large_fails_and_its_neighbours_do_not(broker: Broker):
    large = letter(body=bytes(broker.capabilities.max_message + 1))
    first, failed, last = await broker.publish([letter("one"), large, letter("two")])
    assert (first, last) == (None, None)
    assert isinstance(failed, PublishFailed)
    assert str(broker.capabilities.max_message) in str(failed)
    await eventually(lambda: _ready(broker, 2))


async def test_the_brokers_record_of_dead_lettering_is_stripped(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(
        broker,
        letter(
            headers={
                "leveret-job": "a",
                "x-death": [{"queue": "x", "count": 3}],
                "x-first-death-queue": "x",
                "x-last-death-reason": "expired",
                "CC": ["elsewhere"],
            }
        ),
    )
    await eventually(lambda: inbox.deliveries)
    assert not [name for name in inbox.deliveries[0].headers if "death" in name or name == "CC"]


async def test_the_same_message_id_twice_is_two_messages(broker: Broker):
    await send(broker, letter(message_id="same"), letter(message_id="same"))
    await eventually(lambda: _ready(broker, 2))


async def test_queues_do_not_mix(broker: Broker):
    post, parcels = Inbox(), Inbox()
    await broker.consume(QUEUE, prefetch=5, on_delivery=post)
    await broker.consume(OTHER, prefetch=5, on_delivery=parcels)
    await send(broker, letter("a"), letter("b", queue=OTHER), letter("c"))
    await eventually(lambda: len(post.deliveries) + len(parcels.deliveries) == 3)
    assert (post.texts, parcels.texts) == (["a", "c"], ["b"])


async def test_higher_priority_goes_first_where_there_are_priorities(broker: Broker):
    if not broker.capabilities.priorities:
        return
    await send(broker, letter("low", priority=1), letter("none"), letter("high", priority=9), letter("mid", priority=5))
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=10, on_delivery=inbox)
    await eventually(lambda: len(inbox.deliveries) == 4)
    assert inbox.texts == ["high", "mid", "low", "none"]


# Delays


async def test_a_delayed_message_comes_home_by_the_largest_step_that_is_not_longer(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=5, on_delivery=inbox)
    began = time.monotonic()
    await send(broker, letter("later", delay=0.9), letter("now"))
    await eventually(lambda: inbox.texts == ["now"])
    await eventually(lambda: inbox.texts == ["now", "later"])
    assert 0.24 <= time.monotonic() - began < 0.9


async def test_a_delay_under_the_smallest_step_takes_the_smallest(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=5, on_delivery=inbox)
    began = time.monotonic()
    await send(broker, letter("soon", delay=0.01))
    await eventually(lambda: inbox.texts == ["soon"])
    assert time.monotonic() - began >= 0.24


async def test_a_long_delay_does_not_hold_up_a_short_one(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=5, on_delivery=inbox)
    await send(broker, letter("long", delay=60), letter("short", delay=0.25))
    await eventually(lambda: inbox.texts == ["short"])


async def test_a_delayed_message_finds_the_queue_it_was_sent_to(broker: Broker):
    post, parcels = Inbox(), Inbox()
    await broker.consume(QUEUE, prefetch=5, on_delivery=post)
    await broker.consume(OTHER, prefetch=5, on_delivery=parcels)
    await send(broker, letter("a", delay=0.25), letter("b", queue=OTHER, delay=0.25))
    await eventually(lambda: (post.texts, parcels.texts) == (["a"], ["b"]))


# Settling


async def test_an_acked_message_is_gone(broker: Broker):
    inbox = Inbox()
    subscription = await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(broker, letter("a"))
    await eventually(lambda: inbox.deliveries)
    await inbox.ack_all()
    await subscription.close()
    assert await eventually(lambda: _ready(broker, 0))


async def test_a_released_message_is_delivered_again_and_says_so(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(broker, letter("a"))
    await eventually(lambda: inbox.deliveries)
    await inbox.deliveries[0].release()
    await eventually(lambda: len(inbox.deliveries) == 2)
    assert inbox.deliveries[1].redelivered


async def test_closing_a_subscription_gives_what_is_unsettled_back(broker: Broker):
    first, second = Inbox(), Inbox()
    subscription = await broker.consume(QUEUE, prefetch=2, on_delivery=first)
    await send(broker, letter("a"), letter("b"))
    await eventually(lambda: len(first.deliveries) == 2)
    await first.deliveries[0].ack()
    await subscription.close()
    await broker.consume(QUEUE, prefetch=2, on_delivery=second)
    await eventually(lambda: second.texts == ["b"])
    assert second.deliveries[0].redelivered


async def test_settling_after_the_subscription_closed_does_nothing(broker: Broker):
    inbox, again = Inbox(), Inbox()
    subscription = await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(broker, letter("a"))
    await eventually(lambda: inbox.deliveries)
    await subscription.close()
    await inbox.deliveries[0].ack()
    await inbox.deliveries[0].release()
    await broker.consume(QUEUE, prefetch=1, on_delivery=again)
    await eventually(lambda: again.texts == ["a"])


async def test_settling_twice_does_nothing_the_second_time(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(broker, letter("a"), letter("b"))
    await eventually(lambda: inbox.texts == ["a"])
    await inbox.deliveries[0].ack()
    await inbox.deliveries[0].ack()
    await eventually(lambda: inbox.texts == ["a", "b"])
    await inbox.deliveries[1].ack()
    await send(broker, letter("c"))
    await eventually(lambda: inbox.texts == ["a", "b", "c"])


# Prefetch


async def test_no_more_than_the_prefetch_is_held(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=3, on_delivery=inbox)
    await send(broker, *(letter(str(number)) for number in range(8)))
    await eventually(lambda: len(inbox.deliveries) == 3)
    await eventually(lambda: _ready(broker, 5))
    await inbox.deliveries[0].ack()
    await eventually(lambda: len(inbox.deliveries) == 4)
    await eventually(lambda: _ready(broker, 4))


async def test_a_larger_prefetch_lets_more_in_at_once(broker: Broker):
    inbox = Inbox()
    subscription = await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(broker, *(letter(str(number)) for number in range(8)))
    await eventually(lambda: len(inbox.deliveries) == 1)
    await subscription.set_prefetch(4)
    await eventually(lambda: len(inbox.deliveries) == 4)
    await eventually(lambda: _ready(broker, 4))


async def test_a_smaller_prefetch_counts_what_is_still_held(broker: Broker):
    inbox = Inbox()
    subscription = await broker.consume(QUEUE, prefetch=4, on_delivery=inbox)
    await send(broker, *(letter(str(number)) for number in range(8)))
    await eventually(lambda: len(inbox.deliveries) == 4)
    await subscription.set_prefetch(2)
    for settled in range(2):
        await inbox.deliveries[settled].ack()
    await eventually(lambda: _ready(broker, 4))
    assert len(inbox.deliveries) == 4
    await inbox.deliveries[2].ack()
    await eventually(lambda: len(inbox.deliveries) == 5)
    await inbox.deliveries[3].ack()
    await eventually(lambda: len(inbox.deliveries) == 6)
    await eventually(lambda: _ready(broker, 2))


async def test_a_prefetch_of_none_takes_nothing_until_it_is_raised(broker: Broker):
    inbox = Inbox()
    subscription = await broker.consume(QUEUE, prefetch=0, on_delivery=inbox)
    await send(broker, letter("a"))
    await eventually(lambda: _ready(broker, 1))
    assert not inbox.deliveries
    await subscription.set_prefetch(1)
    await eventually(lambda: inbox.texts == ["a"])


async def test_two_subscriptions_share_a_queue(broker: Broker):
    one, two = Inbox(), Inbox()
    await broker.consume(QUEUE, prefetch=2, on_delivery=one)
    await broker.consume(QUEUE, prefetch=2, on_delivery=two)
    await send(broker, *(letter(str(number)) for number in range(4)))
    await eventually(lambda: (len(one.deliveries), len(two.deliveries)) == (2, 2))


# Stopping


async def test_a_stopped_subscription_takes_no_more_but_can_settle(broker: Broker):
    inbox, other = Inbox(), Inbox()
    subscription = await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(broker, letter("a"))
    await eventually(lambda: inbox.deliveries)
    await subscription.stop()
    await send(broker, letter("b"))
    await inbox.ack_all()
    await subscription.close()
    await broker.consume(QUEUE, prefetch=5, on_delivery=other)
    await eventually(lambda: other.texts == ["b"])
    assert not inbox.deliveries


async def test_stopping_and_closing_can_be_repeated(broker: Broker):
    subscription = await broker.consume(QUEUE, prefetch=1, on_delivery=Inbox())
    await subscription.stop()
    await subscription.stop()
    await subscription.close()
    await subscription.close()
    await subscription.stop()


# Depth


async def test_a_queue_that_does_not_exist_has_no_depth(broker: Broker):
    depth = await broker.depth(QUEUE)
    assert (depth.ready, depth.consumers, depth.dead) == (None, None, None)


async def test_a_declared_queue_is_there_and_empty(broker: Broker):
    await broker.declare(QUEUE)
    await broker.declare(QUEUE)
    depth = await broker.depth(QUEUE)
    assert (depth.ready, depth.consumers, depth.dead) == (0, 0, 0)


async def test_depth_counts_ready_messages_consumers_and_dead_letters(broker: Broker):
    await broker.consume(QUEUE, prefetch=1, on_delivery=Inbox())
    await send(broker, letter("a"), letter("b"), letter("c"), dead("d"))

    async def counted() -> bool:
        depth = await broker.depth(QUEUE)
        return (depth.ready, depth.consumers, depth.dead) == (2, 1, 1)

    await eventually(counted)


# The delay ladder


async def test_what_waits_is_counted_by_step_and_over_all_queues(broker: Broker):
    if not has(broker, "waiting", Broker):
        pytest.skip("This broker does not tell waiting.")
    steps = broker.capabilities.steps
    assert list(steps) == sorted(set(steps))
    assert len(await broker.waiting()) == len(steps)
    if not steps:
        return
    await send(broker, letter("a", delay=steps[-1]), letter("b", queue=OTHER, delay=steps[-1] * 3), letter("now"))
    await eventually(lambda: _waits(broker, {steps[-1]: 2}))


# Dead letters


async def test_a_sweep_shows_dead_letters_oldest_first_and_removes_what_is_not_kept(broker: Broker):
    await send(broker, *(dead(text) for text in "abcde"))
    shown: list[str] = []

    async def keep(found: Sequence[DeadLetter]) -> list[bool]:
        shown.extend(letter.body.decode() for letter in found)
        return [letter.body not in (b"b", b"d") for letter in found]

    assert await broker.sweep_dead(QUEUE, keep, limit=100) == 2
    assert shown == list("abcde")
    await eventually(lambda: _dead(broker, 3))
    shown.clear()
    assert await broker.sweep_dead(QUEUE, keep, limit=100) == 0
    assert shown == list("ace")


async def test_a_dead_letter_is_shown_as_it_lies_there(broker: Broker):
    sent = dead("a", raw=True)
    await send(broker, sent)
    shown: list[DeadLetter] = []

    async def keep(found: Sequence[DeadLetter]) -> list[bool]:
        shown.extend(found)
        return [True] * len(found)

    await broker.sweep_dead(QUEUE, keep, limit=1)
    [found] = shown
    assert (found.queue, found.body, found.message_id, found.type) == (QUEUE, b"a", sent.message_id, sent.type)
    assert found.headers["leveret-job"] == "a"
    assert found.timestamp is not None


async def test_a_sweep_stops_at_its_limit(broker: Broker):
    await send(broker, *(dead(text) for text in "abc"))
    assert await broker.sweep_dead(QUEUE, _keep_none, limit=2) == 2
    await eventually(lambda: _dead(broker, 1))


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
async def test_a_sweep_sees_each_dead_letter_once_however_many_stay(broker: Broker, kept: int):
    """``kept`` of three: it moves on past what stays."""
    letters = [dead(str(number)) for number in range(60)]
    await send(broker, *letters)
    shown: list[str] = []

    async def keep(found: Sequence[DeadLetter]) -> list[bool]:
        numbers = [int(letter.body) for letter in found]
        shown.extend(map(str, numbers))
        return [number % 3 < kept for number in numbers]

    assert await broker.sweep_dead(QUEUE, keep, limit=100) == 60 - 20 * kept
    assert sorted(shown, key=int) == [str(number) for number in range(60)]
    await eventually(lambda: _dead(broker, 20 * kept))


async def test_dead_letters_survive_many_sweeps(broker: Broker):
    """A dead-letter queue has no delivery limit."""
    await send(broker, dead("a"))

    async def keep(found: Sequence[DeadLetter]) -> list[bool]:
        return [True] * len(found)

    for _ in range(25):
        await broker.sweep_dead(QUEUE, keep, limit=10)
        await eventually(lambda: _dead(broker, 1))


async def test_sweeping_a_queue_that_does_not_exist_removes_nothing(broker: Broker):
    assert await broker.sweep_dead(QUEUE, _keep_none, limit=10) == 0


# Purging and deleting


async def test_purging_removes_what_is_ready_and_says_how_many(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=1, on_delivery=inbox)
    await send(broker, letter("a"), letter("b"), letter("c"), dead("d"))
    await eventually(lambda: _ready(broker, 2))
    assert await broker.purge(QUEUE) == 2
    assert (await broker.depth(QUEUE)).dead == 1
    await inbox.ack_all()


async def test_purging_a_queue_that_does_not_exist_removes_nothing(broker: Broker):
    assert await broker.purge(QUEUE) == 0


async def test_a_deleted_queue_is_gone_with_its_dead_letters(broker: Broker):
    await send(broker, letter("a"), dead("b"))
    await broker.delete(QUEUE)
    depth = await broker.depth(QUEUE)
    assert (depth.ready, depth.dead) == (None, None)
    await broker.delete(QUEUE)


async def test_a_deleted_queue_is_made_anew_by_the_next_message(broker: Broker):
    await send(broker, letter("a"))
    await broker.delete(QUEUE)
    await send(broker, letter("b"))
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=5, on_delivery=inbox)
    await eventually(lambda: inbox.texts == ["b"])


async def test_a_queue_deleted_under_a_subscription_is_made_anew_and_consumed(broker: Broker):
    inbox = Inbox()
    await broker.consume(QUEUE, prefetch=5, on_delivery=inbox)
    await send(broker, letter("a"))
    await eventually(lambda: inbox.texts == ["a"])
    await broker.delete(QUEUE)
    await send(broker, letter("b"))
    await eventually(lambda: inbox.texts == ["a", "b"])
    await inbox.ack_all()


# Connecting and health


async def test_health_tells_the_round_trip(broker: Broker):
    health = await broker.health()
    assert health.ok
    assert health.latency is not None
    assert not health.detail


async def test_a_closed_broker_refuses_with_advice_and_health_does_not_raise(broker: Broker):
    await broker.close()
    [failure] = await broker.publish([letter("a")])
    assert isinstance(failure, BrokerUnavailable)
    with pytest.raises(BrokerUnavailable, match=r"onnect"):
        await broker.depth(QUEUE)
    health = await broker.health()
    assert not health.ok
    assert health.detail


async def test_a_broker_can_be_connected_again(broker: Broker):
    await broker.close()
    await broker.connect()
    await send(broker, letter("a"))
    await eventually(lambda: _ready(broker, 1))


async def _ready(broker: Broker, count: int) -> bool:
    return (await broker.depth(QUEUE)).ready == count


async def _waits(broker: Broker, expected: dict[float, int]) -> bool:
    found = zip(broker.capabilities.steps, await broker.waiting(), strict=True)
    return {step: count for step, count in found if count} == expected


async def _dead(broker: Broker, count: int) -> bool:
    return (await broker.depth(QUEUE)).dead == count


async def _keep_none(found: Sequence[DeadLetter]) -> list[bool]:
    return [False] * len(found)
