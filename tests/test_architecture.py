"""What docs/architecture.md draws is what import-linter holds."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_layers_are_drawn_as_they_are_held():
    held = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]["layers"]
    drawing = (ROOT / "docs" / "architecture.md").read_text().split("```")[1].strip().splitlines()
    drawn = [re.match(r"\w+( \| \w+)*", line).group().split(" | ") for line in drawing]
    assert drawn == [layer.replace("app.", "").split(" | ") for layer in held]


def test_links_between_pages_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    links = [
        (page, link) for page in pages for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text())
    ]
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []
