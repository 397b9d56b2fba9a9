"""What pages are made of is there before the first of them is asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import asyncio, gc, json, sys
import app

async def up():
    async with app.lifespan(None):
        parts = [name for name in sys.modules if name.startswith("pages.parts.")]
        print(json.dumps({"parts": parts, "aside": gc.get_freeze_count(),
                          "looked_through": len(gc.get_objects())}))

asyncio.run(up())
"""


def test_parts_are_loaded_and_no_longer_looked_through_for_garbage(tmp_path: Path) -> None:
    """Streamlit looks through all that is not set aside after each run of a page."""
    environment = os.environ | {"SLO_DATA": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT]
    found = json.loads(subprocess.check_output(command, cwd=ROOT, env=environment, text=True))
    files = {path.stem for path in (ROOT / "pages" / "parts").glob("*.py")} - {"__init__"}
    assert {name.rpartition(".")[2] for name in found["parts"]} == files
    assert found["aside"] > 20 * found["looked_through"]
