"""The driver calls each vain attempt to connect an error, with a traceback. What an outage means, and that it is over,
is said once by whoever it concerns."""

from __future__ import annotations

import logging
from typing import Final

LEVELS: Final = {"aio_pika": logging.ERROR, "aiormq": logging.ERROR, "aiormq.connection": logging.CRITICAL}


def quieten() -> None:
    """Unless somebody has asked for more, or for less."""
    for name, level in LEVELS.items():
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(level)
