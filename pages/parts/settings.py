"""Where the dashboard looks: the data folder and the catalogue, from the environment."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder: defaults are found from any working directory."""


def data_folder() -> Path:
    """Return the data folder: ``SLO_DATA``, else ``data/store``."""
    return _path("SLO_DATA", "data/store")


def catalog_file() -> Path:
    """Return the catalogue's file: ``SLO_CATALOG``, else ``data/studio.yaml``."""
    return _path("SLO_CATALOG", "data/studio.yaml")


def _path(variable: str, default: str) -> Path:
    # A path that a person gave is theirs, relative to where they stand; ours is the project's.
    given = os.environ.get(variable, "").strip()
    return Path(given).expanduser().absolute() if given else ROOT / default


def shown(path: Path) -> str:
    """Write a path for people: from where they started the server, if it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
