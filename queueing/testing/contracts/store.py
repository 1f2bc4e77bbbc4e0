"""The promises of the JobStore port, for the ``store`` fixture of whoever imports them."""

from queueing.testing.contracts.adding import *
from queueing.testing.contracts.changes import *
from queueing.testing.contracts.claiming import *
from queueing.testing.contracts.comebacks import *
from queueing.testing.contracts.expiry import *
from queueing.testing.contracts.groups import *
from queueing.testing.contracts.leading import *
from queueing.testing.contracts.limits import *
from queueing.testing.contracts.operating import *
from queueing.testing.contracts.others import *
from queueing.testing.contracts.paging import *
from queueing.testing.contracts.reading import *
from queueing.testing.contracts.receipts import *
from queueing.testing.contracts.reclaiming import *
from queueing.testing.contracts.schedules import *
from queueing.testing.contracts.searching import *
from queueing.testing.contracts.settling import *
from queueing.testing.contracts.suspects import *
from queueing.testing.contracts.totals import *
from queueing.testing.contracts.unique import *
from queueing.testing.contracts.workers import *
