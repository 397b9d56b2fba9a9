"""Dependencies point downwards only: the core knows neither Streamlit nor the pages."""

import ast
import pkgutil
import subprocess
import sys
from pathlib import Path

import slo_core

ROOT = Path(__file__).parents[1]


def core_modules() -> list[str]:
    """Every module of the core by its full name; the command line's entry point too."""
    found = pkgutil.walk_packages(slo_core.__path__, "slo_core.")
    return ["slo_core", *(module.name for module in found)]


def test_the_core_imports_neither_streamlit_nor_pages() -> None:
    script = f"""
import importlib, sys
for module in {core_modules()!r}:
    importlib.import_module(module)
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    fresh = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(fresh.stdout.split())
    assert "slo_core" in loaded
    assert not loaded & {"streamlit", "pages", "app", "tests"}


def test_every_folder_of_the_core_with_code_is_a_package_that_is_walked() -> None:
    folders = {path.parent for path in (ROOT / "slo_core").rglob("*.py")}
    walked = {ROOT / name.replace(".", "/") for name in core_modules()}
    assert folders <= walked


LAYERS = (
    ("errors", "durations", "moments", "text", "alerts.conditions"),
    ("catalog",),
    ("logs", "register"),
    ("rollup",),
    ("logs.ingest", "logs.collector"),
    ("sli",),
    ("budget",),
    ("incidents",),
    ("status", "forecast", "alerts"),
    ("incidents.suggest",),
    ("figures",),
    ("whatif", "watch", "prometheus"),
    ("review", "capacity"),
    ("commands", "__main__"),
)
"""What may know of what: a layer knows itself and those above it in this list."""


def layer(module: str) -> int:
    """The place of a module in the order of layers, by the longest name that it lies under."""
    _, place = max(
        (len(known), place)
        for place, names in enumerate(LAYERS)
        for known in names
        if module == known or module.startswith(f"{known}.")
    )
    return place


def test_imports_point_downwards() -> None:
    wrong = []
    for path in sorted((ROOT / "slo_core").rglob("*.py")):
        own = ".".join(path.relative_to(ROOT / "slo_core").with_suffix("").parts)
        if own == "__init__":
            continue
        for line in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = line.module or "" if isinstance(line, ast.ImportFrom) else ""
            known = name.removeprefix("slo_core.")
            if known != name and layer(known) > layer(own):
                wrong.append(f"{own} imports {known}")
    assert not wrong


def test_no_page_stops_its_run() -> None:
    # A run that was stopped keeps the fragments of the one before; where the page is shorter now,
    # what they draw has no place, and the page breaks.
    files = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]
    assert [str(file) for file in files if "st.stop(" in file.read_text("utf-8")] == []
