"""Session and user ids that tell people apart and say nobody's name: hashed with a salt.

The salt is ``$SLO_SALT``, or else a secret that is made once for a data folder and kept in it, so
that all who write there agree. Who has neither cannot find out whose id it was by trying them all.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

_FILE_NAME = "salt"


def hider(root: Path) -> Callable[[str], str]:
    """What makes of an id the 32 hexadecimal digits that are stored of it, for a data folder.

    Raises OSError where the folder's salt cannot be read or made.
    """
    salt = os.environ.get("SLO_SALT", "").encode() or _salt_of(root)

    def hide(value: str) -> str:
        # As ingested files have it, so that an id from both is one.
        return hashlib.sha256(salt + value.encode()).hexdigest()[:32]

    return hide


def _salt_of(root: Path) -> bytes:
    path = root / _FILE_NAME
    if not path.exists():
        part = path.with_name(f".{_FILE_NAME}.{secrets.token_hex(4)}")
        with open(part, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # the first of several that make one wins
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return path.read_bytes().strip()
