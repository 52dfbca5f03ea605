"""The settings of PostgreSQL, Redis and Celery: where they are, how long they may take, and what runs when."""

from backend import process_kind
from backend.environment import require
from backend.schedule import beat_schedule
from backend.service_urls import database_settings, redis_url
from backend.settings_base import DATABASE_POOL_SIZE, env

TIMEOUT_PARAMETERS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")

# How many milliseconds a request of a reader may take; one that the database holds up longer gets a 503.
REQUEST_TIMEOUT = env.integer("REQUEST_TIMEOUT", default=1_800, least=100, most=600_000)
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
# PostgreSQL itself, where DATABASE_URL leads to a pooler: notifications do not pass one. Empty: as DATABASE_URL.
_listen_url = env.text("DATABASE_LISTEN_URL", default="")
DATABASE_LISTEN = (
    database_settings(_listen_url, name="DATABASE_LISTEN_URL", options={"options": " ".join(_TIMEOUTS)})
    if _listen_url
    else {}
)
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
