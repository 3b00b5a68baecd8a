"""The store's statements over the library's tables: each as SQL and its parameters. Pure.

The library's own order searches by the last change, compare numbers as texts and cannot truncate to no labels at all.
"""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString, TypeAlias

from langgraph.store.base import GetOp, ListNamespacesOp, MatchCondition, PutOp, SearchOp
from psycopg.types.json import Jsonb

from langgraph_server import encoding
from langgraph_server.stores.filters import Condition, conditions

Statement: TypeAlias = tuple[LiteralString, Sequence[Any]]
Vector: TypeAlias = list[float]

#: A hundred years in minutes.
LONGEST_TTL = 52_596_000.0
#: What fits into an index of Postgres.
LONGEST_NAME = 2000
#: Beyond the labels of any namespace.
DEEPEST = 2**31 - 1

GET: LiteralString = """
SELECT s.prefix, s.key, s.value, s.created_at, s.updated_at, s.ttl_minutes
FROM store s WHERE s.prefix = %s AND s.key = %s
"""

PUT: LiteralString = """
INSERT INTO store AS s (prefix, key, value, created_at, updated_at, expires_at, ttl_minutes)
VALUES (%s, %s, %s, now(), now(), now() + make_interval(secs => %s), %s)
ON CONFLICT (prefix, key) DO UPDATE
SET value = excluded.value, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes
"""

DELETE: LiteralString = "DELETE FROM store WHERE prefix = %s AND key = %s"

#: Who finds a row locked leaves it: another reader refreshes it, or a writer gives it a new time.
REFRESH: LiteralString = """
UPDATE store s SET expires_at = now() + make_interval(secs => s.ttl_minutes * 60)
FROM (
    SELECT s.prefix, s.key FROM store s
    JOIN unnest(%s::text[], %s::text[]) AS read (prefix, key) ON s.prefix = read.prefix AND s.key = read.key
    FOR UPDATE OF s SKIP LOCKED
) read
WHERE s.prefix = read.prefix AND s.key = read.key
"""

FORGET_VECTORS: LiteralString = "DELETE FROM store_vectors WHERE prefix = %s AND key = %s"
PUT_VECTOR: LiteralString = """
INSERT INTO store_vectors (prefix, key, field_name, embedding) VALUES (%s, %s, %s, %s::vector)
ON CONFLICT (prefix, key, field_name) DO UPDATE SET embedding = excluded.embedding, updated_at = now()
"""

SWEEP_BATCH = 1000
#: Any number may sweep at once: a row that somebody else has in hand is left to them.
SWEEP: LiteralString = f"""
WITH over AS (
    SELECT prefix, key FROM store WHERE expires_at < now() LIMIT {SWEEP_BATCH} FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM store s USING over WHERE s.prefix = over.prefix AND s.key = over.key RETURNING 1
)
SELECT count(*) AS swept FROM gone
"""


def get(op: GetOp) -> Statement:
    return GET, [text(op.namespace), op.key]


def put(op: PutOp, document: Any) -> Statement:
    """`document` is stored in the place of the value; None: the item goes."""
    where = [text(op.namespace), op.key]
    if document is None:
        return DELETE, where
    if len(".".join(where).encode()) > LONGEST_NAME:
        raise ValueError(f"A namespace and a key may have {LONGEST_NAME} bytes together.")
    ttl = None if op.ttl is None else min(max(op.ttl, -LONGEST_TTL), LONGEST_TTL)
    value = Jsonb(document, dumps=encoding.document)
    return PUT, [*where, value, None if ttl is None else ttl * 60, ttl]


def put_vectors(op: PutOp, vectors: Iterable[tuple[str, Vector]]) -> list[Statement]:
    """In the place of those that its old value had."""
    where = [text(op.namespace), op.key]
    return [(FORGET_VECTORS, where), *((PUT_VECTOR, [*where, field, vector]) for field, vector in vectors)]


def refresh(rows: Sequence[Any]) -> Statement:
    return REFRESH, [[row["prefix"] for row in rows], [row["key"] for row in rows]]


def search(op: SearchOp) -> Statement:
    """In the order of their making."""
    where, parameters = every([*below(op.namespace_prefix), *conditions(op.filter or {})])
    sql = f"""
    SELECT s.prefix, s.key, s.value, s.created_at, s.updated_at, s.ttl_minutes, NULL::float8 AS score
    FROM store s WHERE {where} ORDER BY s.created_at, s.prefix, s.key LIMIT %s OFFSET %s
    """
    return sql, [*parameters, op.limit, op.offset]


def search_similar(op: SearchOp, vector: Vector) -> Statement:
    """The best of an item's vectors counts; one of zeros, which has no direction, is like none."""
    where, parameters = every([*below(op.namespace_prefix), *conditions(op.filter or {})])
    sql = f"""
    SELECT s.prefix, s.key, s.value, s.created_at, s.updated_at, s.ttl_minutes, best.score
    FROM (
        SELECT s.prefix, s.key, max(coalesce(nullif(1 - (v.embedding <=> %s::vector), 'NaN'), 0)) AS score
        FROM store s JOIN store_vectors v ON v.prefix = s.prefix AND v.key = s.key
        WHERE {where} GROUP BY s.prefix, s.key ORDER BY score DESC, s.prefix, s.key LIMIT %s OFFSET %s
    ) best JOIN store s ON s.prefix = best.prefix AND s.key = best.key
    ORDER BY best.score DESC, s.prefix, s.key
    """
    return sql, [vector, *parameters, op.limit, op.offset]


def namespaces(op: ListNamespacesOp) -> Statement:
    """Sorted label by label, each once."""
    found = [condition for match in op.match_conditions or () for condition in matching(match)]
    where, parameters = every(found)
    depth = DEEPEST if op.max_depth is None else max(0, op.max_depth)
    sql = f"""
    SELECT labels FROM (
        SELECT DISTINCT (string_to_array(s.prefix, '.'))[:%s] AS labels FROM store s WHERE {where}
    ) found ORDER BY labels COLLATE "C" LIMIT %s OFFSET %s
    """
    return sql, [depth, *parameters, op.limit, op.offset]


def every(wanted: Sequence[Condition]) -> Condition:
    sql = " AND ".join(condition for condition, _ in wanted) or "true"
    return sql, [parameter for _, parameters in wanted for parameter in parameters]


def below(namespace: Sequence[str]) -> list[Condition]:
    """The namespace and those under it, as a range: `/` comes right after the period that separates labels."""
    if not namespace:
        return []
    path = text(namespace)
    return [("(s.prefix = %s OR (s.prefix ~>=~ %s AND s.prefix ~<~ %s))", [path, f"{path}.", f"{path}/"])]


def matching(match: MatchCondition) -> list[Condition]:
    """`*` stands for any one label."""
    labels = [str(label) for label in match.path]
    step = 1 if match.match_type == "prefix" else -1
    literal = [
        ("split_part(s.prefix, '.', %s) = %s", [step * place, label])
        for place, label in enumerate(labels[::step], start=1)
        if label != "*"
    ]
    long_enough = ("cardinality(string_to_array(s.prefix, '.')) >= %s", [len(labels)])
    known = labels[: labels.index("*")] if "*" in labels else labels
    return [*(below(known) if step == 1 else []), long_enough, *literal] if labels else []


def text(namespace: Sequence[str]) -> str:
    return ".".join(namespace)
