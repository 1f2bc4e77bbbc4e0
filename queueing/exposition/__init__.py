"""The cluster's figures as Prometheus reads them.

Every endpoint tells those of the whole cluster, for they lie in Redis: scrape the console or the workers. Queries that
take the ``max`` of instances do not mind both.
"""

from queueing.exposition.access import TokenRefused, check_bearer
from queueing.exposition.text import Exposition, expose

__all__ = ["Exposition", "TokenRefused", "check_bearer", "expose"]
