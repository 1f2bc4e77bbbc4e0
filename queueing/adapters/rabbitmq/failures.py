"""What the driver raises, said in our words."""

from __future__ import annotations

import os
import re
from ssl import SSLError
from typing import Final

from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    AMQPConnectionError,
    AuthenticationError,
    ChannelPreconditionFailed,
    InvalidFrameError,
    ProbableAuthenticationError,
)
from aiormq.exceptions import ConnectionNotAllowed

from queueing.domain.saying import say
from queueing.errors import BrokerUnavailable, QueueArgumentsMismatch

DRIVER_ERRORS: Final = (*CONNECTION_EXCEPTIONS, EOFError, TimeoutError)
"""All that the driver lets through; RuntimeError is how it says that a channel or connection is closed."""

_INEQUIVALENT: Final = re.compile(
    r"inequivalent arg '(?P<argument>[^']+)' for (?P<kind>queue|exchange) '(?P<name>[^']+)'"
    r".*?: received (?P<wanted>.+?) but current is (?P<existing>.+)\Z",
    re.DOTALL,
)


def unavailable(server: str, cause: BaseException) -> BrokerUnavailable:
    """``server`` is host and port: an error never shows the URL, which holds the password."""
    if isinstance(cause, ProbableAuthenticationError | AuthenticationError | ConnectionNotAllowed):
        return BrokerUnavailable(
            say(
                "RabbitMQ at %(server)s refuses this login: %(reason)s. "
                "Nothing can be sent or received. Correct the user, password and virtual host of the AMQP URL.",
                server=server,
                reason=_said(cause),
            )
        )
    if isinstance(cause, InvalidFrameError) and "Connection.OpenOk" in str(cause):
        # aiormq keeps the broker's reason to itself here.
        return BrokerUnavailable(
            say(
                "RabbitMQ at %(server)s does not open the virtual host of the AMQP URL: it does not exist, this user "
                "has no permissions on it, or a limit of connections is reached; the server's log says which. "
                "Nothing can be sent or received. Correct the AMQP URL, or create the virtual host.",
                server=server,
            )
        )
    return BrokerUnavailable(
        say(
            "RabbitMQ at %(server)s is not available: %(reason)s. Nothing can be sent or received until it is; "
            "stored jobs keep. Start it, or correct the AMQP URL.",
            server=server,
            reason=_said(cause),
        )
    )


def blocked(server: str) -> BrokerUnavailable:
    return BrokerUnavailable(
        say(
            "RabbitMQ at %(server)s accepts no messages: it raised a memory or disk alarm and blocks publishers. "
            "Stored jobs keep. Free memory or disk space on its host; see `rabbitmq-diagnostics alarms`.",
            server=server,
        )
    )


def mismatch(refusal: ChannelPreconditionFailed) -> QueueArgumentsMismatch:
    said = _said(refusal)
    found = _INEQUIVALENT.search(said)
    if found is None:
        return QueueArgumentsMismatch(f"RabbitMQ refuses to declare a queue: {said}.")
    kind, name, argument = found["kind"], found["name"], found["argument"]
    remedy = f"; or, if it may go with all that is in it, `rabbitmqctl delete_queue {name}`" if kind == "queue" else ""
    return QueueArgumentsMismatch(
        f"The {kind} {name!r} exists with another {argument!r}: it has {_value(found['existing'])}, the settings ask "
        f"for {_value(found['wanted'])}. Nothing was changed. Set it as it was, or use another prefix{remedy}."
    )


def _said(cause: BaseException) -> str:
    beneath = cause.__cause__ or cause.__context__
    if isinstance(beneath, SSLError):
        # The driver passes its number on, which is OpenSSL's and none of the system's errors.
        return str(beneath.strerror or beneath).rstrip(".")
    for known in (cause, beneath):
        if isinstance(known, OSError) and known.errno and known.errno > 0:
            return os.strerror(known.errno)
    text = " ".join(str(part) for part in cause.args if part not in (None, 0)) or type(cause).__name__
    if isinstance(cause, AMQPConnectionError) and cause.__cause__ is not None and not cause.args:
        text = str(cause.__cause__)
    return text.rstrip(".")


def _value(said: str) -> str:
    """From ``none``, ``'20'`` or ``the value '20' of type 'long'``."""
    quoted = re.search(r"'(.*?)'", said)
    return repr(quoted[1]) if quoted else said.strip()
