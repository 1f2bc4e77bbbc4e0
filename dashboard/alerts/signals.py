"""For a project's own ways to tell people::

@receiver(alerted)
def page_somebody(sender, alert, event, **_):
    ...  # alert.kind, alert.subject, alert.text, alert.tone; event: "raised" or "over"

It is sent by the process of ``manage.py runalerts``. What a receiver raises is logged, and it is called once more.
"""

from __future__ import annotations

from django.dispatch import Signal

alerted = Signal()
