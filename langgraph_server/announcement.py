"""What a starting server says: what it uses, where to look. Never a password."""

import os
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from langgraph_server import env, serving
from langgraph_server.config.loading import server_config
from langgraph_server.embedded import Services


def parts(services: Services) -> dict[str, str]:
    config, here = server_config(), f"embedded, in {env.data_dir()}"
    nobody = "none: whoever reaches the address may do everything"
    return {
        "application": str(config.root),
        "graphs": ", ".join(sorted(config.graphs)),
        "auth": serving.guard_of(config) or nobody,
        "database": here if "DATABASE_URI" in services.embedded else database(services.database_uri),
        "redis": here if "REDIS_URI" in services.embedded else redis(services.redis_uri),
    }


def addresses(address: str, studio: str) -> dict[str, str]:
    return {
        "API": address,
        "docs": f"{address}/docs",
        "admin": f"{address}/admin/  (its first user: {superuser_command()})",
        "Studio": f"{studio}/studio/?baseUrl={address}",
    }


def database(uri: str) -> str:
    known = conninfo_to_dict(uri)
    return f"{known.get('dbname', '')} at {known.get('host', 'local socket')}:{known.get('port', 5432)}"


def redis(uri: str) -> str:
    known = urlsplit(uri)
    return f"{known.hostname or 'local socket'}:{known.port or 6379}{known.path}"


def invoked_as() -> list[str]:
    """How this very program was started, so that its answer can be typed."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return [os.path.relpath(sys.executable), "-m", "langgraph_server"]
    return [os.path.relpath(program)]


def superuser_command() -> str:
    program = shlex.join([*invoked_as(), "createsuperuser"])
    if env.application_root() == Path.cwd():
        return program
    return f"LANGGRAPH_CONFIG={shlex.quote(os.environ['LANGGRAPH_CONFIG'])} {program}"
