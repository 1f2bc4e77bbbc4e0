"""For an embedding project's asgi.py, in two lines::

from dashboard.routing import with_console
application = with_console(get_asgi_application())
"""

from __future__ import annotations

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from dashboard.consumers import websocket_urlpatterns


def with_console(http: Any) -> ProtocolTypeRouter:
    """``http`` as it is, and beside it the console's websocket under whatever prefix its pages have.

    A project with websockets of its own routes ``dashboard.consumers.websocket_urlpatterns`` among them instead.
    """
    sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
    return ProtocolTypeRouter({"http": http, "websocket": sockets})
