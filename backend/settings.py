"""Settings, read from the environment; every variable stands in `.env.example`."""

import logging
from pathlib import Path

from csp.constants import NONE, SELF

from backend import process_kind
from backend.api.schema_settings import SCHEMA_SETTINGS
from backend.engine_settings import *  # noqa: F403 - Django reads all settings from this module.
from backend.environment import require
from backend.folders import journal_fault, media_fault
from backend.logging import configure_structlog, logging_settings
from backend.mail_settings import *  # noqa: F403 - likewise.
from backend.metric_files import count_in
from backend.openapi import PRODUCT
from backend.settings_base import BASE_DIR, DATABASE_POOL_SIZE, ENV_FILE, PUBLIC_BASE_URL, env, public_url  # noqa: F401
from backend.sign_in_settings import *  # noqa: F403 - likewise.

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

# How many requests may read their body at once: one that stalls holds its thread.
BODY_READERS = env.integer("BODY_READERS", default=8, least=1, most=10_000)

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
