"""The page on one's own logs names every table and column that is read."""

import re
from pathlib import Path

import pytest

from slo_core.logs.tables import TABLES, Table

TEXT = (Path(__file__).parents[2] / "docs" / "your-own-logs.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_table_is_written_down_as_it_is_read(table: Table) -> None:
    row = re.search(rf"^\| `{table.name}` \| (.*) \|$", TEXT, re.MULTILINE)
    assert row
    columns = [column.name + "?" * column.nullable for column in table.columns]
    assert row[1].split(", ") == columns
