"""What the code imports is pinned, and what is pinned first is imported."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"clients", "slo_core", "pages", "tests", "benchmarks", "docs", "tools", "app"}
# Used by name, on the command line or by pandas and Streamlit, not by import.
BY_NAME = {"pyarrow", "pytest-xdist", "ruff", "mypy", "types-pyyaml", "types-tabulate", "pandas"}


def imported(*places: str) -> set[str]:
    """The distributions that Python files below these places import, by their canonical names."""
    modules: set[str] = set()
    for place in places:
        path = ROOT / place
        for file in [path] if path.is_file() else path.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    modules |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    modules.add(node.module.partition(".")[0])
    known = packages_distributions()
    foreign = modules - OURS - set(sys.stdlib_module_names)
    return {canonical(known.get(module, [module])[0]) for module in foreign}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(file: str, *, direct: bool = False) -> set[str]:
    """The distributions of a requirements file; only those before the second heading if direct."""
    text = (ROOT / file).read_text(encoding="utf-8")
    if direct:
        text = text.partition("\n# What those bring along")[0]
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "-r"))]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), "every pin is exact"
    return {canonical(line.partition("==")[0]) for line in lines}


def test_the_product_imports_only_what_is_pinned_for_it() -> None:
    assert imported("app.py", "pages", "slo_core") <= pinned("requirements.txt", direct=True)


def test_tests_import_only_what_is_pinned() -> None:
    files = ("requirements.txt", "requirements-dev.txt", "requirements-spark.txt")
    everything = set().union(*map(pinned, files))
    assert imported("tests", "benchmarks", "docs") <= everything


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_pinned_first_is_used(file: str) -> None:
    used = imported("app.py", "pages", "slo_core", "tests", "benchmarks", "docs")
    assert pinned(file, direct=True) - BY_NAME <= used
