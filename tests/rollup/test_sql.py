"""The rollup's SQL names tables, not files, and is plain enough for another engine (DESIGN 4)."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel

from slo_core.rollup.units import UNITS
from tests.small import ROOT

SQL = ROOT / "slo_core" / "rollup" / "sql"
FILES = sorted(SQL.glob("*/*.sql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_statement_is_plain(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("-- "), "says what it makes"
    code = re.sub(r"--.*", "", text).lower()
    for word in ("read_parquet", "quantile", "median(", "asof ", "'/", ".parquet"):
        assert word not in code
    [spark] = sqlglot.transpile(
        text, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE
    )
    assert sqlglot.parse_one(spark, read="spark")


def test_every_statement_is_used_and_every_use_has_one() -> None:
    used = {
        (unit.name, name)
        for unit in UNITS
        for name in (*(["judged"] if unit.parts else []), *unit.parts, *unit.steps, "summary")
    }
    assert used == {(path.parent.name, path.stem) for path in FILES}
