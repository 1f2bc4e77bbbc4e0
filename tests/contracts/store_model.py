"""What the store must make of its jobs, in plain Python: the model that the state machine compares it with.

Time is counted in units that are long beside the time a test takes, so that what is due is never a close call.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from queueing.domain.job import JobSpec
from queueing.domain.states import FINISHED, TRANSITIONS, JobState

S = JobState


@dataclass(frozen=True)
class Letter:
    """A message in the broker."""

    spec: JobSpec
    epoch: int
    attempt: int = 0
    due: int = 0


@dataclass
class Job:
    spec: JobSpec
    state: JobState
    epoch: int = 1
    attempts: int = 0
    due: int = 0
    worker: str = ""
    life: int | None = None
    token: str = ""
    cancelling: bool = False
    finished: int = 0
    expires: int | None = None
    losses: int = 0
    """Workers lost in a row while they ran it."""

    @property
    def suspect(self) -> bool:
        last = self.attempts + 1 >= self.spec.options.max_attempts
        return self.losses >= 2 or (self.losses == 1 and last)

    def become(self, state: JobState) -> None:
        assert state in TRANSITIONS[self.state], f"the model moves from {self.state} to {state}"
        self.state = state


@dataclass
class Worker:
    alive: bool = False
    life: int = 0
    trial: str = ""
    """The suspect that it tried last in this life."""


@dataclass
class Model:
    """``keep``: units that each record is kept after its end, by job id. ``expires``: the unit in which it does."""

    now: int = 0
    jobs: dict[str, Job] = field(default_factory=dict)
    outbox: set[tuple[str, int]] = field(default_factory=set)
    keys: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """Unique key: the job that holds it, and until when (None: until that job ends)."""
    tombs: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    """Job: its last epoch, and until when it is known to be gone (None: for as long as a test can last)."""
    removed: dict[str, Job] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    keep: dict[str, int] = field(default_factory=dict)
    expires: dict[str, int] = field(default_factory=dict)
    returned: set[tuple[str, str]] = field(default_factory=set)
    """Workers, and jobs that they ran when the jobs' messages came back. Known for less than a unit."""
    paused: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    """Jobs that the present step may have changed."""

    # Adding

    def add(self, spec: JobSpec, delay: int) -> tuple[Job, bool]:
        """The job, and whether it was there."""
        if (known := self.jobs.get(spec.id)) is not None:
            return known, True
        if (key := spec.options.unique_key) is not None and (holder := self.holder(key)) is not None:
            return holder, True
        epoch = self.last_epoch(spec.id) + 1
        self.tombs.pop(spec.id, None)
        job = Job(spec, S.SCHEDULED if delay else S.QUEUED, epoch=epoch, due=self.now + delay)
        job.expires = self.expires.get(spec.id)
        self.jobs[spec.id] = job
        if key is not None:
            self.keys[key] = (spec.id, None if spec.options.unique_for is None else self.now + 1)
        self._owe(job)
        return job, False

    def last_epoch(self, job_id: str) -> int:
        """Of a job that is gone, for as long as that is known; else 0."""
        epoch, until = self.tombs.get(job_id, (0, None))
        return epoch if until is None or until > self.now else 0

    def holder(self, key: str) -> Job | None:
        holder, until = self.keys.get(key, ("", None))
        if until is None or until > self.now:
            return self.jobs.get(holder) or (self._gone(holder) if until is not None else None)
        return None

    def _gone(self, job_id: str) -> Job:
        """A job whose record was trimmed, as far as the store remembers it."""
        epoch, job = self.last_epoch(job_id), self.removed[job_id]
        return Job(job.spec, job.state if epoch else S.SUCCEEDED, epoch=epoch or 1)

    def _owe(self, job: Job) -> None:
        self.outbox = {(job_id, epoch) for job_id, epoch in self.outbox if job_id != job.spec.id}
        self.outbox.add((job.spec.id, job.epoch))
        self.touched.add(job.spec.id)

    # Running

    def holds(self, job: Job) -> bool:
        worker = self.workers.get(job.worker, Worker())
        return worker.alive and worker.life == job.life

    def claim(self, letter: Letter, worker: str, token: str) -> str:
        """The verdict: run, stale, held, early, paused, lost, expired or suspect."""
        job = self.jobs.get(letter.spec.id)
        if job is None:
            if self.last_epoch(letter.spec.id):
                return "stale"
            job = self._rebuild(letter)
        if letter.epoch < job.epoch:
            return "stale"
        me = self.workers[worker]
        if job.state is S.RUNNING and (self.holds(job) or (job.worker == worker and not me.alive)):
            if (job.token, job.worker) == (token, worker):
                return "run"
            self.returned.add((job.worker, letter.spec.id))
            return "held"
        if letter.epoch > job.epoch:
            self._adopt(job, letter)
        if job.state in FINISHED:
            return "stale"
        late = self.late(job)
        if job.state is not S.RUNNING and not late and job.due > self.now:
            return "early"
        spent = job.state is S.RUNNING and job.attempts >= job.spec.options.max_attempts
        if not spent and not late and job.spec.queue in self.paused:
            return "paused"
        self.touched.add(letter.spec.id)
        if job.state is S.RUNNING:
            if spent:
                self._fail(job)
                return "lost"
            job.become(S.QUEUED)
            job.due = self.now
            job.losses += 1
        if late:
            self._fail(job)
            return "expired"
        if job.suspect and self._tries_another(worker, job):
            return "suspect"
        suspected = job.suspect
        job.become(S.RUNNING)
        job.attempts += 1
        job.worker, job.life, job.token = worker, me.life if me.alive else None, token
        if suspected and me.alive:
            me.trial = letter.spec.id
        return "run"

    def late(self, job: Job) -> bool:
        return job.expires is not None and job.expires <= self.now

    def _tries_another(self, worker: str, job: Job) -> bool:
        me = self.workers[worker]
        other = self.jobs.get(me.trial) if me.alive and me.trial != job.spec.id else None
        return other is not None and other.state is S.RUNNING and other.worker == worker and other.losses > 0

    def _rebuild(self, letter: Letter) -> Job:
        spec = letter.spec
        early = letter.due > self.now
        job = Job(spec, S.SCHEDULED if early else S.QUEUED, letter.epoch, letter.attempt, max(letter.due, self.now))
        job.expires = self.expires.get(spec.id)
        self.jobs[spec.id] = job
        self.tombs.pop(spec.id, None)
        # A time is counted from when the job was made, which is the first unit for all jobs of a test.
        until = None if spec.options.unique_for is None else 1
        if until is None or until > self.now:
            self._take_key(job, until)
        self.touched.add(spec.id)
        return job

    def _take_key(self, job: Job, until: int | None) -> bool:
        """False: another job has it."""
        key = job.spec.options.unique_key
        if key is None:
            return True
        holder, theirs = self.keys.get(key, ("", self.now))
        if (theirs is None or theirs > self.now) and holder:
            return holder == job.spec.id
        self.keys[key] = (job.spec.id, until)
        return True

    def _adopt(self, job: Job, letter: Letter) -> None:
        if job.state in FINISHED:
            self._retake_key(job)
            self._forget(job)
        if job.state is not S.QUEUED:
            job.become(S.QUEUED)
        job.epoch, job.attempts, job.due = letter.epoch, letter.attempt, self.now
        self.touched.add(job.spec.id)

    def settle(self, job_id: str, token: str, outcome: JobState, delay: int) -> bool:
        job = self.jobs.get(job_id)
        if job is None or not token or job.token != token:
            return False
        if job.state is not S.RUNNING:
            return job.state is outcome
        self.touched.add(job_id)
        job.losses = 0
        if outcome in (S.SUCCEEDED, S.CANCELLED):
            self._finish(job, outcome)
        elif outcome is S.FAILED:
            self._fail(job)
        else:
            job.become(outcome)
            job.epoch += 1
            job.due = self.now + delay
            job.attempts -= outcome is S.QUEUED
            self._owe(job)
        return True

    def _finish(self, job: Job, state: JobState) -> None:
        job.become(state)
        job.finished = self.now
        self.touched.add(job.spec.id)
        key = job.spec.options.unique_key
        if key is not None and job.spec.options.unique_for is None and self.holds_key(job):
            del self.keys[key]

    def _fail(self, job: Job) -> None:
        self._finish(job, S.FAILED)
        job.epoch += 1
        self._owe(job)

    def _forget(self, job: Job) -> None:
        if self.late(job):
            job.expires = None  # whoever runs it again knows how late it is
        job.worker, job.life, job.token, job.cancelling, job.losses = "", None, "", False, 0

    # The leader

    def promote(self) -> int:
        due = [j for j in self.jobs.values() if j.state in (S.SCHEDULED, S.RETRYING) and j.due <= self.now]
        for job in due:
            job.become(S.QUEUED)
            self.touched.add(job.spec.id)
        return len(due)

    def waiting_with_expiry(self) -> dict[str, int]:
        waiting = (S.SCHEDULED, S.QUEUED, S.RETRYING)
        jobs = self.jobs.items()
        return {job_id: job.expires for job_id, job in jobs if job.expires is not None and job.state in waiting}

    def expire(self) -> set[tuple[str, int]]:
        late = [self.jobs[job_id] for job_id, expires in self.waiting_with_expiry().items() if expires <= self.now]
        for job in late:
            self._fail(job)
        return {(job.spec.id, job.epoch) for job in late}

    def rescue(self) -> set[tuple[str, int]]:
        return self._bring_back([job for job in self.jobs.values() if job.state is S.RUNNING and not self.holds(job)])

    def recall(self) -> set[tuple[str, int]]:
        due = {(worker, job_id) for worker, job_id in self.returned if not self.workers[worker].alive}
        self.returned -= due
        known = [(worker, self.jobs[job_id]) for worker, job_id in due if job_id in self.jobs]
        return self._bring_back([job for worker, job in known if job.state is S.RUNNING and job.worker == worker])

    def _bring_back(self, lost: list[Job]) -> set[tuple[str, int]]:
        for job in lost:
            if job.attempts >= job.spec.options.max_attempts:
                self._fail(job)
            else:
                job.become(S.QUEUED)
                job.epoch += 1
                job.due = self.now
                job.losses += 1
                self._owe(job)
        return {(job.spec.id, job.epoch) for job in lost}

    def trim(self) -> None:
        for job_id, job in list(self.jobs.items()):
            if job.state in FINISHED and job.finished + self.keep[job_id] <= self.now:
                self.remove(job_id)

    def remove(self, job_id: str) -> None:
        job = self.removed[job_id] = self.jobs.pop(job_id)
        self.outbox.discard((job_id, job.epoch))
        if job.state is not S.SUCCEEDED:
            self.tombs[job_id] = (job.epoch, None)
        elif job.finished == self.now:  # the broker redelivers within minutes, if at all
            self.tombs[job_id] = (job.epoch, self.now + 1)

    # Operators: whether it was done

    def replay(self, job_id: str) -> bool:
        job = self.jobs.get(job_id)
        if job is None or job.state not in FINISHED:
            return False
        if not self._retake_key(job):
            return False
        job.become(S.QUEUED)
        self._forget(job)
        job.epoch += 1
        job.attempts, job.due = 0, self.now
        self._owe(job)
        return True

    def holds_key(self, job: Job) -> bool:
        return self.keys.get(job.spec.options.unique_key or "", ("", None))[0] == job.spec.id

    def _retake_key(self, job: Job) -> bool:
        return job.spec.options.unique_for is not None or self._take_key(job, None)

    def cancel(self, job_id: str) -> bool:
        job = self.jobs.get(job_id)
        if job is None or job.state in FINISHED:
            return False
        self.touched.add(job_id)
        if job.state is S.RUNNING:
            job.cancelling = True
            return True
        self.outbox.discard((job_id, job.epoch))
        self._finish(job, S.CANCELLED)
        job.epoch += 1
        return True

    def hasten(self, job_id: str) -> bool:
        job = self.jobs.get(job_id)
        if job is None or job.state not in (S.SCHEDULED, S.RETRYING):
            return False
        job.become(S.QUEUED)
        job.epoch += 1
        job.due = self.now
        self._owe(job)
        return True

    def discard(self, job_id: str) -> bool:
        job = self.jobs.get(job_id)
        if job is None or job.state not in FINISHED:
            return False
        if job.spec.options.unique_for is not None and self.holds_key(job):
            del self.keys[job.spec.options.unique_key or ""]
        self.remove(job_id)
        return True

    # The server

    def flush(self) -> None:
        for gone in (self.jobs, self.outbox, self.keys, self.tombs, self.removed, self.returned, self.paused):
            gone.clear()
        for worker in self.workers.values():
            worker.alive = False
