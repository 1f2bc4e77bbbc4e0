import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.dashboard.browser.lab.settings"

from dashboard.asgi import application  # noqa: F401
