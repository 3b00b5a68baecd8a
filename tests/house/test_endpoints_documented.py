"""The page of endpoints has those that the server describes, and no other."""

import re
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from langgraph_server.description import described_patterns
from langgraph_server.urls import urlpatterns
from tests.support.documented import ROOT


@pytest.mark.filterwarnings("ignore")
def test_the_page_of_endpoints_has_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    generator: Any = SchemaGenerator(patterns=described_patterns(urlpatterns))  # type: ignore[no-untyped-call]  # the library has no types there
    schema = generator.get_schema(request=None, public=True)
    described = {f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods}
    page = (ROOT / "docs/reference/endpoints.md").read_text()

    assert set(re.findall(r"^\| `([A-Z]+ \S+)` \|", page, re.MULTILINE)) == described
