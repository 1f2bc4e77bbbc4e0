"""What the console tells a worker; it obeys at its next heartbeat."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard import engine, wording
from dashboard.access import requires
from dashboard.asking import ask, stay
from dashboard.deeds import attempt
from dashboard.http import answer
from queueing.domain.ports import Command
from queueing.domain.reading import WorkerStatus
from queueing.errors import TransitionRefused

MOST_SLOTS = 10_000
SAID = {
    "quiet": gettext_lazy("It takes no more jobs. Those that run go on."),
    "resume": gettext_lazy("It takes jobs again."),
    "stop": gettext_lazy("It takes no more jobs, gives running ones their grace, hands the rest back, and ends."),
    "dump": gettext_lazy("What it is doing is shown here as soon as it has said so."),
    "concurrency": gettext_lazy("Jobs that run go on. Started anew, the worker has its own number again."),
}


@requires("manage")
def stop(request: HttpRequest, worker: str) -> HttpResponse:
    """The question before a worker is stopped."""
    workers = engine.look(lambda inspector: inspector.workers())
    status = next((status for status in workers if status.id == worker), None)
    if status is None:
        raise Http404(f"There is no worker {worker}.")
    beside = [other for other in workers if (other.host, other.pid) == (status.host, status.pid) and other != status]
    context = {"title": _("Stop a worker"), "nav": "workers", "status": status, "beside": len(beside)}
    return ask(request, "dashboard/workers/_stop.html", context)


@requires("manage")
def resize(request: HttpRequest, worker: str) -> HttpResponse:
    """The question how many jobs it may run at a time."""
    return question(request, worker)


def question(request: HttpRequest, worker: str, *, typed: str = "", status: int = 200) -> HttpResponse:
    workers = engine.look(lambda inspector: inspector.workers())
    found = next((one for one in workers if one.id == worker and one.state != "gone"), None)
    if found is None:
        raise Http404(f"There is no worker {worker}.")
    wrong = _("A number from 1 to %(most)s.") % {"most": wording.number(MOST_SLOTS)} if status != 200 else ""
    context = {"title": _("Concurrency"), "nav": "workers", "status": found, "typed": typed or found.concurrency}
    return ask(request, "dashboard/workers/_resize.html", context | {"wrong": wrong, "most": MOST_SLOTS}, status=status)


@requires("manage", post=True)
def create(request: HttpRequest, worker: str) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in SAID:
        detail = _("A worker knows %(commands)s.") % {"commands": ", ".join(SAID)}
        return answer(request, _("Nothing was sent."), detail=detail, tone="error")
    value = request.POST.get("value", "").replace(",", "").strip() if kind == "concurrency" else ""
    if kind == "concurrency" and not is_size(value):
        return question(request, worker, typed=value, status=422)
    with attempt(request, kind, f"worker {worker}") as deed:
        status = find(worker)
        deed.detail = f"{status.concurrency} → {value}" if value else ""
        engine.act(lambda operations: operations.command(worker, Command(kind=kind, value=value)))
    to = stay(request, reverse("dashboard:workers")) if kind in ("stop", "concurrency") else None
    if kind == "dump" and not deed.failure:
        to = reverse("dashboard:worker_dump", args=[worker])
    if deed.failure:
        return answer(request, _("The worker was not told."), detail=deed.failure, tone="error", to=to)
    told = f"{kind} {value}".strip()
    text = _("%(host)s %(pid)s is told: %(command)s.") % {"host": status.host, "pid": status.pid, "command": told}
    return answer(request, text, detail=str(SAID[kind]), to=to)


def is_size(value: str) -> bool:
    return value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= MOST_SLOTS and len(value) < 9


def find(worker: str) -> WorkerStatus:
    """Raises TransitionRefused for one that cannot hear."""
    for status in engine.look(lambda inspector: inspector.workers()):
        if status.id == worker:
            if status.state == "gone":
                raise TransitionRefused("It is gone: it has not beaten for longer than its time to live.")
            return status
    raise TransitionRefused("There is no such worker any more.")
