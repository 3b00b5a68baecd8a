"""What hostile clients send: bodies that no server should take, and values that do not fit a field's description."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.routes import PARAMETER

UNKNOWN = "00000000-0000-4000-8000-000000000000"
#: A body that each route would take, as far as one is needed to get to what is being tried.
FILLING: Mapping[str, Any] = {
    "assistant_id": "echo",
    "graph_id": "echo",
    "schedule": "0 0 1 1 *",
    "namespace": ["hostile"],
    "key": "k",
    "value": {},
    "input": {"said": 1},
    "thread_ids": [UNKNOWN],
    "run_ids": [UNKNOWN],
    "thread_id": UNKNOWN,
    "checkpoint": {},
    "updates": [],
    "version": 1,
    "id": 1,
    "method": "agent.getTree",
}

#: No route takes these, whatever it does with a body.
BODIES: Mapping[str, bytes] = {
    "no JSON": b"{",
    "words": b"not json",
    "two values": b"{}{}",
    "no UTF-8": b'{"metadata":{"x":"\xff\xfe"}}',
    "UTF-16": '{"metadata":{}}'.encode("utf-16"),
    "a NUL": b'{"metadata":{"x":"a\\u0000b"},"input":"\\u0000"}',
    "a NUL in a key": b'{"metadata":{"a\\u0000b":1}}',
    "a raw NUL": b'{"metadata":{"x":"\x00"}}',
    "NaN": b'{"metadata":{"x":NaN}}',
    "Infinity": b'{"metadata":{"x":-Infinity}}',
    "a number beyond floats": b'{"metadata":{"x":1e999}}',
    "a lone surrogate": b'{"metadata":{"x":"\\ud800"}}',
    "an integer beyond 64 bits": b'{"metadata":{"x":18446744073709551616}}',
    "an integer below 64 bits": b'{"metadata":{"x":-9223372036854775809}}',
    "a very long integer": b'{"metadata":{"x":' + b"9" * 5000 + b"}}",
    "depth": b'{"metadata":{"x":' + b"[" * 5000 + b"]" * 5000 + b"}}",
    "a list": b"[]",
    "a number": b"1",
    "a string": b'"x"',
    "null": b"null",
    "a form": b"a=1&b=2",
    "XML": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
    "many nodes": b'{"metadata":{"x":[' + b"0," * 300_000 + b"0]}}",
    "a large body": b'{"metadata":{"x":"' + b"x" * 2**20 + b'"}}',
}

#: By the type that a description gives: values of other types. `null` is left to tests of its own.
WRONG: Mapping[str, tuple[Any, ...]] = {
    "string": (5, 1.5, True, [], {}, ["x"], {"$ne": 1}),
    "integer": ("5", 1.5, True, [], {}, "", "1e3"),
    "number": ("5", "NaN", True, [], {}, ""),
    "boolean": ("true", 1, 0, [], {}, "yes"),
    "array": ("x", 5, True, {}, {"0": "x"}),
    "object": ("x", 5, True, [], ["x"], 1.5),
}
IDS = (
    "nope",
    "%00",
    "%FF%FE",
    "a" * 3000,
    "..%2F..%2Fetc",
    "'%20OR%201=1--",
    "%F0%9F%99%82",
    "-1",
    "{}",
    "%0d%0aX-I:1",
)
QUERIES = (
    "limit=-1&offset=-1",
    "limit=99999999999999999999&offset=99999999999999999999",
    "limit=abc&offset=1e9",
    "limit=%00&status=%00&select=%00&namespace=%00&key=%00",
    "limit=NaN&before=%00&subgraphs=%FF",
    "key=%ED%A0%80&namespace=%ED%A0%80.b&key=k",
    "status=%27%3B%20DROP%20TABLE%20runs_run%3B--&select=*",
    "assistant_id[]=x&assistant_id=%00&xray=99999999999999999999",
    "stream_mode=%00&stream_mode=nope&last_event_id=%00&wait=maybe&action=explode",
    "x=" + "y" * 8000,
)


def bodies_against(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """One wrong field each, within a body that is else as it should be."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    sound = {name: FILLING[name] for name in schema.get("required", ())}
    for name, described in properties.items():
        for value in values_against(described, document):
            yield name, {**sound, name: value}


def values_against(described: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Any]:
    described = resolved(described, document)
    if "enum" in described:
        yield from ("nope", "", 5, True, ["x"], {})
    if "oneOf" in described and {each.get("type") for each in described["oneOf"]} == {"string", "array"}:
        yield from (5, True, {}, [5], [[]], [None])
    yield from WRONG.get(described.get("type", ""), ())
    if described.get("type") == "array":
        item = resolved(described.get("items", {}), document)
        yield from ([value] for value in WRONG.get(item.get("type", ""), ()))
    for bound, step in (("minimum", -1), ("maximum", 1)):
        if bound in described:
            yield described[bound] + step
    if "maxLength" in described:
        yield "x" * (described["maxLength"] + 1)


def resolved(described: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A description that refers to another, alone or as the only one of `allOf`, is that one."""
    for only in described.get("allOf", ()):
        described = only
    if isinstance(described.get("type"), list):
        (kind,) = set(described["type"]) - {"null"}
        described = {**described, "type": kind}
    if "$ref" not in described:
        return described
    found: Mapping[str, Any] = document["components"]["schemas"][described["$ref"].rpartition("/")[2]]
    return found


def templated(pattern: str) -> str:
    """As the description writes a path."""
    return "/" + PARAMETER.sub(r"{\1}", pattern)
