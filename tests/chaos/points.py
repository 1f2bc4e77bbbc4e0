"""Every call of the ports by which a process changes something, and how a process comes to make it."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from tests.chaos.size import sized


class Role(Enum):
    """What the process that is to die is doing."""

    WORK = "runs jobs, one of which fails and is retried"
    REBUILD = "takes a job whose record the store has lost"
    PARK = "parks the second message of a job that it runs"
    STOP = "stops while a job runs, and hands it back"
    LEAD = "leads: outbox, scheduled jobs, jobs of the dead, strays"
    ADD = "adds jobs"


class Point(msgspec.Struct, frozen=True, kw_only=True):
    role: Role
    port: str
    method: str
    moments: tuple[str, ...] = sized(ci=("await-1", "after"), long=("before", "await-1", "after"))


SAID: Final = sized(ci=("after",), long=("before", "after"))
"""For what only says something to the broker, and waits for no answer."""


def _of(role: Role, *names: str) -> list[Point]:
    return [Point(role=role, port=port, method=method) for port, method in (name.split(".") for name in names)]


def _ack(role: Role) -> Point:
    return Point(role=role, port="delivery", method="ack", moments=SAID)


POINTS: Final = (
    *_of(Role.WORK, "store.beat", "store.declare_limits", "store.declare_schedules", "store.register_queue"),
    *_of(Role.WORK, "broker.declare", "broker.consume"),
    *_of(Role.WORK, "store.claim", "store.report", "store.settle", "broker.publish", "store.confirm"),
    *_of(Role.WORK, "store.count"),
    _ack(Role.WORK),
    # Asked, told that there is no record, rebuilt, and asked again.
    Point(role=Role.REBUILD, port="store", method="claim", moments=("await-1", "await-2", "await-3", "after")),
    *_of(Role.PARK, "broker.publish"),
    _ack(Role.PARK),
    *_of(Role.STOP, "subscription.set_prefetch", "store.settle", "broker.publish", "store.confirm"),
    _ack(Role.STOP),
    *_of(Role.STOP, "store.resign", "store.forget_worker"),
    *_of(Role.LEAD, "store.lead", "store.promote", "store.unconfirmed", "store.rescue", "store.let_out", "store.trim"),
    *_of(Role.LEAD, "store.expire", "store.recall", "store.fire", "broker.publish", "store.confirm"),
    *_of(Role.ADD, "broker.declare", "store.add", "broker.publish", "store.confirm"),
)

READS: Final = "it changes nothing, so dying in it is dying before the next call that does"
OPERATORS: Final = "an operator's act: one script, and what it leaves to publish is in the outbox, as after an add"
PICTURE: Final = "it is for the console's picture of failures and releases: no job moves by it"
BACK: Final = "it gives back to the broker what the broker takes back from the dead"

EXCUSED: Final = {
    "store": {
        **dict.fromkeys(("connect", "close", "health", "diagnose", "changes"), READS),
        **dict.fromkeys(("get", "summaries", "specs", "page", "ids", "lanes", "oldest", "queues", "workers"), READS),
        **dict.fromkeys(
            ("tune_clock", "dump", "leader", "outbox_size", "minutes", "sequence", "limits", "place_in_line"), READS
        ),
        **dict.fromkeys(("replay", "cancel", "hasten", "discard", "command", "pause"), OPERATORS),
        **dict.fromkeys(("group", "group_ids", "group_jobs", "group_trends", "groups", "open_groups"), READS),
        **dict.fromkeys(("knows_schedules", "schedule", "schedules", "count_schedules"), READS),
        **dict.fromkeys(("fire_now", "pause_schedule", "remove_schedule", "fix_limit", "free_limit"), OPERATORS),
        **dict.fromkeys(("unfiled", "deploy", "samples", "totals", "census", "fixed_limits", "due"), READS),
        **dict.fromkeys(
            ("keep_dump", "file", "trim_groups", "note_release", "note_group", "mute_group", "unmute_group"), PICTURE
        ),
        "note_runs": "it keeps with a schedule how its jobs ended; the next pass notes what this one did not",
        "due_schedules": "it reads, and tidies away what nobody declares any more",
        "bury": "only for what breaks the worker itself; repeated, it finds its own record",
    },
    "broker": {
        **dict.fromkeys(("connect", "close", "health", "diagnose", "depth", "waiting"), READS),
        **dict.fromkeys(("purge", "delete"), OPERATORS),
        "sweep_dead": "it removes letters that no job needs, and gives the others back",
    },
    "delivery": {"release": BACK},
    "subscription": {"close": BACK, "stop": "a worker that stops sets its prefetch to none, and closes"},
}
