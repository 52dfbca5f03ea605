"""Settings, read from the environment; every variable stands in `.env.example`."""

import logging
from pathlib import Path

from csp.constants import NONE, SELF

from backend import process_kind
from backend.api.schema_settings import SCHEMA_SETTINGS
from backend.environment import require
from backend.folders import journal_fault, media_fault
from backend.logging import configure_structlog, logging_settings
from backend.mail_settings import *  # noqa: F403 - Django reads all settings from this module.
from backend.metric_files import count_in
from backend.openapi import PRODUCT
from backend.schedule import beat_schedule
from backend.service_urls import database_settings, redis_url
from backend.settings_base import BASE_DIR, DATABASE_POOL_SIZE, ENV_FILE, PUBLIC_BASE_URL, env, public_url  # noqa: F401
from backend.sign_in_settings import *  # noqa: F403 - likewise.

TIMEOUT_PARAMETERS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

# --- Identity ---------------------------------------------------------------------------------

SECRET_KEY = env.secret("SECRET_KEY").decode()
DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]")
require(ALLOWED_HOSTS, "ALLOWED_HOSTS must name a host: without one every request is refused.")

INSTALLED_APPS = [
    # Its templates stand before those of the two that follow.
    "backend.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "rest_framework",
    "backend.api",
    "catalog",
    "reviews",
    "votes",
    "comparisons",
    "newsletter",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "backend.api.requests.RequestIdMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "backend.site.StaticFiles",
    "backend.site.ContentSecurityPolicy",
    "backend.site.PermissionsPolicy",
    "corsheaders.middleware.CorsMiddleware",
    "backend.api.requests.RequestLimitsMiddleware",
    "backend.api.requests.ConditionalReadMiddleware",
    "backend.site.Sessions",
    "backend.site.HostCheck",
    "django.middleware.csrf.CsrfViewMiddleware",
    "backend.site.Authentication",
    "backend.site.StaffBodies",
    "backend.site.Messages",
    "allauth.account.middleware.AccountMiddleware",
    "backend.admin.zones.ReadersZone",
    "backend.admin.signing_in.SecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "backend.urls"
WSGI_APPLICATION = "backend.wsgi.application"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "backend.api.problems.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Engines ----------------------------------------------------------------------------------

# How many milliseconds a request of a reader may take; one that the database holds up longer gets a 503.
REQUEST_TIMEOUT = env.integer("REQUEST_TIMEOUT", default=1_800, least=100, most=600_000)
# How many requests may read their body at once: one that stalls holds its thread.
BODY_READERS = env.integer("BODY_READERS", default=8, least=1, most=10_000)
# How long the server lets one statement run, wait for one lock, and leave a transaction idle, in milliseconds, by kind of
# process; 0: without end. PgBouncer drops these options: there the role carries them (docs/operators.md).
DATABASE_TIMEOUTS = {
    kind: env.integers(f"DATABASE_TIMEOUTS_{kind.upper()}", default=default, least=0, most=86_400_000)
    for kind, default in {
        "web": (30_000, 1_500, 10_000),
        "worker": (600_000, 10_000, 300_000),
        "migrate": (0, 1_000, 600_000),
        "command": (3_600_000, 600_000, 600_000),
    }.items()
}
for _kind, _values in DATABASE_TIMEOUTS.items():
    require(
        len(_values) == len(TIMEOUT_PARAMETERS),
        f"DATABASE_TIMEOUTS_{_kind.upper()} must be three numbers, like 30000,1500,10000, not {_values!r}.",
    )
_TIMEOUTS = [
    f"-c {parameter}={value}"
    for parameter, value in zip(TIMEOUT_PARAMETERS, DATABASE_TIMEOUTS[process_kind.current], strict=True)
]
# What DATABASE_URL says itself wins.
DATABASES = {
    "default": {
        **database_settings(
            env.text("DATABASE_URL"),
            options={
                # A request waits so long for a connection, then answers 503; the next tries again, where the default backs
                # off for minutes. Celery closes the pool after each task: one never empty would make two connections.
                "pool": {
                    "min_size": 1 if process_kind.current == "web" else 0,
                    "max_size": DATABASE_POOL_SIZE,
                    "timeout": REQUEST_TIMEOUT / 1000,
                    "reconnect_timeout": 1,
                },
                "connect_timeout": 2,
                # Prepared statements, which Django does not use by default, halve PostgreSQL's share of a read.
                "server_side_binding": True,
                "prepare_threshold": 1,
                # Statements take milliseconds here; compiling one can take half a second.
                "options": " ".join(("-c jit=off", *_TIMEOUTS)),
            },
        ),
        "CONN_MAX_AGE": 0,
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = redis_url(env.text("REDIS_URL"))
_REDIS_TIMEOUTS = {"socket_connect_timeout": 0.3, "socket_timeout": 0.3}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "verdicts",
        "OPTIONS": _REDIS_TIMEOUTS,
    },
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Publishing times out after half a second while Redis does not answer; by default it waits without end.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, **_REDIS_TIMEOUTS}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
CELERY_TASK_ACKS_LATE = True
# A task whose process dies is retried twice and then given up, so that it does not kill one process after the other.
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_ANNOTATIONS = {"*": {"max_retries": 2, "default_retry_delay": 5}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Queues of their own: a slow mail server delays no other task, and an edition delays no sign-up.
CELERY_TASK_ROUTES = {
    "newsletter.tasks.send": {"queue": "mail"},
    "newsletter.tasks.send_due_jobs": {"queue": "sign-ups"},
}
CELERY_TIMEZONE = "UTC"
# A worker that takes no task for so long, while tasks wait in its queues, ends itself.
WATCHDOG_SECONDS = env.integer("WATCHDOG_SECONDS", default=60, least=1, most=3600)

# How often beat starts the task that sends editions.
SENDING_TICK_SECONDS = env.integer("SENDING_TICK_SECONDS", default=10, least=1, most=3600)
# How often the counted votes that readers see move: once a day, when the day is closed. With shorter steps, who votes
# on a quiet tool learns from the next one whether the vote counts.
TALLY_PUBLISH_SECONDS = env.integer("TALLY_PUBLISH_SECONDS", default=86_400, least=1, most=86_400)
CELERY_BEAT_SCHEDULER = "backend.beat.Scheduler"
CELERY_BEAT_SCHEDULE = beat_schedule(
    tally_publish_seconds=TALLY_PUBLISH_SECONDS, sending_tick_seconds=SENDING_TICK_SECONDS
)

# --- The desk ---------------------------------------------------------------------------------

# How long it is kept which rows a bulk action was of: for so long it can be undone.
BULK_UNDO_DAYS = env.integer("BULK_UNDO_DAYS", default=90, least=1, most=3650)

# --- Voters -----------------------------------------------------------------------------------

# Sign voters' tokens; the pepper keys the hashes of their ids.
VOTER_KEYS = env.key_ring("VOTER_KEYS")
VOTER_PEPPER = env.secret("VOTER_PEPPER")
# The rate limits of one voter's votes.
VOTE_LIMITS = env.request_limits("VOTE_LIMITS", default="30/60,200/86400")
VOTER_TOKEN_DAYS = env.integer("VOTER_TOKEN_DAYS", default=180, least=1, most=3650)
# Letters alone: WSGI makes one variable of X-Real-IP and X_Real_IP, and the later one wins, so a client could overwrite
# what the proxy has set.
CLIENT_ADDRESS_HEADER = env.matching(
    "CLIENT_ADDRESS_HEADER", "[A-Za-z]+", example="ClientAddress, a header's name of letters alone"
)
# Only from these is the header believed.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
require(
    bool(CLIENT_ADDRESS_HEADER) == bool(TRUSTED_PROXIES),
    "CLIENT_ADDRESS_HEADER and TRUSTED_PROXIES go together: anybody else who reaches our port could put any address there.",
)
BEHIND_TLS_PROXY = env.flag("BEHIND_TLS_PROXY", default=False)
require(
    CLIENT_ADDRESS_HEADER or not BEHIND_TLS_PROXY,
    "BEHIND_TLS_PROXY=true needs CLIENT_ADDRESS_HEADER and TRUSTED_PROXIES: otherwise all readers have the proxy's address,"
    " and share the limits of one.",
)

VOTER_CHALLENGE = env.choice("VOTER_CHALLENGE", ("none", "proof_of_work", "turnstile"), default="none")
PROOF_OF_WORK_BITS = env.integer("PROOF_OF_WORK_BITS", default=16, least=1, most=32)
TURNSTILE_SITE_KEY = env.text("TURNSTILE_SITE_KEY", default="")
TURNSTILE_SECRET_KEY = env.text("TURNSTILE_SECRET_KEY", default="")
TURNSTILE_URL = env.web_address(
    "TURNSTILE_URL", default="https://challenges.cloudflare.com/turnstile/v0/siteverify"
)
TURNSTILE_HOSTNAMES = env.items("TURNSTILE_HOSTNAMES")
require(
    VOTER_CHALLENGE != "turnstile" or all((TURNSTILE_SITE_KEY, TURNSTILE_SECRET_KEY, TURNSTILE_HOSTNAMES)),
    "VOTER_CHALLENGE=turnstile needs TURNSTILE_SITE_KEY, TURNSTILE_SECRET_KEY and TURNSTILE_HOSTNAMES.",
)

# --- The API ----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "backend.api.schema.AutoSchema",
    # EXCEPTION_HANDLER_CLASS below is where ours comes in.
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "backend.api.problems.ProblemHandler",
}

SPECTACULAR_SETTINGS = SCHEMA_SETTINGS | PRODUCT

CORS_ALLOWED_ORIGINS, CORS_ALLOWED_ORIGIN_REGEXES = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
]
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    # Browsers and tracing libraries add these by themselves, and some HTTP clients.
    "baggage",
    "cache-control",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "pragma",
    "traceparent",
    "tracestate",
    "x-request-id",
    "x-requested-with",
]

# --- Public answers in memory -----------------------------------------------------------------

# How many bytes of answers a process keeps; 0: none.
RESPONSE_CACHE_BYTES = env.integer("RESPONSE_CACHE_BYTES", default=67_108_864, least=0, most=1 << 40)
# For how many milliseconds an answer is believed while changes of the database are not heard.
RESPONSE_CACHE_AGE = env.integer("RESPONSE_CACHE_AGE", default=1_000, least=0, most=60_000)
# Of so many requests that memory answers one is logged; 0: none. All are counted.
RESPONSE_CACHE_LOG_EVERY = env.integer("RESPONSE_CACHE_LOG_EVERY", default=1, least=0, most=1_000_000)
# PostgreSQL itself, where DATABASE_URL leads to a pooler: notifications do not pass one. Empty: as DATABASE_URL.
_listen_url = env.text("DATABASE_LISTEN_URL", default="")
DATABASE_LISTEN = (
    database_settings(_listen_url, name="DATABASE_LISTEN_URL", options={"options": " ".join(_TIMEOUTS)})
    if _listen_url
    else {}
)

# --- Language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# --- Files ------------------------------------------------------------------------------------

STATIC_URL = "/static/"
# Of the admin and the docs page. The image has them collected; elsewhere WhiteNoise serves them from their packages.
_collected = BASE_DIR / "static"
STATIC_ROOT = _collected if _collected.is_dir() else None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = False
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(
    env.matching("MEDIA_ROOT", "/.+", example="/data/media", default=str(BASE_DIR / "var" / "media"))
)

# Commands are often another user's; a system check tells them of the journal (backend/checks.py).
if process_kind.current in {"web", "worker"}:
    for _fault in (
        journal_fault(SUPPRESSION_JOURNAL),  # noqa: F405
        media_fault(MEDIA_ROOT, is_written=process_kind.current == "worker"),
    ):
        require(not _fault, _fault)

# --- Security ---------------------------------------------------------------------------------

_https = public_url.scheme == "https"
SECURE_SSL_REDIRECT = _https
# Else the redirect would lead to whatever host the request names.
SECURE_SSL_HOST = f"{public_url.netloc}{public_url.path}" if _https else None
# Load balancers and Prometheus use plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^statusz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
# Browsers keep to this for a year, and a name on the preload list stays there: only the operator knows every subdomain.
_hsts = env.choice("HSTS", ("host", "subdomains", "preload"), default="host")
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https and _hsts != "host"
SECURE_HSTS_PRELOAD = _https and _hsts == "preload"
# They ask for the two above.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
CSRF_TRUSTED_ORIGINS = [f"https://{public_url.netloc}"] if _https else []
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        # Swagger UI sets inline styles.
        "style-src": [SELF, "'unsafe-inline'"],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {"camera": [], "geolocation": [], "microphone": []}

# --- Logs -------------------------------------------------------------------------------------

# Logging a user's id would make /healthz query the database; the admin has a log of its own.
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
# RequestIdMiddleware, which runs before, has validated the header.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# One line a request, written at its end.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
configure_structlog()
LOGGING = logging_settings(
    level=env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO"),
    # Where errors are sent; empty: nowhere.
    sentry_dsn=env.sentry_dsn("SENTRY_DSN"),
)

# --- Metrics ----------------------------------------------------------------------------------

# Where the processes of one machine count; commands do not, for they are often another user's.
METRICS_DIR = Path(
    env.matching("METRICS_DIR", "/.+", example="/data/metrics", default=str(BASE_DIR / "var" / "metrics"))
)
if process_kind.current in {"web", "worker"}:
    count_in(METRICS_DIR)
