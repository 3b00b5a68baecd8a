"""Whatever README and docs tell somebody to type can be typed."""

import re
from pathlib import Path

import pytest

from tests.support.documented import ROOT, refusal, typed, words_of

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *ROOT.glob("examples/**/*.md"),
]
PROGRAM = re.compile(r"(\S*/)?(langgraph-server|make)$")


def commands(page: Path) -> list[list[str]]:
    lines = (line for line in typed(page.read_text()) if re.search(r"\b(langgraph-server|make) ", line))
    split = (words_of(line) for line in lines)
    return [words for words in split if len(words) > 1 and PROGRAM.match(words[0])]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_pages_have_commands() -> None:
    assert ["langgraph-server", "migrate"] in commands(ROOT / "docs/how-to/deployment.md")
    assert ["make", "dev"] in commands(ROOT / "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_exists_with_its_options(page: Path) -> None:
    for program, *words in commands(page):
        if program.endswith("make"):
            assert {word for word in words if "=" not in word} <= targets(), words
        else:
            assert refusal(words) == "", words


@pytest.mark.parametrize("words", [["dance"], ["dev", "--flavour", "sweet"], ["erase"]])
def test_a_command_that_does_not_exist_would_be_noticed(words: list[str]) -> None:
    assert refusal(words)
