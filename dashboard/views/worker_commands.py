"""What the console tells a worker; it obeys at its next heartbeat."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from dashboard import engine
from dashboard.access import requires
from dashboard.asking import ask, stay
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


@requires("manage")
def stop(request: HttpRequest, worker: str) -> HttpResponse:
    """The question before a worker is stopped."""
    workers = engine.look(lambda inspector: inspector.workers())
    status = next((status for status in workers if status.id == worker), None)
    if status is None:
        raise Http404(f"There is no worker {worker}.")
    beside = [other for other in workers if (other.host, other.pid) == (status.host, status.pid) and other != status]
    context = {"title": "Stop a worker", "nav": "workers", "status": status, "beside": len(beside)}
    return ask(request, "dashboard/workers/_stop.html", context)


@requires("manage", post=True)
def create(request: HttpRequest, worker: str) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in SAID:
        return answer(request, "Nothing was sent.", detail="A worker knows quiet, resume and stop.", tone="error")
    with attempt(request, kind, f"worker {worker}") as deed:
        status = find(worker)
        engine.act(lambda operations: operations.command(worker, Command(kind=kind)))
    to = stay(request, reverse("dashboard:workers")) if kind == "stop" else None
    if deed.failure:
        return answer(request, "The worker was not told.", detail=deed.failure, tone="error", to=to)
    return answer(request, f"{status.host} {status.pid} is told: {kind}.", detail=SAID[kind], to=to)


def find(worker: str) -> WorkerStatus:
    """Raises TransitionRefused for one that cannot hear."""
    for status in engine.look(lambda inspector: inspector.workers()):
        if status.id == worker:
            if status.state == "gone":
                raise TransitionRefused("It is gone: it has not beaten for longer than its time to live.")
            return status
    raise TransitionRefused("There is no such worker any more.")
