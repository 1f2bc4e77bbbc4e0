"""Acts on many jobs at once. A page offers one with two lines::

    confirming.ask(request, act, chosen, action=…)      # the question: preview, reason, typed confirmation
    confirming.begin(request, act, chosen, action=…)    # the answer: at once, or as an operation

Up to :data:`~dashboard.bulk.confirming.AT_ONCE` jobs are done within the request. More become an *operation*: its set
is frozen in chunks when it is confirmed, and a job (``dashboard.jobs``) treats one chunk after the other.
"""
