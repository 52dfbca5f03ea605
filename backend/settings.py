"""Settings, read from the environment; every variable stands in `.env.example`."""

import logging
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from backend.environment import key_ring, letters_only_header, long_secret, request_limits, rsa_key
from backend.mail_providers import anymail_settings, mail_hooks, mail_provider

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

# --- Who we are -------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Links we hand out are built from this, never from a request's Host header.
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")

_public_url = urlsplit(PUBLIC_BASE_URL)
if _public_url.scheme not in {"http", "https"} or not _public_url.hostname:
    raise ImproperlyConfigured(
        f"PUBLIC_BASE_URL must be like https://api.example.com, not {PUBLIC_BASE_URL!r}."
    )

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
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
    "backend.admin",
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
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "backend.site.Authentication",
    "backend.site.Messages",
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

DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=16)
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL"),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            # A request waits two seconds for a connection, then it is told to come again. The pool's default goes on
            # trying for minutes, each time twice as long apart; giving up lets the next request begin anew.
            "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 2, "reconnect_timeout": 1},
            "connect_timeout": 2,
            # Django prepares nothing by default; this halves PostgreSQL's share of a read.
            "server_side_binding": True,
            "prepare_threshold": 1,
            # Our statements take milliseconds; compiling them can take half a second.
            "options": "-c jit=off",
        },
    },
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must name a PostgreSQL database: postgres://user:password@host/name."
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
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
# Whoever publishes while Redis is silent is kept waiting for half a second, where the defaults wait for ever.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, **_REDIS_TIMEOUTS}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
CELERY_TASK_ACKS_LATE = True
# A task whose process dies is tried twice again, and then given up: its message must not kill one process after the other.
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_ANNOTATIONS = {"*": {"max_retries": 2, "default_retry_delay": 5}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A slow mail server must not hold up anything else, nor an edition those who sign up.
CELERY_TASK_ROUTES = {
    "newsletter.tasks.send": {"queue": "mail"},
    "newsletter.tasks.send_due_jobs": {"queue": "sign-ups"},
}
CELERY_TIMEZONE = "UTC"
# A worker that takes nothing for so long while work waits for it ends itself.
WATCHDOG_SECONDS = env.int("WATCHDOG_SECONDS", default=60)
if not 1 <= WATCHDOG_SECONDS <= 3600:
    raise ImproperlyConfigured(f"WATCHDOG_SECONDS must be from 1 to 3600, not {WATCHDOG_SECONDS}.")

# How often the clock looks at what is to be mailed.
SENDING_TICK_SECONDS = env.int("SENDING_TICK_SECONDS", default=10)
# Readers see tallies move in steps of this many seconds.
TALLY_PUBLISH_SECONDS = env.int("TALLY_PUBLISH_SECONDS", default=60)
if not 1 <= TALLY_PUBLISH_SECONDS <= 3600:
    raise ImproperlyConfigured(f"TALLY_PUBLISH_SECONDS must be from 1 to 3600, not {TALLY_PUBLISH_SECONDS}.")

CELERY_BEAT_SCHEDULER = "backend.beat.Scheduler"
# Every task may come late, twice or not at all: its next round does the same work.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # What waited longer than its interval says nothing about the worker of now.
    "worker-heartbeat": {"task": "backend.heartbeat", "schedule": 15, "options": {"expires": 15}},
    "publish-tallies": {
        "task": "votes.tasks.publish_tallies",
        "schedule": TALLY_PUBLISH_SECONDS,
        "options": {"expires": TALLY_PUBLISH_SECONDS},
    },
    "close-yesterday": {"task": "votes.tasks.close_yesterday", "schedule": crontab(minute="*/10")},
    "rescore": {"task": "votes.tasks.rescore", "schedule": crontab(minute="*/15")},
    "reconcile-tallies": {
        "task": "votes.tasks.reconcile_tallies",
        "schedule": crontab(hour="3", minute="20"),
    },
    "mail": {
        "task": "newsletter.tasks.tick",
        "schedule": SENDING_TICK_SECONDS,
        "options": {"expires": SENDING_TICK_SECONDS},
    },
    "record-verdicts": {
        "task": "comparisons.tasks.record_verdicts",
        "schedule": crontab(minute="*/3"),
        "options": {"expires": 180},
    },
    "send-due-mail": {
        "task": "newsletter.tasks.send_due_jobs",
        "schedule": 5,
        "options": {"expires": 5},
    },
    "forget-sign-ups": {"task": "newsletter.tasks.forget", "schedule": crontab(minute="50")},
    "forget-votes": {"task": "votes.tasks.forget", "schedule": crontab(minute="40")},
    "forget": {"task": "backend.forget", "schedule": crontab(minute="45")},
}

# --- Voters -----------------------------------------------------------------------------------

VOTER_KEYS = key_ring("VOTER_KEYS", env.str("VOTER_KEYS"))
VOTER_PEPPER = long_secret("VOTER_PEPPER", env.str("VOTER_PEPPER"))
# How often one voter may vote: requests/seconds.
VOTE_LIMITS = request_limits("VOTE_LIMITS", env.str("VOTE_LIMITS", default="30/60,200/86400"))
VOTER_TOKEN_DAYS = env.int("VOTER_TOKEN_DAYS", default=180)
CLIENT_ADDRESS_HEADER = letters_only_header(
    "CLIENT_ADDRESS_HEADER", env.str("CLIENT_ADDRESS_HEADER", default="")
)

VOTER_CHALLENGE = env.str("VOTER_CHALLENGE", default="none")
PROOF_OF_WORK_BITS = env.int("PROOF_OF_WORK_BITS", default=16)
TURNSTILE_SITE_KEY = env.str("TURNSTILE_SITE_KEY", default="")
TURNSTILE_SECRET_KEY = env.str("TURNSTILE_SECRET_KEY", default="")
TURNSTILE_URL = env.str("TURNSTILE_URL", default="https://challenges.cloudflare.com/turnstile/v0/siteverify")
TURNSTILE_HOSTNAMES = env.list("TURNSTILE_HOSTNAMES", default=[])

if not 1 <= VOTER_TOKEN_DAYS <= 3650:
    raise ImproperlyConfigured(f"VOTER_TOKEN_DAYS must be from 1 to 3650, not {VOTER_TOKEN_DAYS}.")
if VOTER_CHALLENGE not in {"none", "proof_of_work", "turnstile"}:
    raise ImproperlyConfigured(
        f"VOTER_CHALLENGE must be none, proof_of_work or turnstile, not {VOTER_CHALLENGE!r}."
    )
if not 1 <= PROOF_OF_WORK_BITS <= 32:
    raise ImproperlyConfigured(f"PROOF_OF_WORK_BITS must be from 1 to 32, not {PROOF_OF_WORK_BITS}.")
if VOTER_CHALLENGE == "turnstile" and not (
    TURNSTILE_SITE_KEY and TURNSTILE_SECRET_KEY and TURNSTILE_HOSTNAMES
):
    raise ImproperlyConfigured(
        "VOTER_CHALLENGE=turnstile needs TURNSTILE_SITE_KEY, TURNSTILE_SECRET_KEY and TURNSTILE_HOSTNAMES."
    )
if urlsplit(TURNSTILE_URL).scheme not in {"http", "https"}:
    raise ImproperlyConfigured(f"TURNSTILE_URL must be an http(s) address, not {TURNSTILE_URL!r}.")

# --- Mail -------------------------------------------------------------------------------------

# Empty: mail goes to the SMTP server of EMAIL_URL.
MAIL_PROVIDER = mail_provider(env.str("MAIL_PROVIDER", default=""), env.ENVIRON)
# Whose webhooks are answered; empty: nobody's.
MAIL_HOOKS = mail_hooks(env.str("MAIL_HOOKS", default=""), provider=MAIL_PROVIDER, environment=env.ENVIRON)
# The only topics of Amazon SNS that we listen to.
SNS_TOPIC_ARNS = env.list("SNS_TOPIC_ARNS", default=[])
ANYMAIL = anymail_settings(env.ENVIRON, public_base_url=PUBLIC_BASE_URL)
if MAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
else:
    vars().update(env.email_url("EMAIL_URL"))
# Django would wait for ever.
EMAIL_TIMEOUT = 10
# The sender that readers see, and the domain of Message-IDs.
MAIL_FROM = env.str("MAIL_FROM")
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default="") or parseaddr(MAIL_FROM)[1].rpartition("@")[2]
# Who signs mail by DKIM; all empty: the mail server or the provider does.
DKIM_DOMAIN = env.str("DKIM_DOMAIN", default="")
DKIM_SELECTOR = env.str("DKIM_SELECTOR", default="")
_dkim_key = env.str("DKIM_PRIVATE_KEY", default="")
DKIM_PRIVATE_KEY = rsa_key("DKIM_PRIVATE_KEY", _dkim_key) if _dkim_key else None
# Signs the links to preferences and to unsubscribe, which stand in readers' mailboxes for years.
NEWSLETTER_KEYS = key_ring("NEWSLETTER_KEYS", env.str("NEWSLETTER_KEYS"))
NEWSLETTER_PEPPER = long_secret("NEWSLETTER_PEPPER", env.str("NEWSLETTER_PEPPER"))
# A file outside the database that outlives its restores; empty: none is kept.
SUPPRESSION_JOURNAL = env.str("SUPPRESSION_JOURNAL", default="")
# How many sign-ups a minute we believe, from everywhere together.
SIGN_UPS_A_MINUTE = env.int("SIGN_UPS_A_MINUTE", default=300)
# Where the frontend has pages of its own for confirm, preferences and unsubscribe; empty: ours are shown.
SITE_NEWSLETTER_URL = env.str("SITE_NEWSLETTER_URL", default="").rstrip("/")
# Where a catcher keeps all mail, for the page /mail/ to show.
DEBUG_MAIL_DIR = env.str("DEBUG_MAIL_DIR", default="")
# The frontend's address, to which the mail's links to tools and comparisons lead; without one, the API's own answers.
SITE_URL = env.str("SITE_URL", default="").rstrip("/") or f"{PUBLIC_BASE_URL}/api/v1"
# Laws on bulk mail ask for the sender's postal address in each copy.
NEWSLETTER_POSTAL_ADDRESS = env.str("NEWSLETTER_POSTAL_ADDRESS", default="")
NEWSLETTER_ZONE = env.str("NEWSLETTER_ZONE", default="Europe/Berlin")
NEWSLETTER_WEEKDAY = env.int("NEWSLETTER_WEEKDAY", default=2)
NEWSLETTER_TIME = env.str("NEWSLETTER_TIME", default="08:00")
# A restored copy of the database must not mail anybody.
SENDING_ENABLED = env.bool("SENDING_ENABLED", default=True)
# How many messages ask workers to send at once, and mails a minute at most; 0: as many as the server takes.
SENDING_PROCESSES = env.int("SENDING_PROCESSES", default=2)
# A process sends one mail over each of these at a time: so many are in doubt when it dies.
SENDING_CONNECTIONS = env.int("SENDING_CONNECTIONS", default=4)
SENDING_PER_MINUTE = env.int("SENDING_PER_MINUTE", default=0)
# How long a worker may hold what it has claimed.
SENDING_CLAIM_SECONDS = env.int("SENDING_CLAIM_SECONDS", default=120)
# RFC 5321, 4.5.3.2.6: a server may take ten minutes to answer the final dot.
SENDING_FINAL_SECONDS = env.int("SENDING_FINAL_SECONDS", default=600)
# Even a round of sending whose last mail waits for such an answer is over by then; a message that is held for longer than
# the broker's visibility_timeout would be handed out again.
CELERY_TASK_TIME_LIMIT = max(600, SENDING_FINAL_SECONDS + 300)
# When the mail server was away, the next try.
SENDING_OUTAGE_SECONDS = env.int("SENDING_OUTAGE_SECONDS", default=30)
# The pauses between tries of one copy; when they are used up it has failed.
SENDING_RETRY_SECONDS = env.list("SENDING_RETRY_SECONDS", cast=int, default=[60, 300, 1800, 7200, 21600])

if not re.fullmatch(r"[^\x00-\x1f\x7f]*", MAIL_FROM) or "@" not in parseaddr(MAIL_FROM)[1]:
    raise ImproperlyConfigured(
        f"MAIL_FROM must be like AI Tool Verdicts <digest@example.com>, not {MAIL_FROM!r}."
    )
if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", MAIL_DOMAIN):
    raise ImproperlyConfigured(f"MAIL_DOMAIN must be like mail.example.com, not {MAIL_DOMAIN!r}.")
for _arn in SNS_TOPIC_ARNS:
    if not re.fullmatch(r"arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[\w.-]+", _arn):
        raise ImproperlyConfigured(
            f"SNS_TOPIC_ARNS must be like arn:aws:sns:eu-west-1:123456789012:mail, not {_arn!r}."
        )
if len({bool(DKIM_DOMAIN), bool(DKIM_SELECTOR), bool(_dkim_key)}) > 1:
    raise ImproperlyConfigured(
        "DKIM_DOMAIN, DKIM_SELECTOR and DKIM_PRIVATE_KEY go together: set all or none."
    )
if DKIM_DOMAIN and MAIL_PROVIDER:
    raise ImproperlyConfigured(
        "DKIM_DOMAIN is for SMTP servers that do not sign: providers sign by themselves."
    )
if DKIM_DOMAIN and not f".{parseaddr(MAIL_FROM)[1].rpartition('@')[2].lower()}".endswith(f".{DKIM_DOMAIN}"):
    raise ImproperlyConfigured(
        f"DKIM_DOMAIN must be the domain of MAIL_FROM or one above it, for DMARC to pass, not {DKIM_DOMAIN!r}."
    )
if DKIM_SELECTOR and not re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", DKIM_SELECTOR):
    raise ImproperlyConfigured(f"DKIM_SELECTOR must be like s2026, not {DKIM_SELECTOR!r}.")
if SUPPRESSION_JOURNAL and not Path(SUPPRESSION_JOURNAL).is_absolute():
    raise ImproperlyConfigured(
        f"SUPPRESSION_JOURNAL must be a whole path like /data/journal/suppressions, not {SUPPRESSION_JOURNAL!r}."
    )
if not 1 <= SIGN_UPS_A_MINUTE <= 1_000_000:
    raise ImproperlyConfigured(f"SIGN_UPS_A_MINUTE must be from 1 to 1000000, not {SIGN_UPS_A_MINUTE}.")
if SITE_NEWSLETTER_URL and urlsplit(SITE_NEWSLETTER_URL).scheme not in {"http", "https"}:
    raise ImproperlyConfigured(
        f"SITE_NEWSLETTER_URL must be an http(s) address, not {SITE_NEWSLETTER_URL!r}."
    )
if DEBUG_MAIL_DIR and _public_url.hostname not in {"localhost", "127.0.0.1", "::1"}:
    raise ImproperlyConfigured(
        "DEBUG_MAIL_DIR shows everybody's mail: PUBLIC_BASE_URL must be this machine's."
    )
if urlsplit(SITE_URL).scheme not in {"http", "https"} or not urlsplit(SITE_URL).hostname:
    raise ImproperlyConfigured(f"SITE_URL must be like https://www.example.com, not {SITE_URL!r}.")
if not 1 <= NEWSLETTER_WEEKDAY <= 7:
    raise ImproperlyConfigured(
        f"NEWSLETTER_WEEKDAY must be from 1, Monday, to 7, Sunday, not {NEWSLETTER_WEEKDAY}."
    )
if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", NEWSLETTER_TIME):
    raise ImproperlyConfigured(f"NEWSLETTER_TIME must be like 08:00, not {NEWSLETTER_TIME!r}.")
if NEWSLETTER_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"NEWSLETTER_ZONE must be like Europe/Berlin, not {NEWSLETTER_ZONE!r}.")
for _name, _value, _least, _most in (
    ("SENDING_TICK_SECONDS", SENDING_TICK_SECONDS, 1, 3600),
    ("SENDING_PROCESSES", SENDING_PROCESSES, 1, 100),
    ("SENDING_PER_MINUTE", SENDING_PER_MINUTE, 0, 1_000_000),
    ("SENDING_CLAIM_SECONDS", SENDING_CLAIM_SECONDS, 1, 3600),
    ("SENDING_FINAL_SECONDS", SENDING_FINAL_SECONDS, 1, 3000),
    ("SENDING_OUTAGE_SECONDS", SENDING_OUTAGE_SECONDS, 1, 3600),
    *(("Each of SENDING_RETRY_SECONDS", seconds, 1, 604_800) for seconds in SENDING_RETRY_SECONDS),
):
    if not _least <= _value <= _most:
        raise ImproperlyConfigured(f"{_name} must be from {_least} to {_most}, not {_value}.")
if not SENDING_RETRY_SECONDS:
    raise ImproperlyConfigured("SENDING_RETRY_SECONDS must name at least one pause, like 60,300.")
if not 1 <= SENDING_CONNECTIONS < DATABASE_POOL_SIZE:
    # Each has one to the database, too, and one is left for the task that they belong to.
    raise ImproperlyConfigured(
        f"SENDING_CONNECTIONS must be from 1 to less than DATABASE_POOL_SIZE, not {SENDING_CONNECTIONS}."
    )

# --- The API ----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "backend.api.schema.AutoSchema",
    # The schema generator recognises this handler by identity; ours hooks in behind it, below.
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "backend.api.problems.ProblemHandler",
    "ALLOWED_ERROR_STATUS_CODES": ["400", "404"],
    "ERROR_SCHEMAS": {
        "400": "backend.api.problems.ProblemSerializer",
        "404": "backend.api.problems.ProblemSerializer",
    },
}

SPECTACULAR_SETTINGS = {
    "TITLE": "AI Tool Verdicts",
    "DESCRIPTION": """\
Compares AI tools two at a time and says which one to ship with.

- Reads need no credentials, votes a token that anybody gets from `POST /voters`.
- Times are RFC 3339 in UTC, days `YYYY-MM-DD`.
- Every documented property is present, and `null` where nothing is known: no votes is `null`, never 0. Only
  `fields=` leaves properties out.
- Lists answer `{results, next, previous}`; follow `next` and `previous` as they are.
- An unknown parameter or value is refused with a 400 that names what is allowed.
- Every error is `application/problem+json`; `type` leads to its explanation.
- Public answers carry an `ETag`: send it back as `If-None-Match`, and an unchanged answer is a 304 without a body.
""",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "CONTACT": {"name": "The AI Tool Verdicts team"},
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVERS": [{"url": "/", "description": "The host that serves this document"}],
    "TAGS": [
        {"name": "tools", "description": "Products under review, with the panel's and the crowd's counts."},
        {"name": "categories", "description": "What tools are sorted into."},
        {"name": "comparisons", "description": "Tools side by side, and the verdict on them."},
        {"name": "reviews", "description": "What one reviewer says of one tool."},
        {"name": "reviewers", "description": "The personas of the panel."},
        {"name": "rankings", "description": "Tools in order, by panel or crowd."},
        {"name": "voters", "description": "How a reader becomes a voter: no account, one token."},
        {"name": "votes", "description": "A voter's own votes and picks."},
        {
            "name": "newsletter",
            "description": "The weekly mail: subscribing, choosing, leaving, and its archive.",
        },
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            # Of the type http it would be exact, and the docs page would not let anybody try it: it knows no such scheme.
            "voter": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Voter <token>`, the token being one from `POST /voters`.",
            },
            "subscriber": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": (
                    "`Subscriber <token>`, the token being that of a mail's links, or one from "
                    "`POST /newsletter/subscriptions/confirm`."
                ),
            },
        },
    },
    "SCHEMA_PATH_PREFIX": r"/api/v\d+",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.api.schema.plain_null",
        "backend.api.schema.add_shared_answers",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # The viewer would ask a host of its makers whether the document is valid.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    # A nullable enum names null as a choice of its own; a hook turns that into plain null.
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "PATH_CONVERTER_OVERRIDES": {"slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}},
    "ENUM_SUFFIX": "",
    "ENUM_NAME_OVERRIDES": {
        "CrowdStatus": ["none", "few", "enough"],
        "CrowdCall": ["ship", "skip", "undecided"],
        "ToolStatus": ["published", "archived"],
        "EntryPrice": "catalog.models.Tool.Entry",
        "PricingModel": "catalog.models.Tool.PricingModel",
        "ReviewVerdict": "reviews.models.Review.Verdict",
        "PanelCall": ["ship", "mixed", "skip", "unreviewed"],
        "ComparisonKind": ["curated", "computed"],
        "RowAgreement": ["both_ship", "both_skip", "split", "one_sided"],
        "Outcome": ["winner", "tie", "insufficient"],
        "DecidedBy": ["panel", "community"],
        "EditionItemKind": ["comparison", "verdict", "review", "crowd", "correction"],
        "VerdictCause": ["first", "panel", "votes", "rule"],
        "Strength": ["unanimous", "clear", "narrow"],
        "ChallengeKind": ["none", "proof_of_work", "turnstile"],
        "SubscriberStatus": "newsletter.models.Subscriber.Status",
        "MailFrequency": "newsletter.models.Subscriber.Frequency",
        "SuppressionReason": "newsletter.models.Suppression.Reason",
        "ConsentDeed": "newsletter.models.Consent.Deed",
        "ConsentSource": "newsletter.models.Consent.Source",
        "DeliveryState": "newsletter.models.Delivery.State",
        "ProviderEventKind": "newsletter.models.ProviderEvent.Kind",
    },
    "COMPONENT_SPLIT_REQUEST": True,
}

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
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
    "content-type",
    "idempotency-key",
    "if-none-match",
    "x-request-id",
]

# --- Words and times --------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# --- Files ------------------------------------------------------------------------------------

STATIC_URL = "/static/"
# Only the admin and the docs page have static files: they are served where they lie, nothing is collected.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))

# --- Safety -----------------------------------------------------------------------------------

_https = _public_url.scheme == "https"
SECURE_SSL_REDIRECT = _https
# Load balancers ask for health over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL] if _https else []
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        # The docs page's viewer sets styles on its elements.
        "style-src": [SELF, "'unsafe-inline'"],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {"camera": [], "geolocation": [], "microphone": []}

# --- Logs -------------------------------------------------------------------------------------

# Looking a user up for the log would make /healthz ask the database; the admin keeps a log of its own.
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
# By then our own middleware has made the header one that we trust.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# One line a request, at its end, says all that one at its start would.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG


def _without_client(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What tells one reader's browser from another's is kept nowhere, and so not in logs."""
    event.pop("user_agent", None)
    return event


def _without_readers(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Links in mails carry who their reader is, and curators look readers up by their addresses."""
    request = event.get("request", "")
    if "?" in request:
        hidden = "token|q" if " /admin/" in request else "token"
        event["request"] = re.sub(rf"([?&](?:{hidden})=)[^&]+", r"\1…", request)
    return event


_log_processors: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    _without_client,
    _without_readers,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_log_processors,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _log_processors,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # The request middleware logs each outcome and each exception once, with the request's id.
    "loggers": {
        "django.request": {"level": "CRITICAL"},
        # Scanners ask for every host there is; each gets a 400, which is logged like any other.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
