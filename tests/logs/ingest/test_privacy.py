"""No address, no query string and no browser is stored anywhere, the quarantine included."""

import gzip
from pathlib import Path

import duckdb

from slo_core.logs.ingest import ingest
from tests.logs.ingest.taking import everything, take
from tests.small import STUDIO

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


def test_what_stands_in_the_place_of_a_name_is_not_kept(tmp_path: Path) -> None:
    log, data = tmp_path / "log.ndjson", tmp_path / "data"
    log.write_text(
        '{"ts": "2025-03-10T00:00:00Z", "journey": "/x?token=SECRETQ", "status": 200}\n'
        '{"ts": "2025-03-10T00:00:01Z", "journey": "203.0.113.77", "status": 200}\n'
        '{"ts": "2025-03-10T00:00:02Z", "journey": "checkin", "status": 200}\n'
        '{"ts": "2025-03-10T00:00:03Z", "method": "GET /m?token=SECRETM", "status": 200}\n',
        "utf-8",
    )
    found = ingest([str(log)], data, STUDIO).total
    assert (found.accepted, found.quarantined) == (1, 3)
    assert dict(found.reasons) == {
        "journey that is no name is not in the catalogue": 2,
        "journey checkin is not in the catalogue": 1,
    }
    kept = b"".join(it.read_bytes() for it in data.rglob("*") if it.is_file()).upper()
    assert not [it for it in (b"SECRETQ", b"SECRETM", b"203.0.113.77") if it in kept]
