"""What the console tells a worker; it obeys at its next heartbeat."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard import engine
from dashboard.access import requires
from dashboard.deeds import attempt
from dashboard.http import answer
from queueing.domain.ports import Command
from queueing.domain.reading import WorkerStatus
from queueing.errors import TransitionRefused

SAID = {
    "quiet": "It takes no more jobs. Those that run go on.",
    "resume": "It takes jobs again.",
    "stop": "It takes no more jobs, gives running ones their grace, hands the rest back, and ends.",
}


@requires("manage", post=True)
def create(request: HttpRequest, worker: str) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in SAID:
        return answer(request, "Nothing was sent.", detail="A worker knows quiet, resume and stop.", tone="error")
    with attempt(request, kind, f"worker {worker}") as deed:
        status = find(worker)
        engine.act(lambda operations: operations.command(worker, Command(kind=kind)))
    if deed.failure:
        return answer(request, "The worker was not told.", detail=deed.failure, tone="error")
    name = f"{status.host} {status.pid}"
    return answer(request, f"{name} is told: {kind}.", detail=SAID[kind])


def find(worker: str) -> WorkerStatus:
    """Raises TransitionRefused for one that cannot hear."""
    for status in engine.look(lambda inspector: inspector.workers()):
        if status.id == worker:
            if status.state == "gone":
                raise TransitionRefused("It is gone: it has not beaten for longer than its time to live.")
            return status
    raise TransitionRefused("There is no such worker any more.")
