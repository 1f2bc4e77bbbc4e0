"""The console's settings as the tests need them: no environment, cheap passwords, plain static files."""

import os

os.environ.setdefault("SECRET_KEY", "tests-only")

from dashboard.settings import *  # noqa: F403
from dashboard.settings import STORAGES

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True

TASKS = {"default": {"BACKEND": "queueing.tasks.LeveretBackend", "QUEUES": ["default", "letters"]}}
