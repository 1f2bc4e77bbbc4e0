"""The console's pages, to be included under any prefix: ``path("queue/", include("dashboard.urls"))``.

A page is a file of ``dashboard.views``; a verb is a resource of its own. Names are used by the navigation
(``dashboard.frame``): overview, jobs, failures, dead_letters, queues, workers, schedules, enqueue, operations, audit.
"""

from __future__ import annotations

from django.urls import path

from dashboard.views import (
    dead_letter_discards,
    dead_letter_replays,
    dead_letters,
    enqueue,
    enqueued_jobs,
    healthz,
    job,
    job_cancellations,
    job_discards,
    job_hastenings,
    job_retries,
    job_reveals,
    jobs,
    keys,
    login,
    menu,
    overview,
    preferences,
    queue_pauses,
    queue_purges,
    queues,
    search,
    worker_commands,
    workers,
)

app_name = "dashboard"

urlpatterns = [
    path("", overview.show, name="overview"),
    path("jobs", jobs.show, name="jobs"),
    # A foreign producer may have chosen the id, slashes and all; verbs take ids in the form instead.
    path("jobs/<path:job_id>", job.show, name="job"),
    path("job-retries", job_retries.create, name="job_retries"),
    path("job-cancellations", job_cancellations.create, name="job_cancellations"),
    path("job-hastenings", job_hastenings.create, name="job_hastenings"),
    path("job-discards", job_discards.create, name="job_discards"),
    path("job-reveals", job_reveals.create, name="job_reveals"),
    path("dead-letters", dead_letters.index, name="dead_letters"),
    path("dead-letters/<str:queue>", dead_letters.show, name="dead_letters_of"),
    path("dead-letters/<str:queue>/replay", dead_letter_replays.new, name="dead_letter_replay"),
    path("dead-letters/<str:queue>/replays", dead_letter_replays.create, name="dead_letter_replays"),
    path("dead-letters/<str:queue>/replays/all", dead_letter_replays.create_all, name="dead_letter_replays_all"),
    path("dead-letters/<str:queue>/discard", dead_letter_discards.new, name="dead_letter_discard"),
    path("dead-letters/<str:queue>/discards", dead_letter_discards.create, name="dead_letter_discards"),
    path("queues", queues.index, name="queues"),
    path("queues/<str:queue>", queues.show, name="queue"),
    path("queues/<str:queue>/pauses", queue_pauses.create, name="queue_pauses"),
    path("queues/<str:queue>/resumes", queue_pauses.end, name="queue_resumes"),
    path("queues/<str:queue>/purge", queue_purges.new, name="queue_purge"),
    path("queues/<str:queue>/purges", queue_purges.create, name="queue_purges"),
    path("workers", workers.index, name="workers"),
    path("workers/<path:worker>/stop", worker_commands.stop, name="worker_stop"),
    path("workers/<path:worker>/commands", worker_commands.create, name="worker_commands"),
    path("enqueue", enqueue.new, name="enqueue"),
    path("enqueue/draft", enqueue.draft, name="enqueue_draft"),
    path("enqueue/jobs", enqueued_jobs.create, name="enqueued_jobs"),
    path("login", login.login, name="login"),
    path("logout", login.logout, name="logout"),
    path("menu", menu.show, name="menu"),
    path("search", search.show, name="search"),
    path("keys", keys.show, name="keys"),
    path("preferences", preferences.update, name="preferences"),
    path("healthz", healthz.show, name="healthz"),
]
