"""The console with one page more, whose live view shows whatever a test has put into a file."""

import os
from pathlib import Path

from tests.settings import *  # noqa: F403
from tests.settings import TEMPLATES

ROOT_URLCONF = "tests.dashboard.browser.lab.urls"
TEMPLATES[0]["DIRS"] += [Path(__file__).parent / "templates"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["LAB_FOLDER"] + "/db.sqlite3"}}
