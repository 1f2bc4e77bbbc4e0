"""Names of keys, and of the fields of a job's hash. The scripts build the same names; ``base.lua`` is their twin.

===================================  ==============================================================================
``spec:<id>``                        string: the immutable part, packed; a short one is in the hash
``job:<id>``                         hash: what changes; values of 64 bytes at most, so that it stays a listpack
``out:<id>``                         string: a result that is too long for the hash, or an error without an attempt
``attempts:<id>`` ``log:<id>``       lists of JSON arrays, bounded
``lane:<queue>:<type>:<state>``      zset of ids; the score is the time (ms) that matters in that state
``lanes`` ``queues``                 sets of ``<queue>:<type>`` and of ``<queue>`` that were ever seen
``outbox``                           zset of ``<id>:<epoch>``; the score is since when (ms)
``trim:<ms>``                        list of ids whose retention ends by then
``trim``                             zset of those moments
``tomb:<id>``                        string with TTL: the record is gone for good, do not rebuild it from a message
``uniq:<key>``                       string: id of the job that holds the unique key
``worker:<id>``                      hash with TTL: exists while the worker is alive
``status:<id>``                      string with TTL: its last heartbeat, packed; outlives it for a while
``commands:<id>``                    list of ``<kind> <value>``
``workers``                          zset of ids; the score is their last heartbeat (ms)
``leader``                           string with TTL
``queue:<name>``                     hash: whether it is paused, and by whom
``metrics:<minute>``                 hash with TTL: counters; the minute is counted from 1970
``seq``                              integer, raised by every transition
===================================  ==============================================================================

Queue names hold no colon, and states do not either, so a lane can be read from both ends whatever its type is called.
"""

from __future__ import annotations

import re
from typing import Final

from queueing.domain.job import JobRef
from queueing.domain.states import JobState
from queueing.errors import ConfigurationError

SUMMARY_FIELDS: Final = (
    "s",  # state
    "e",  # epoch
    "v",  # version
    "a",  # attempts begun
    "m",  # max attempts
    "q",  # queue
    "t",  # type
    "c",  # created, ms
    "d",  # due, or since when it waits, ms
    "b",  # begun: when the attempt started, ms
    "f",  # finished, ms
    "w",  # worker
    "p",  # progress
    "ek",  # kind of the last error
    "em",  # start of its message
    "n",  # note
    "g",  # tags
    "x",  # 1: its cancellation was asked for
)
"""What a list reads. A job's hash also holds ``k`` (token), ``o`` (a short result), ``r`` (its own retention, ms),
``u`` (the unique key that it holds until it ends) and ``y`` (a short spec)."""

_PREFIX: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")


class Keys:
    """The names under one prefix. The prefix is a hash tag, so that a cluster keeps all of them in one slot."""

    def __init__(self, prefix: str) -> None:
        if not _PREFIX.match(prefix):
            raise ConfigurationError(
                f"{prefix!r} cannot be a Redis prefix: use 1 to 64 of letters, digits, '_', '.' and '-'."
            )
        self.base = f"{{{prefix}}}:"

    def __call__(self, *parts: str) -> str:
        return self.base + ":".join(parts)

    def lane(self, queue: str, job_type: str, state: JobState) -> str:
        return f"{self.base}lane:{queue}:{job_type}:{state.value}"


def parse_lane(member: bytes) -> tuple[str, str]:
    """Queue and type of a member of ``lanes``."""
    queue, _, job_type = member.decode(errors="replace").partition(":")
    return queue, job_type


def parse_ref(member: bytes) -> JobRef:
    """The life that an outbox member names. An id may hold colons, an epoch does not."""
    job_id, _, epoch = member.decode(errors="replace").rpartition(":")
    return JobRef(job_id, int(epoch))


def outbox_member(ref: JobRef) -> str:
    return f"{ref.id}:{ref.epoch}"
