"""Live views: one source for a fragment, on page load and on every push.

A page author registers a fragment where its view lives::

    from dashboard.live import live_view

    @live_view("jobs.rows", template="dashboard/jobs/_rows.html", hints=("job",))
    def rows(params: Params, viewer: Viewer) -> dict[str, Any]:
        return {"page": engine.look(lambda inspector: inspector.page(wanted(params)))}

and puts it into the page::

    {% load live %}{% live "jobs.rows" params %}

That renders the fragment inside ``<div id="live-jobs-rows" data-live="…">`` and, while somebody looks at the page,
again whenever something it depends on has changed. ``params`` is what the fragment depends on besides the data: a
mapping of JSON values, the same that the URL holds. The template gets the function's context, and ``viewer`` and
``params``.

What a fragment must keep to:

* It asks ``viewer``, never ``request`` or ``request.user``: all who may do the same share one rendering.
* No CSRF token in it. Buttons act through the page's one form:
  ``<button form="act" formaction="{% url … %}">``.
* Rows and everything else that should survive a change carry an ``id`` (``job-<id>``), so that the morph finds them.
  Open ``<details>``, typed text, ticked boxes, focus, selection and scroll are kept.
* Times are written by ``{% when %}``: their ticking text does not count as a change.
* Failing with a LeveretError is allowed: on load the fragment says what is wrong, later it turns grey.

``hints`` names the kinds of change that make it dirty (job, worker, queue); ``about(params)`` narrows job hints to
one id; ``every`` renders it again after so many seconds without any hint, for what sends none (the broker's figures).
"""

from dashboard.live.registry import LiveView, Params, Watched, live_view

__all__ = ["LiveView", "Params", "Watched", "live_view"]
