"""No address, no query string and no browser is stored anywhere, the quarantine included."""

import gzip
from pathlib import Path

import duckdb

from tests.logs.ingest.taking import everything, take

SECRETS = ("198.51.100.23", "2001:db8::bad:cafe", "hunter2", "NetscapeGold")
ADDRESS, ADDRESS6, QUERY, AGENT = SECRETS
TIME = "[31/Mar/2025:10:00:00 +0000]"
ASKED = f"GET /a?token={QUERY} HTTP/1.1"
LOG = f"""\
{ADDRESS} - - {TIME} "{ASKED}" 200 5 "http://x/?{QUERY}" "{AGENT}/4.0"
{ADDRESS6} - {ADDRESS} {TIME} "GET http://{ADDRESS}/a;{QUERY} HTTP/1.1" 200 5 "-" "{AGENT}"
{ADDRESS} - - {TIME} "{ASKED}" "{AGENT}"
{ADDRESS} - - [99/Mar/2025:10:00:00 +0000] "{ASKED}" 200 5 "-" "{AGENT}"
{AGENT}/4.0 {ADDRESS} {ADDRESS6} ?{QUERY}
"""
WHO = f'"ip": "{ADDRESS}", "url": "http://{ADDRESS6}/b?t={QUERY}", "user_agent": "{AGENT}"'
ERROR = f'"error": "{ADDRESS} said no to /x?t={QUERY}"'
JSON = f"""\
{{"ts": "2025-03-31T10:00:00Z", {WHO}}}
{{"ts": "2025-03-31T10:00:00Z", "url": "/b#{QUERY}", {ERROR}, "{AGENT}": "{ADDRESS6}"}}
{{"ts": "broken", {WHO}}}
{{"ts": "2025-03-31T10:00:00Z", {WHO}
"""


def test_nothing_planted_is_found_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(LOG, "utf-8")
    (tmp_path / "access.log.gz").write_bytes(gzip.compress(LOG.encode() + b"x\n"))
    (tmp_path / "events.jsonl").write_text(JSON, "utf-8")
    data = tmp_path / "data"
    total = take(data, tmp_path / "access.log*", tmp_path / "events.jsonl").total
    # Of the second file only its last line is new.
    assert (total.accepted, total.quarantined) == (2 + 0 + 2, 3 + 1 + 2)
    files = everything(data)
    assert any("quarantine" in name for name in files)
    # Parquet may compress its pages, so its values are looked at as well.
    values = [
        str(duckdb.execute(f"FROM read_parquet('{data / name}')").fetchall())
        for name in files
        if name.endswith(".parquet")
    ]
    for secret in SECRETS:
        assert not any(secret in value for value in values)
        assert not any(secret.encode() in content for content in files.values())
