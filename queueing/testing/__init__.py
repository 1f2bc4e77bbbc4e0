"""For the tests of projects that enqueue jobs: an embedded queue of the test's own, to look into and to work off.

>>> with embedded() as jobs:
...     sign_up("mira")
...     jobs.assert_enqueued(send_email, {"to": "mira@example.org"})
...     jobs.run()

With pytest the fixture ``leveret_jobs`` is that ``jobs``. ``embedded(eager=True)`` runs each job within the call that
enqueues it. Nothing is mocked: the same engine as in production runs on a broker and a store inside the process.

In a transaction a job is enqueued once that commits. Django's TestCase never commits; there use
``captureOnCommitCallbacks(execute=True)``, or pytest-django's ``django_capture_on_commit_callbacks``.
"""

from queueing.testing.jobs import Jobs, embedded

__all__ = ["Jobs", "embedded"]
