"""Django settings, in reading order: the installation, the parts, the runs, the streams, the pages, the logs."""

import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from langgraph_server import env, variables

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_dir()

# --- the installation
DEBUG = False
SECRET_KEY = variables.installation.SECRET_KEY.read()
#: What is stored is encrypted by the first; each of them reads what it has encrypted.
AES_KEYS = variables.installation.AES_KEYS.read()
#: Keys of metadata whose values are encrypted, too.
AES_JSON_KEYS = variables.installation.AES_JSON_KEYS.read()
ALLOWED_HOSTS = variables.installation.ALLOWED_HOSTS.read()
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
ROOT_URLCONF = "langgraph_server.urls"
ASGI_APPLICATION = "langgraph_server.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    # It takes over `runserver` only, and costs every other process half a second to import.
    *(["daphne"] if "runserver" in sys.argv else []),
    # Processes without pages start a second sooner if they import none.
    "django.contrib.admin" + (".apps.SimpleAdminConfig" if sys.argv[1:2] in (["dev"], ["worker"], ["beat"]) else ""),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "langgraph_server",
    "langgraph_server.auth",
    "langgraph_server.checkpoints",
    "threads",
    "assistants",
    "runs",
    "store",
    "crons",
    "webhooks",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "langgraph_server.admin.policy.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "langgraph_server.api.observing.TellRoute",
]
APPEND_SLASH = False

# --- the parts: Postgres is the only truth, Redis may lose everything at any time
DATABASE_URI = variables.services.DATABASE_URI.read()
REDIS_URI = variables.services.REDIS_URI.read()
REDIS_KEY_PREFIX = variables.services.REDIS_KEY_PREFIX.read()
#: A pooler stands before Postgres that gives a connection for a transaction only (PgBouncer's transaction mode).
POOLER = variables.services.POOLER.read()

#: A plan is made once a connection, maybe while the tables are empty. It would read them whole, and go on doing so
#: while they grow, until Postgres has analysed them. What is asked for has its index (docs/decisions/0024). Before 18
#: Postgres expresses that by a high price, and would compile what is so dear.
PLANS = "-c enable_seqscan=off -c jit=off"
WATCH = "-c idle_in_transaction_session_timeout=30000"
TIMEOUTS = "-c lock_timeout=3000 -c statement_timeout=30000"
#: Where the network swallows what is said, nobody hears of it: bytes that are not acknowledged break a connection after
#: ten seconds, one that is silent is asked, and Postgres keeps no locks for whom it does not hear. The URI goes before.
SILENCE = {
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    **({} if POOLER else {"options": f"{WATCH} {PLANS}"}),
}
POSTGRES_SILENCE = {name: value for name, value in SILENCE.items() if name not in conninfo_to_dict(DATABASE_URI)}


def database(conninfo: str) -> dict[str, Any]:
    parts = conninfo_to_dict(conninfo)
    return {
        "ENGINE": "langgraph_server.postgres",
        "NAME": parts.pop("dbname", None) or "postgres",
        "USER": parts.pop("user", None) or "",
        "PASSWORD": parts.pop("password", None) or "",
        "HOST": parts.pop("host", None) or "",
        "PORT": parts.pop("port", None) or "",
        # Web threads and worker threads are few and live as long as their process: each keeps its connection.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": POOLER,
        "OPTIONS": {
            **POSTGRES_SILENCE,
            **parts,
            # A pooler takes none: its role has to bring them.
            **({} if POOLER else {"options": f"{TIMEOUTS} {WATCH} {PLANS}"}),
            "application_name": "langgraph_server",
            "connect_timeout": 5,
            # Parameters travel beside the statement, and Postgres plans each statement once a connection.
            "server_side_binding": True,
            "prepare_threshold": None if POOLER else 3,
        },
    }


DATABASES = {"default": database(DATABASE_URI)}
#: Connections of each process's asynchronous pool (checkpoints).
POSTGRES_POOL_SIZE = variables.services.POOL_SIZE.read()

#: The same of Redis, as far as the system can be told.
PATIENCE = {"TCP_USER_TIMEOUT": 10_000, "TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 3, "TCP_KEEPCNT": 3}
KEEPALIVE = {getattr(socket, name): value for name, value in PATIENCE.items() if hasattr(socket, name)}
REDIS_SILENCE: dict[str, Any] = (
    {} if REDIS_URI.startswith("unix://") else {"socket_keepalive": True, "socket_keepalive_options": KEEPALIVE}
)

CELERY_BROKER_URL = REDIS_URI.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For ever: after a hundred times a worker would end, which needs Redis for nothing but wake-ups.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_KEY_PREFIX,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    **REDIS_SILENCE,
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
# There are none to clean up: beat would schedule that, and beats that start together would deadlock over two entries.
CELERY_RESULT_EXPIRES = None
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = TIME_ZONE
#: Between two ticks of the clock that says: look what is due.
TICK = timedelta(seconds=variables.crons.TICK.read())
# Beat is only a clock; workers look by themselves too.
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "crons.tick",
        "schedule": TICK.total_seconds(),
        "options": {"queue": "chores", "expires": TICK.total_seconds()},
    },
}

# Control messages only; run events travel in Redis Streams (docs/decisions/0005).
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URI, **REDIS_SILENCE}], "prefix": REDIS_KEY_PREFIX + "channels"},
    }
}

# --- runs: langgraph_server/variables/ explains each
#: How the server is reached from outside; graphs see it in their metadata.
PUBLIC_URL = variables.installation.PUBLIC_URL.read()
RUN_SLOTS = variables.runs.SLOTS.read()
RUN_QUEUES = variables.runs.QUEUES.read()
RUN_TIMEOUT = timedelta(seconds=variables.runs.TIMEOUT.read())
RUN_ATTEMPTS = variables.runs.ATTEMPTS.read()
RUN_LEASE = timedelta(seconds=variables.runs.LEASE.read())
RUN_POLL = timedelta(seconds=variables.runs.POLL.read())
RUN_SWEEP = timedelta(seconds=variables.runs.SWEEP.read())
DRAIN_GRACE = timedelta(seconds=variables.runs.GRACE.read())
#: How long a graph that was stopped may clean up before it is left behind; its writes are fenced off.
STOP_PATIENCE = timedelta(seconds=10)
#: What is written down of runs for operators, and how long timelines and minutes are kept.
RECORDS = variables.runs.RECORDS.read()
RECORD_RETENTION = timedelta(days=variables.runs.RECORD_DAYS.read())
SYNC_NODE_THREADS = variables.runs.SYNC_THREADS.read()

# --- crons and webhooks
CRONS_ENABLED = variables.crons.ENABLED.read()
#: Firings and deliveries that are over are kept so long.
CRON_RETENTION = timedelta(days=variables.crons.FIRING_DAYS.read())
WEBHOOK_RETENTION = timedelta(days=variables.crons.DELIVERY_DAYS.read())
#: After a delivery's first failure; later ones wait ever longer.
WEBHOOK_FIRST_DELAY = timedelta(seconds=variables.crons.FIRST_DELAY.read())

# --- streams
STREAM_RETENTION = timedelta(seconds=variables.streams.RETENTION.read())
STREAM_HEARTBEAT = timedelta(seconds=variables.streams.HEARTBEAT.read())
#: Whether the event protocol has routes.
EVENT_STREAMING = variables.streams.EVENT_PROTOCOL.read()

# --- the door
MAX_BODY_BYTES = variables.http.BODY_BYTES.read()
#: Values in a body, counted before it is read.
MAX_BODY_NODES = variables.http.BODY_NODES.read()
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
# A long query is bounded by the server's own limit on headers, and is no reason to fill the error log.
DATA_UPLOAD_MAX_NUMBER_FIELDS = None
#: Requests of one caller, as `100/minute`; and their runs that are active at a time. Off unless set.
RATE_LIMIT = variables.http.RATE_LIMIT.read()
RUNS_PER_CALLER = variables.http.RUNS_PER_CALLER.read()
WEB_THREADS = variables.http.THREADS.read()
#: Who is let in where langgraph.json names no `auth`: anyone, holders of API keys, users of Django with a session.
API_AUTH = variables.http.AUTH_TYPE.read()
#: JSON in place of `http.cors`.
CORS_CONFIG = variables.http.CORS_CONFIG.read()
ALLOW_PRIVATE_NETWORK = variables.http.ALLOW_PRIVATE_NETWORK.read()
CORS_ALLOW_ORIGINS = variables.http.CORS_ALLOW_ORIGINS.read()

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["langgraph_server.api.rendering.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["langgraph_server.api.parsing.OrjsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "langgraph_server.api.rendering.AlwaysJson",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": ["langgraph_server.api.rates.CallerThrottle"],
    "DEFAULT_SCHEMA_CLASS": "langgraph_server.api.describing.JsonSchema",
    "EXCEPTION_HANDLER": "langgraph_server.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LangGraph Server",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "langgraph_server.description.secured",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- the pages: admin and docs, served offline
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
X_FRAME_OPTIONS = "DENY"
# With no-referrer a browser names the origin of a form `null`, and Django refuses the form.
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# These are about the names of enums in the API's description, which nobody deploys.
SILENCED_SYSTEM_CHECKS = ["drf_spectacular.W001"]
CSRF_TRUSTED_ORIGINS = variables.installation.CSRF_TRUSTED_ORIGINS.read()

# --- logs
LOG_LEVEL = variables.logs.LEVEL.read()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "facts": {
            "()": "langgraph_server.logs.JsonFormatter"
            if variables.logs.JSON.read()
            else "langgraph_server.logs.TextFormatter"
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "facts"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "django.server": {"handlers": [], "propagate": True},
    },
}
