"""Whether a program starts here, that tests need beside Python's packages."""

import subprocess
from pathlib import Path


def starts(path: Path) -> bool:
    """Tell whether a program starts: it may be something else, or a library may be missing."""
    try:
        version = subprocess.run([path, "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return version.returncode == 0
