"""The promises of the JobStore port, for the ``store`` fixture of whoever imports them."""

from queueing.testing.contracts.adding import *
from queueing.testing.contracts.operating import *
from queueing.testing.contracts.receipts import *
from queueing.testing.contracts.reclaiming import *
from queueing.testing.contracts.settling import *
from queueing.testing.contracts.workers import *
