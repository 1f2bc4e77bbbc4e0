"""Those that a store of somebody else's is held to as well."""

from queueing.testing.contracts.store import *
