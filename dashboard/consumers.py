from __future__ import annotations

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.urls import re_path


class LiveConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    pass


websocket_urlpatterns = [re_path(r"(?:^|/)live/$", LiveConsumer.as_asgi())]
