"""Every setting, from the environment (README, "Settings"). One file; a bad value stops the start."""

from pathlib import Path

from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder(Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).resolve())

DEBUG = env.flag("DEBUG", False)
HTTPS = env.flag("HTTPS", False)
DEMO = env.flag("DEMO", True)
PORT = env.number("PORT", 8000, low=1, high=65535)
SECRET_KEY = env.secret_key(DATA_DIR)
FIELD_KEYS = env.field_keys(DATA_DIR)
FIELD_KEYS_GIVEN = bool(env.text("FIELD_KEYS"))  # by the environment, so that the file in DATA_DIR counts for nothing
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# How many proxies in front of us append to X-Forwarded-For; 0 = none, the header is ignored.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, low=0, high=10)
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss"))
AMQP_URL = env.url("AMQP_URL", ("amqp", "amqps"))

INSTALLED_APPS = [
    # The order of the rooms: an app imports only those above it, foreign keys point up.
    "apps.core",
    "apps.events",
    "apps.api",
    "apps.accounts",
    "apps.jobs",
    "apps.telemetry",
    "apps.products",
    "apps.parts",
    "apps.repairs",
    "apps.connectivity",
    "apps.dcm",
    "apps.factory",
    "apps.alerts",
    "apps.workflows",
    "apps.gateway",
    "apps.webhooks",
    "apps.live",
    "apps.console",
    "apps.transfer",
    "apps.operations",
    "apps.demo",
    "backoffice",
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "django_celery_beat",
    "drf_spectacular_sidecar",
    "simple_history",
]

MIDDLEWARE = [
    "backoffice.middleware.ReaderLanguage",
    "backoffice.logs.RequestLog",
    "apps.operations.metrics.CountRequests",
    "backoffice.compression.Compression",
    "backoffice.middleware.SecurityHeaders",
    "backoffice.middleware.BoundedRequests",
    "django.middleware.security.SecurityMiddleware",
    "backoffice.middleware.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "backoffice.middleware.ReaderLocale",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.sessions.SeenSessions",
    "backoffice.middleware.ReaderTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "backoffice.urls"
WSGI_APPLICATION = "backoffice.wsgi.application"
ASGI_APPLICATION = "backoffice.asgi.application"
APPEND_SLASH = False  # the contract's paths have no trailing slash, and units follow no redirects

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "backoffice.sidebar.trail",
            ],
        },
    }
]

# Data. Requests run in a fixed pool of threads, each with its own lasting connection.
# No health check before each: it would cost every request a round trip. After the database restarts, the first request
# of each thread answers 503 and the next one connects anew.
DATABASES = {"default": env.database(DATA_DIR) | {"CONN_MAX_AGE": None}}
STATEMENT_SECONDS = env.seconds("DB_STATEMENT_TIMEOUT", "5s")
PREPARED_STATEMENTS = env.flag("PREPARED_STATEMENTS", True)
if not env.text("DATABASE_URL"):
    # A file, so that tests of races have several connections; pytest-xdist adds the worker's name.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# Series of telemetry (a field of a measurement under a set of tags) that one unit may have.
TELEMETRY_SERIES = env.number("TELEMETRY_SERIES", 500, low=1, high=1_000_000)

# Repair workflows: a folder of definitions beside the shipped ones; one of the same name takes its place.
WORKFLOWS = Path(_own) if (_own := env.text("WORKFLOWS")) else None

# People
SIMPLE_HISTORY_DATE_INDEX = False  # a history is asked for by its row
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.EmailBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "display_name", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "console:login"
LOGIN_REDIRECT_URL = "console:home"
LOGOUT_REDIRECT_URL = "console:login"
PASSWORD_RESET_TIMEOUT = 3 * 86400
# Mail (`smtp://user:password@host:port`, `smtp+tls://…`) and the address under which people reach us, for links in it.
MAIL = env.mail()
globals().update(MAIL)
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "backoffice@localhost")
PUBLIC_URL = env.url("PUBLIC_URL", ("http", "https"))
SESSION_ENGINE = "apps.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# API. Tokens and throttles are declared where they are known (accounts); see apps/api/views.py.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["apps.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.api.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "apps.api.errors.exception_handler",
    "DEFAULT_METADATA_CLASS": None,
    "UNAUTHENTICATED_USER": None,
}

# What treats all tables alike asks here for them, and for the lists of the admin.
CATALOGUE = "backoffice.catalogue"
TABLE_GROUPS = "backoffice.admin.GROUPS"
ADMIN_SITE = "backoffice.admin.site"

# Events: who hears of what stands on one page.
SUBSCRIPTIONS = "backoffice.subscriptions.SUBSCRIPTIONS"

# Long work that people start: the kinds stand on one page too.
WORK = "backoffice.work.KINDS"

# Real-time letters: who settles which kind stands on one page.
LETTERS = "backoffice.letters"
RTC_QUEUE_PREFIX = env.text("RTC_QUEUE_PREFIX")
# A status update that is not answered for so long is sent again, ever more seldom, so often a day at most.
RTC_FALLBACK_SECONDS = env.number("RTC_FALLBACK_SECONDS", 900, low=60, high=86400)
RTC_FALLBACK_MOST = env.number("RTC_FALLBACK_MOST", 6, low=0, high=20)

# Seconds of credit that somebody of a level may take away at once, at every door; unlimited where nothing is said.
CREDIT_REMOVAL_LIMITS = env.numbers("CREDIT_REMOVAL_LIMITS", ("TECHNICAL", "ADMIN", "FACTORY", "SYSTEM"))
# Taken away at once on the pages: above so many seconds (30 days) it waits for a second person; 0 never does.
CREDIT_CONSENT_ABOVE = env.number("CREDIT_CONSENT_ABOVE", 2_592_000, low=0, high=10**12)

# Text messages: without SMS_URL they go to the log. Quotas are for a day (UTC), the price is for one message.
SMS_URL = env.url("SMS_URL", ("kannel", "kannels"))
SMS_WAKEUP_TEXT = env.text("SMS_WAKEUP_TEXT", "WAKEUP")
SMS_PER_UNIT = env.number("SMS_PER_UNIT", 24, low=0, high=100_000)
SMS_PER_ENTITY = env.number("SMS_PER_ENTITY", 10_000, low=0, high=100_000_000)
SMS_RETRIES = env.number("SMS_RETRIES", 3, low=0, high=20)
SMS_COST = env.decimal("SMS_COST")
SMS_CURRENCY = env.text("SMS_CURRENCY", "USD")

# Tasks. The database holds what is to do; the broker only wakes a worker, so losing it loses nothing.
CELERY_BROKER_URL = AMQP_URL or REDIS_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.1} if CELERY_BROKER_URL.startswith("memory:") else {} if AMQP_URL else {"socket_timeout": 5}
)
CELERY_WORKER_PREFETCH_MULTIPLIER = 32 if CELERY_BROKER_URL.startswith("memory:") else 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "apps.operations.schedules:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "events: sweep the outbox": {"task": "apps.events.tasks.relay", "schedule": 30.0},
    "events: forget old ones": {"task": "apps.events.tasks.tidy", "schedule": 86400.0},
    "jobs: carry on long work": {"task": "apps.jobs.tasks.work", "schedule": 30.0},
    "jobs: forget old work": {"task": "apps.jobs.tasks.tidy", "schedule": 86400.0},
    "products: end orders whose time is over": {"task": "apps.products.tasks.lapse", "schedule": 60.0},
    "products: roll software out": {"task": "apps.products.tasks.roll_out", "schedule": 60.0},
    "connectivity: place units by their cells": {"task": "apps.connectivity.tasks.locate", "schedule": 60.0},
    "connectivity: send text messages": {"task": "apps.connectivity.tasks.send_messages", "schedule": 15.0},
    "connectivity: publish real-time letters": {"task": "apps.connectivity.tasks.publish_letters", "schedule": 15.0},
    "connectivity: remind silent units": {"task": "apps.connectivity.tasks.remind", "schedule": 120.0},
    "alerts: judge clocks": {"task": "apps.alerts.tasks.judge_clocks", "schedule": 3600.0},
    "dcm: wake units that take no credit over": {"task": "apps.dcm.tasks.wake_units", "schedule": 3600.0},
    "workflows: go on with repairs that waited": {"task": "apps.workflows.tasks.resume", "schedule": 60.0},
    "api: forget past changes of tables": {"task": "apps.api.tasks.tidy", "schedule": 900.0},
    "accounts: forget old tokens and counters": {"task": "apps.accounts.tasks.tidy", "schedule": 3600.0},
}

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# Languages and times: screens follow the reader, the API speaks UTC.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "backoffice" / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "backoffice.formats"
USE_TZ = True
TIME_ZONE = "UTC"

UNFOLD = {
    "SITE_TITLE": _("Solar back office"),
    "SITE_HEADER": _("Solar back office"),
    "SITE_SYMBOL": "sunny",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/sun.svg")}],
    "COLORS": {
        "primary": {
            "50": "#fff8eb",
            "100": "#feefc7",
            "200": "#fddd8a",
            "300": "#fbc54d",
            "400": "#faad24",
            "500": "#f08c0b",
            "600": "#b45309",
            "700": "#92400e",
            "800": "#78350f",
            "900": "#632d0e",
            "950": "#3b1704",
        },
    },
    "STYLES": [lambda request: static("backoffice/admin.css")],
    "SCRIPTS": [lambda request: static("backoffice/admin.js")],
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": lambda request: reverse("console:language"), "navigation": []},
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"show_search": True, "show_all_applications": False},
}

# Files: kept by browsers for ever, since their address changes with them; served from where they lie (docs/adr/0015).
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_URL = f"/static/{env.version_of(STATICFILES_DIRS[0])}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/" if not DEBUG else None

# Security
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^v1/r[cm]_data$", r"^health/"]  # neither simple modems nor watchdogs follow redirects
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", "")
CSRF_FAILURE_VIEW = "backoffice.errors.csrf_failure"

# Who may read /metrics: whoever sends this; empty: this machine only.
METRICS_TOKEN = env.text("METRICS_TOKEN")

# Logs go to standard error, one line an event; nobody's password, token or key is ever put in one (backoffice/logs.py).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"condensed": {"()": "backoffice.logs.Condensed"}},
    "formatters": {
        "line": {"()": "backoffice.logs.Lines", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "backoffice.logs.JsonLines"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["condensed"],
            "formatter": env.one_of("LOG_FORMAT", "line", ("line", "json")),
        }
    },
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "WARNING")},
    "loggers": {
        "apps": {"level": env.text("LOG_LEVEL", "INFO")},
        "django.request": {"level": "ERROR"},  # a refused request is the proxy's log's affair
    },
}
