"""Adding jobs: checked, recorded, published, confirmed."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final

import msgspec
import uuid_utils as uuids

from queueing.coalesce import Coalescer
from queueing.dispatch import Dispatch, Letter
from queueing.domain.job import JobSpec
from queueing.domain.jsontext import encode_json
from queueing.domain.names import MAX_BY, check_id, check_queue, check_type
from queueing.domain.options import JobOptions, Options, changed
from queueing.domain.ports import Added, Broker, JobStore
from queueing.domain.registry import DEFAULT_QUEUE, Registry
from queueing.domain.saying import number, say
from queueing.errors import (
    BrokerError,
    BrokerUnavailable,
    InvalidName,
    LeveretError,
    OptionNotSupported,
    PayloadTooLarge,
    QueueArgumentsMismatch,
)

log: Final = logging.getLogger("queueing.producer")

MAX_PAYLOAD: Final = 1024 * 1024
"""Bytes of JSON. Well below RabbitMQ's limit for a message (128 MiB before 4.0, 16 MiB since)."""
CHUNK: Final = 500


class Producer:
    """Adds jobs to any queue of one cluster."""

    def __init__(
        self,
        broker: Broker,
        store: JobStore,
        dispatch: Dispatch,
        registry: Registry,
        *,
        max_payload: int = MAX_PAYLOAD,
    ) -> None:
        self._broker, self._store, self._dispatch, self._registry = broker, store, dispatch, registry
        self._max_payload = max_payload
        self._add: Coalescer[JobSpec, Added] = Coalescer(store.add, at_once=True)
        self._complained = False

    async def add(
        self,
        queue: str | None,
        type_: str,
        payload: Any,
        options: Options | None = None,
        *,
        job_id: str | None = None,
        created_by: str = "",
        origin: str | None = None,
    ) -> str:
        """Add one job and return its id, recorded and confirmed by the broker.

        While the broker is away the job is recorded all the same and waits in the outbox, from which a worker's
        leader sends it. Raises InvalidJob (nothing was stored), QueueArgumentsMismatch, or StoreError.
        """
        spec = self.spec(queue, type_, payload, options, job_id=job_id, created_by=created_by, origin=origin)
        return await self.add_spec(spec)

    async def add_spec(self, spec: JobSpec) -> str:
        """Add what :meth:`spec` has checked."""
        await self._declare(spec.queue)
        [spec] = await self._dated([spec])
        added = await self._add(spec)
        if not added.existing:
            await self._send(spec, added)
        return added.ref.id

    async def add_many(
        self,
        queue: str | None,
        type_: str,
        payloads: Iterable[Any],
        options: Options | None = None,
        *,
        created_by: str = "",
    ) -> list[str]:
        """Add a job for each payload, in chunks that are recorded and published together. Returns the ids in order.

        A payload that is refused raises before its chunk is stored; the chunks before it stay.
        """
        ids: list[str] = []
        remaining = iter(payloads)
        while chunk := list(islice(remaining, CHUNK)):
            specs = [self.spec(queue, type_, payload, options, created_by=created_by) for payload in chunk]
            await self._declare(specs[0].queue)
            specs = await self._dated(specs)
            added = await self._store.add(specs)
            await self._send_batch([pair for pair in zip(specs, added, strict=True) if not pair[1].existing])
            ids += [one.ref.id for one in added]
        return ids

    def spec(
        self,
        queue: str | None,
        type_: str,
        payload: Any,
        options: Options | None = None,
        *,
        job_id: str | None = None,
        created_by: str = "",
        origin: str | None = None,
    ) -> JobSpec:
        """Check everything that can be checked before anything is stored. Raises InvalidJob.

        ``options``: a mapping changes some of the type's own; JobOptions replace them all.
        """
        known = self._registry.get(check_type(type_))
        body = known.encode(payload) if known else encode_json(payload)
        if len(body) > self._max_payload:
            raise PayloadTooLarge(
                say(
                    "The payload of %(type)s is %(size)s bytes; the limit is %(most)s. Store the data elsewhere and "
                    "pass a reference to it.",
                    type=type_, size=number(len(body)), most=number(self._max_payload),
                )
            )  # fmt: skip
        if job_id is not None:
            check_id(job_id)
        for name, word in (("created_by", created_by), ("origin", origin or "")):
            if not isinstance(word, str) or not word.isprintable() or len(word) > MAX_BY:
                raise InvalidName(
                    say(
                        "%(name)s must be printable text of at most %(most)s characters, not %(value)s.",
                        name=name, most=number(MAX_BY), value=f"{word!r:.300}",
                    )
                )  # fmt: skip
        chosen = changed(known.options if known else JobOptions(), options)
        self._check_capabilities(chosen)
        return JobSpec(
            id=str(uuids.uuid7()) if job_id is None else job_id,
            queue=check_queue(queue if queue is not None else known.queue if known else DEFAULT_QUEUE),
            type=type_,
            payload=body,
            options=chosen,
            created_at=self._store.clock.now(),
            created_by=created_by or here(),
            origin=origin,
        )

    async def _dated(self, specs: list[JobSpec]) -> list[JobSpec]:
        """The times of specs that were made before the store's was known are put right."""
        await self._store.tune_clock()
        right = self._store.clock.right
        return [
            spec if (at := right(spec.created_at)) is spec.created_at else msgspec.structs.replace(spec, created_at=at)
            for spec in specs
        ]

    def _check_capabilities(self, options: JobOptions) -> None:
        if options.priority is not None and not self._broker.capabilities.priorities:
            raise OptionNotSupported(
                say(
                    "These queues have no priorities. Use QUEUE_TYPE='classic' for queues that have them, "
                    "or a second queue for urgent jobs."
                )
            )

    async def _declare(self, queue: str) -> None:
        try:
            await self._broker.declare(queue)
        except QueueArgumentsMismatch:
            raise
        except BrokerError as failure:
            # Accepted all the same: the record and its outbox entry are what makes a job durable here.
            self._complain(failure)

    async def _send(self, spec: JobSpec, added: Added) -> None:
        try:
            await self._dispatch.send(Letter(spec=spec, ref=added.ref, delay=added.delay))
        except LeveretError as failure:
            self._complain(failure)
        else:
            self._be_content()

    async def _send_batch(self, pairs: Sequence[tuple[JobSpec, Added]]) -> None:
        if not pairs:
            return
        letters = [Letter(spec=spec, ref=added.ref, delay=added.delay) for spec, added in pairs]
        failures = [failure for failure in await self._dispatch.send_batch(letters) if failure is not None]
        if failures:
            self._complain(failures[0])
        else:
            self._be_content()

    def _be_content(self) -> None:
        if self._complained:
            self._complained = False
            log.info("The broker takes messages again.")

    def _complain(self, failure: Exception) -> None:
        """Once per outage: a producer at full speed would otherwise fill the disk with one line a job."""
        level = logging.DEBUG if self._complained else logging.WARNING
        if not isinstance(failure, BrokerUnavailable):
            level = logging.ERROR
        log.log(level, "Jobs are accepted and wait in the outbox: %s", failure)
        self._complained = True


def here() -> str:
    """This process, as an enqueuer: ``host:pid``."""
    return _here(os.getpid())


@cache
def _here(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}"
