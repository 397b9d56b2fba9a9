"""The README's statement for access logs, run as it stands there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]

# Two good, one 500, one 404, one redirect, one 401, one empty 200 to GET, one HEAD without a body,
# and one line that is no request: 3 good of 6 valid.
LINES = """\
10.0.0.1 - - [31/Mar/2025:10:00:00 +0000] "GET /v1/songs?page=2 HTTP/1.1" 200 512
10.0.0.1 - ann [31/Mar/2025:12:00:01 +0200] "POST /v1/songs HTTP/1.1" 201 64 "-" "curl/8" 0.150
10.0.0.1 - - [31/Mar/2025:10:00:02 +0000] "GET /v1/songs HTTP/1.1" 500 21 "-" "a \\" b" 1.250
10.0.0.1 - - [31/Mar/2025:10:00:03 +0000] "GET /nothing HTTP/1.1" 404 9 "-" "curl/8" 0.002
10.0.0.1 - - [31/Mar/2025:10:00:04 +0000] "GET /old HTTP/1.1" 301 - "-" "curl/8" 0.001
10.0.0.1 - - [31/Mar/2025:10:00:05 +0000] "GET /v1/me HTTP/1.1" 401 12 "-" "curl/8" 0.001
10.0.0.1 - - [31/Mar/2025:10:00:06 +0000] "GET /v1/empty HTTP/1.1" 200 0 "-" "curl/8" 0.001
10.0.0.1 - - [31/Mar/2025:23:59:59 +0000] "HEAD /v1/songs HTTP/1.1" 200 0 "-" "curl/8" 0.300
not a request at all
"""


def test_the_statement_makes_requests_that_status_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "access.log").write_text(LINES, "utf-8")
    (tmp_path / "my-logs").mkdir()
    monkeypatch.chdir(tmp_path)
    duckdb.connect().execute(blocks[0])

    command = [sys.executable, "-m", "slo_core", "status", "--data", str(tmp_path / "my-logs")]
    done = subprocess.run(
        [*command, "--at", "2025-04-01T00:00:00Z", "--format", "json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    stated = json.loads(done.stdout)
    objectives = {(o["journey"], o["objective"]): o for o in stated["objectives"]}
    error_rate = objectives["api", "error_rate"]
    assert (error_rate["good"], error_rate["valid"]) == (3, 6)
    # Good ones with a time: 150 ms and 300 ms; the first line has none.
    p50 = objectives["api", "latency_p50"]
    assert (p50["good"], p50["valid"]) == (1, 2)
    assert objectives["song_generation", "success_rate"]["met"] is None
    assert stated["problems"] == []
