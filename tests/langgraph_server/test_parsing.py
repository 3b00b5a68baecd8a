"""The gate for request bodies."""

from typing import Any

import orjson
import pytest

from langgraph_server.api.parsing import MAX_DEPTH, parse_json, parse_object
from langgraph_server.errors import Invalid

BIG = b"1234567890123456789"


@pytest.mark.parametrize(
    "value",
    [None, 1, "text", [], {}, {"a": [1, 2.5, None, True]}, "ü😀", 2**63 - 1, -(2**63), ["[" * 200], {"{" * 200: 1}],
)
def test_json_passes(value: Any) -> None:
    assert parse_json(orjson.dumps(value)) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b'{"a":}',
        b"{'a': 1}",
        b"nope",
        b"NaN",
        b"[Infinity]",
        b"[1e999]",
        b"\xff",
        b'"\xc3"',
        b'"\\ud800"',
        b'"\\udc00\\ud800"',
        b"[1,]",
        b"9" * 400,
        b"\xef\xbb\xbf{}",
        b"[" * 5000,
        b"[" * 5000 + b"]" * 5000,
    ],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="Invalid JSON in request body"):
        parse_json(raw)


@pytest.mark.parametrize("raw", [b'"\\u0000"', b'{"a\\u0000":1}', b'["\\\\\\u0000"]', b'["ok","x\\u0000"]'])
def test_nul_characters_are_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="NUL characters"):
        parse_json(raw)


@pytest.mark.parametrize("raw", [b'"\\\\u0000"', b'"u0000"', b'"\\\\\\\\u0000"'])
def test_what_only_looks_like_nul_passes(raw: bytes) -> None:
    assert "u0000" in parse_json(raw)


@pytest.mark.parametrize(
    "raw",
    [b"9223372036854775808", b"-9223372036854775809", b"[18446744073709551616]"],
)
def test_integers_beyond_64_bits_are_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="Integers beyond 64 bits"):
        parse_json(raw)


@pytest.mark.parametrize("raw", [b'"9223372036854775808"', b"1234567890123456789012.5", BIG, b"1e30"])
def test_other_long_numbers_pass(raw: bytes) -> None:
    assert parse_json(raw) == orjson.loads(raw)


def nested(depth: int, inside: bytes = b"") -> bytes:
    return b"[" * depth + inside + b"]" * depth


@pytest.mark.parametrize("raw", [nested(MAX_DEPTH), nested(MAX_DEPTH, BIG), b"[" + b"[]," * 500 + b"[]]"])
def test_a_body_may_be_deep_or_wide(raw: bytes) -> None:
    assert parse_json(raw)


@pytest.mark.parametrize(
    "raw",
    [
        nested(MAX_DEPTH + 1, b"1"),
        nested(1000),
        nested(1000, BIG),
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    ],
)
def test_a_body_that_is_too_deep_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="nested more than 100 levels deep"):
        parse_json(raw)


def test_an_object_is_an_object() -> None:
    assert parse_object(b'{"a":1}') == {"a": 1}


@pytest.mark.parametrize(("raw", "kind"), [(b"[]", "list"), (b"1", "int"), (b"null", "NoneType"), (b'"a"', "str")])
def test_an_object_is_nothing_else(raw: bytes, kind: str) -> None:
    with pytest.raises(Invalid, match=f"Request body must be an object, not {kind}"):
        parse_object(raw)
