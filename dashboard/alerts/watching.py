"""One look at what needs attention, and telling people what of it is new, lasts, or is over.

Several watchers may run: the database decides which of them tells. A channel that fails is tried again at the next
look, alone; who dies while telling is followed by another, so a message may come twice, never not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard import engine
from dashboard.alerts.channels import Message, NotTold, channels
from dashboard.alerts.options import AlertOptions
from dashboard.alerts.records import Alert
from dashboard.enginewords import said
from dashboard.templatetags.overview import concern_link
from queueing.domain import attention
from queueing.domain.attention import Concern
from queueing.domain.saying import Said

logger = logging.getLogger(__name__)

CLAIM: Final = timedelta(seconds=60)
"""Who has not told by then is dead."""
KEPT: Final = timedelta(days=30)
SPAN: Final = timedelta(hours=1)
"""With what failures of late are compared."""
SERVERS: Final = ("store", "broker")
LONGEST: Final = 200


def look(options: AlertOptions) -> bool:
    """Whether everybody who is to be told was told."""
    now = timezone.now()
    with translation.override(settings.LANGUAGE_CODE):
        standing = engine.look(lambda inspector: inspector.standing(since=now - SPAN, until=now))
        found = attention.concerns(standing, now=now)
        _note([one for one in found if options.level == "warn" or one.tone == "error"], now)
        if not standing.health.store.ok:
            # Then nothing is known of queues and workers, so nothing of theirs is over.
            _open().exclude(kind__in=SERVERS).update(last_seen_at=now)
        told = list(channels(options))
        _raise(options, now, told)
        _end(options, now, told)
        everybody = _tell(list(_owing(now)), options)
        Alert.objects.filter(ended_at__lt=now - KEPT, owed=[]).delete()
    return everybody


def _open() -> Any:
    return Alert.objects.filter(ended_at=None)


def _subject(concern: Concern) -> str:
    """Many silent workers are one concern, however many they are: a sentence names nothing that lasts."""
    return "" if isinstance(concern.subject, Said) else concern.subject[:LONGEST]


def _note(concerns: Sequence[Concern], now: datetime) -> None:
    for concern in concerns:
        text = said(concern.text)
        if isinstance(concern.subject, Said):
            text = f"{said(concern.subject)} {text}"
        facts = {"tone": concern.tone, "text": text, "since": concern.since, "last_seen_at": now}
        key = {"kind": concern.kind, "subject": _subject(concern)}
        if not _open().filter(**key).update(**facts):
            try:
                with transaction.atomic():
                    Alert.objects.create(**key, **facts, seen_at=now)
            except IntegrityError:
                # Another watcher saw it in the same moment.
                logger.debug("Another watcher has noted %s.", key)


def _raise(options: AlertOptions, now: datetime, told: Sequence[str]) -> None:
    new = Q(told_at=None, seen_at__lte=now - timedelta(seconds=options.after))
    if options.again:
        new |= Q(event=Alert.Event.RAISED, owed=[], told_at__lte=now - timedelta(seconds=options.again))
    if told:
        _open().filter(new, last_seen_at__gte=now).update(event=Alert.Event.RAISED, told_at=now, owed=told)


def _end(options: AlertOptions, now: datetime, told: Sequence[str]) -> None:
    gone = _open().filter(last_seen_at__lt=now - timedelta(seconds=options.after))
    gone.filter(told_at=None).delete()  # it was short, and nobody knows of it
    gone.update(ended_at=now, event=Alert.Event.OVER, told_at=now, owed=list(told))


def _owing(now: datetime) -> Iterator[Alert]:
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM)
    for alert in Alert.objects.exclude(owed=[]).filter(free).order_by("id"):
        claim = Alert.objects.filter(pk=alert.pk, claimed_at=alert.claimed_at, event=alert.event)
        if claim.update(claimed_at=timezone.now()):
            yield alert


def _tell(alerts: Sequence[Alert], options: AlertOptions) -> bool:
    """Each channel is sent one message of all that it is owed."""
    known, failed = channels(options), set()
    for name, channel in known.items():
        owed = [alert for alert in alerts if name in alert.owed]
        if owed:
            try:
                channel(message_of(owed, options), options)
            except NotTold as error:
                failed.add(name)
                logger.warning("Could not tell of %s: %s. It is tried again.", ", ".join(map(str, owed)), error)
    for alert in alerts:
        # What a channel is owed that was taken out of the settings, nobody waits for.
        left = [name for name in alert.owed if name in failed]
        Alert.objects.filter(pk=alert.pk, event=alert.event).update(owed=left, claimed_at=None)
    return not failed


def message_of(alerts: Sequence[Alert], options: AlertOptions) -> Message:
    """``alerts``: one or more."""
    facts = {"environment": environment(), "alerts": [_facts(alert, options) for alert in alerts]}
    if len(alerts) == 1:
        [alert] = alerts
        lines = [_time(alert), _link(alert, options)]
        return Message(_headline(_what(alert)), _lines(lines), facts, alerts)
    new = sum(not _is_over(alert) for alert in alerts)
    counts = [
        ngettext("%(number)s thing needs attention", "%(number)s things need attention", new) % {"number": new},
        _("%(number)s over") % {"number": len(alerts) - new},
    ]
    headline = ", ".join(text for text, count in zip(counts, (new, len(alerts) - new), strict=True) if count)
    lines = [_lines([f"- {_what(alert)} {_time(alert)}", _link(alert, options)]) for alert in alerts]
    return Message(_headline(headline), "\n".join(lines), facts, alerts)


def _is_over(alert: Alert) -> bool:
    return alert.event == Alert.Event.OVER


def _what(alert: Alert) -> str:
    return _("Over: %(what)s") % {"what": alert} if _is_over(alert) else str(alert)


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(filter(None, lines))


def _facts(alert: Alert, options: AlertOptions) -> dict[str, Any]:
    return {
        "event": alert.event,
        "kind": alert.kind,
        "subject": alert.subject,
        "level": alert.tone,
        "detail": alert.text,
        "since": _since(alert).isoformat(),
        "url": _link(alert, options),
    }


def _since(alert: Alert) -> datetime:
    return alert.since or alert.seen_at


def trial() -> Message:
    """For somebody who wants to see that it arrives."""
    text = _("This is how Leveret tells you of what needs attention.")
    return Message(_headline(_("A trial")), text, {"environment": environment(), "alerts": []})


def environment() -> str:
    return str(getattr(settings, "LEVERET", {}).get("ENVIRONMENT", ""))


def _headline(text: str) -> str:
    """One line, whatever a queue is called."""
    line = " ".join(text.split())
    return f"[Leveret {environment()}] {line}" if environment() else f"[Leveret] {line}"


def _time(alert: Alert) -> str:
    minutes = int(((alert.ended_at or timezone.now()) - _since(alert)).total_seconds()) // 60
    span = _("%(minutes)s min") % {"minutes": minutes % 60}
    if minutes >= 60:
        span = _("%(hours)s h") % {"hours": minutes // 60} + " " + span
    return (_("It lasted %(time)s.") if _is_over(alert) else _("For %(time)s.")) % {"time": span}


def _link(alert: Alert, options: AlertOptions) -> str:
    if not options.url:
        return ""
    tone: Any = alert.tone
    kind: Any = alert.kind
    where = concern_link(Concern(kind=kind, tone=tone, subject=alert.subject, text=Said("", {})))
    return options.url.rstrip("/") + where.url if where else options.url
