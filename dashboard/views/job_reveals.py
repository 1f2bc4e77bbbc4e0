from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from dashboard import audit
from dashboard.access import requires
from dashboard.views import job as job_page


@requires("reveal", post=True)
def create(request: HttpRequest) -> HttpResponse:
    """The job's page once, with nothing masked. Booked before it is shown."""
    job_id = request.POST.get("job", "")
    job = job_page.load(job_id)
    if job is not None:
        audit.record(request, "reveal", f"job {job_id}")
    return job_page.page(request, job_id, job, reveal=job is not None)
