"""Databases for installations: migrated once a Postgres server, then copied, which is a matter of a moment."""

import functools
import itertools
import os
import subprocess
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from langgraph_server.supervision import COMMAND

NUMBERS = itertools.count(1)


def create(server_uri: str) -> str:
    """The URI of a new, migrated, empty database."""
    template = migrated_template(server_uri)
    name = f"installation_{os.getpid()}_{next(NUMBERS)}"
    execute(
        server_uri, SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)).as_string()
    )
    return named(server_uri, name)


def drop(database_uri: str) -> None:
    name = urlsplit(database_uri).path.strip("/")
    server_uri = named(database_uri, "postgres")
    execute(server_uri, SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)).as_string())


@functools.cache
def migrated_template(server_uri: str) -> str:
    name = f"template_{os.getpid()}"
    execute(server_uri, SQL("CREATE DATABASE {}").format(Identifier(name)).as_string())
    environment = {**os.environ, "DATABASE_URI": named(server_uri, name)}
    subprocess.run([*COMMAND, "migrate", "--verbosity", "0"], env=environment, check=True)
    return name


def named(uri: str, name: str) -> str:
    return urlsplit(uri)._replace(path=f"/{name}").geturl()


def execute(uri: str, statement: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(statement.encode())
