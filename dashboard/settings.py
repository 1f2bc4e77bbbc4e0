"""The console as a project of its own. Everything that differs between deployments comes from the environment."""

from __future__ import annotations

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django
import environ
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
# Without DEBUG an empty key stays empty, and Django refuses to work with it: a key made up at every start would
# log everybody out, and differ between the processes of one deployment.
SECRET_KEY = env.str("SECRET_KEY", default="") or (get_random_secret_key() if DEBUG else "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "django_htmx",
    "queueing.apps.QueueingConfig",
    "dashboard.apps.DashboardConfig",
    *env.list("LEVERET_APPS", default=[]),  # dotted names of apps whose jobs.py this project runs
]
if env.bool("LEVERET_DEMO", default=DEBUG):
    INSTALLED_APPS.append("queueing.demo.apps.DemoConfig")

BUILT_IN_CSP = django.VERSION >= (6, 0)
MIDDLEWARE = [
    "dashboard.proxied.client_address",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware" if BUILT_IN_CSP else "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "dashboard.project"
ASGI_APPLICATION = "dashboard.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# ---------------------------------------------------------------------------------------------------------------------
# Data

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that reads first and writes later would otherwise fail instead of waiting its turn.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "timeout": 10,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "German")]  # those of dashboard/locale; a reader's browser or choice decides

# ---------------------------------------------------------------------------------------------------------------------
# The queue

LEVERET: dict[str, Any] = {
    "default": {
        "AMQP_URL": env.str("LEVERET_AMQP_URL", default="memory://"),
        "REDIS_URL": env.str("LEVERET_REDIS_URL", default="memory://"),
        "PREFIX": env.str("LEVERET_PREFIX", default="leveret"),
        "QUEUE_TYPE": env.str("LEVERET_QUEUE_TYPE", default="quorum"),
        "FAST_LANE": env.bool("LEVERET_FAST_LANE", default=True),
    },
    "ENVIRONMENT": env.str("LEVERET_ENVIRONMENT", default=""),  # a word beside the brand: production, staging
    "READ_ONLY": env.bool("LEVERET_READ_ONLY", default=False),  # nobody changes anything in the console
    "METRICS_TOKEN": env.str("LEVERET_METRICS_TOKEN", default=""),  # what Prometheus brings as a bearer token
    "LIVE_INTERVAL": env.float("LEVERET_LIVE_INTERVAL", default=0.25),  # seconds between two pushes of one view
    "ALERTS": {  # whom manage.py runalerts tells what needs attention
        "MAIL": env.list("LEVERET_ALERT_MAIL", default=[]),
        "WEBHOOK": env.str("LEVERET_ALERT_WEBHOOK", default=""),
        "HEARTBEAT": env.str("LEVERET_ALERT_HEARTBEAT", default=""),
        "URL": env.str("LEVERET_ALERT_URL", default=""),
        "LEVEL": env.str("LEVERET_ALERT_LEVEL", default="warn"),
        "AFTER": env.float("LEVERET_ALERT_AFTER", default=60.0),
        "AGAIN": env.float("LEVERET_ALERT_AGAIN", default=4 * 3600.0),
    },
}

# How mail is sent: smtp://user:password@host:25, smtp+tls://…:587, smtp+ssl://…:465; by default it is printed.
MAILER = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_PATIENCE = 10  # seconds
if django.VERSION >= (6, 1):
    MAILERS: dict[str, Any] = {"default": {"BACKEND": MAILER["EMAIL_BACKEND"]}}
    if MAILER["EMAIL_HOST"]:
        MAILERS["default"]["OPTIONS"] = {
            "host": MAILER["EMAIL_HOST"],
            "port": MAILER["EMAIL_PORT"],
            "username": MAILER["EMAIL_HOST_USER"],
            "password": MAILER["EMAIL_HOST_PASSWORD"],
            "use_tls": MAILER.get("EMAIL_USE_TLS", False),
            "use_ssl": MAILER.get("EMAIL_USE_SSL", False),
            "timeout": EMAIL_PATIENCE,
        }
else:
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = MAILER["EMAIL_BACKEND"], MAILER["EMAIL_HOST"], MAILER["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAILER["EMAIL_HOST_USER"], MAILER["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = MAILER.get("EMAIL_USE_TLS", False), MAILER.get("EMAIL_USE_SSL", False)
    EMAIL_TIMEOUT = EMAIL_PATIENCE
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("FROM_EMAIL", default="leveret@localhost")

# Django's own @task, from any app's tasks.py; an empty list: any queue. Before Django 6.0 they need a backport.
if django.VERSION >= (6, 0) or find_spec("django_tasks"):
    TASKS = {"default": {"BACKEND": "queueing.tasks.LeveretBackend", "QUEUES": []}}

# ---------------------------------------------------------------------------------------------------------------------
# Who may enter

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "dashboard:login"
LOGIN_REDIRECT_URL = "dashboard:overview"
LOGOUT_REDIRECT_URL = "dashboard:login"
SESSION_COOKIE_AGE = int(timedelta(hours=8).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
AXES_FAILURE_LIMIT = env.int("LOGIN_TRIES", default=5)
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "dashboard.views.login.locked_out"

# Plain HTTP is the default, for a first look on localhost. Set BEHIND_HTTPS=1 where a proxy ends TLS.
BEHIND_HTTPS = env.bool("BEHIND_HTTPS", default=False)
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^livez$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=int(timedelta(days=30).total_seconds()) if BEHIND_HTTPS else 0)
if BEHIND_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PROXIES = env.int("PROXIES", default=0)  # in front of this, each of which adds to X-Forwarded-For
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "dashboard.views.errors.csrf_failure"

CSP: dict[str, list[str]] = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],  # the websocket too: 'self' covers ws: and wss: of the same host (CSP level 3)
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
SECURE_CSP = CSP  # Django 6
CONTENT_SECURITY_POLICY = {"DIRECTIVES": CSP}  # django-csp, on Django 5.2

# ---------------------------------------------------------------------------------------------------------------------
# Static files

# From the source folders, without collectstatic: for development and the demo.
STATIC_FROM_SOURCE = env.bool("STATIC_FROM_SOURCE", default=DEBUG)
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "dashboard.storage.PlainStorage" if STATIC_FROM_SOURCE else "dashboard.storage.ModuleStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = STATIC_FROM_SOURCE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "aio_pika": {"level": "ERROR"},
        "aiormq": {"level": "ERROR"},
        # It calls every vain attempt to connect an error; the pages say what is wrong.
        "aiormq.connection": {"level": "CRITICAL"},
    },
}
