from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model, load_backend
from django.utils.crypto import constant_time_compare

from dashboard.access import Viewer


def viewer_of_session(scope: Mapping[str, Any]) -> Viewer | None:
    """What the socket's session may do now, read anew: the scope keeps what was true when it opened."""
    key = getattr(scope.get("session"), "session_key", None)
    if not key:
        return None
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user_id, backend, proof = (store.get(name) for name in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY))
    if not user_id or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(backend).get_user(get_user_model()._meta.pk.to_python(user_id))
    if user is None or not constant_time_compare(proof or "", user.get_session_auth_hash()):
        return None
    return Viewer.of(user)
