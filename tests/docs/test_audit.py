"""The page on the audit names every rule."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_rule_is_written_down() -> None:
    code = "".join(
        path.read_text("utf-8") for path in (ROOT / "slo_core" / "catalog" / "audit").glob("*.py")
    )
    rules = set(re.findall(r'"([a-z]+\.[a-z_]+)",\s*"(?:error|warning|note)"', code))
    text = (ROOT / "docs" / "audit.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", text, re.MULTILINE)) == rules
