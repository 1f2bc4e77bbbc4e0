"""Names of keys, and of the fields of a job's hash. The scripts build the same names; ``base.lua`` is their twin.

===================================  ==============================================================================
``spec:<id>``                        string: the immutable part, packed; one of up to 256 bytes is in the hash
``job:<id>``                         hash: what changes; values of 64 bytes at most, so that it stays a listpack
``out:<id>``                         string: a result that is too long for the hash, or an error without an attempt
``attempts:<id>`` ``log:<id>``       lists of JSON arrays, bounded
``lane:<queue>:<type>:<state>``      zset of ids; the score is the time (ms) that matters in that state
``lanes`` ``queues``                 sets of ``<queue>:<type>`` and of ``<queue>`` that were ever seen
``expiries``                         zset of ids that wait and have an expiry, which is the score (ms)
``outbox``                           zset of ``<id>:<epoch>``; the score is since when (ms)
``trim:<ms>``                        list of ids whose retention ends by then
``trim``                             zset of those moments
``tomb:<id>``                        string with TTL: the record is gone for good, do not rebuild it from a message;
                                     holds its last epoch and state
``uniq:<key>``                       string: id of the job that holds the unique key
``limits``                           hash: ``t:<type>`` and ``q:<queue>`` to since when, concurrent, rate, per, burst
``fixed``                            hash: scopes whose limit an operator has fixed, to whom
``line:<scope>``                     zset of ids that wait for that limit; the score is since when they are due (ms)
``lines``                            set of scopes that had a line lately
``grants:<scope>``                   zset of ids that may start; the score is until when their slots are kept (ms)
``rate:<scope>``                     string with TTL: the theoretical arrival time of the rate's next job, ms
``ahead:<scope>``                    zset of ids whose turn another rate puts past the next one; the score is the turn
``worker:<id>``                      hash with TTL: exists while the worker is alive
``status:<id>``                      string with TTL: its last heartbeat, packed; outlives it for a while
``commands:<id>``                    list of ``<kind> <value>``
``dump:<id>``                        string with TTL: what it was doing when it was asked
``returned:<id>``                    zset with TTL: jobs whose message came back while it runs them; score: when (ms)
``returned``                         set of workers that lately had such jobs
``workers``                          zset of ids; the score is their last heartbeat (ms)
``filed``                            string: up to which moment (ms) failed jobs have been put into groups
``group:<id>``                       hash: a failure group; ``q:<queue>`` counts its failures there
``open:<id>``                        zset of the ids of its failed jobs; the score is when they failed (ms)
``trend:<id>``                       hash: failures by the hour, counted from 1970
``sample:<id>``                      string: the error of one of its jobs, packed
``groups``                           zset of ids; the score is when they were last seen (ms)
``releases``                         zset of what workers run; the score is since when (ms)
``leader``                           string with TTL
``receipt:<name>``                   list with TTL: what an operator's act answered for each of its jobs
``queue:<name>``                     hash: whether it is paused, and by whom
``schedule:<name>``                  hash: what is declared, and since when; when it comes due; by whom it is paused
``schedules``                        zset of names; the score is when to look at it (ms), infinite while it is paused
``declared``                         zset of names; the score is when they were last declared (ms)
``firings:<name>``                   list of JSON arrays, bounded, newest first
``ended:<name>``                     hash: ids of those firings' jobs that have ended, to how
``runs``                             zset of ``<name> <id>`` of those that have not; the score is when it was looked at
``retired:<name>``                   string with TTL: since when (ms) a schedule is gone, for those who declare it again
``whole:<source>``                   string: a whole set of that source's schedules was declared
``metrics:<minute>``                 hash with TTL: counters; the minute is counted from 1970
``metrics:10:<n>`` ``metrics:60:<n>``  the same, of all lanes, of ten and of sixty minutes together
``totals``                           zset of the lanes that have totals of their own; the score is their last count (ms)
``totals:<queue>:<type>``            hash: counters that only grow; ``totals::`` are those of all other lanes
``probe:<random>``                   hash that expires at once: whether the server tells of it
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
    "l",  # limits: t or q for the line of its type or queue that it stands in; or the turn that it was given, ms
    "z",  # how often in a row a worker was lost with it
    "rb",  # how often in a row a replay ended as the failure before it
)
"""What a list reads. A job's hash also holds ``k`` (token), ``o`` (a short result), ``r`` (its own retention, ms),
``u`` or ``ut`` (its unique key, which it holds until it ends, or for a time), ``xa`` (when it expires, ms), ``y`` to
``y4`` (a short spec, in pieces), ``gr`` (the group of its last failure) and ``rk`` (the kind of error that was replayed
last)."""

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


def lane_name(queue: str, job_type: str) -> str:
    """The lane as a member of ``lanes``."""
    return f"{queue}:{job_type}"


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
