"""The register: what people write through the app, in one SQLite file, ``DIR/studio.sqlite``.

    incident = write(data_dir, Actor("Ada"), "incidents", {"title": "Songs fail", ...})
    write(data_dir, Actor("Ada"), "incidents", {"status": "resolved"}, row_id=incident, version=1)
    read_incidents(data_dir)

`write` is the only way in: it checks the actor's role, keeps history, and refuses an edit of
something that has changed meanwhile. Readers never create the file: without it, nothing has been
written yet.
"""

from slo_core.register.cancel import cancel
from slo_core.register.database import FILE_NAME, VERSION
from slo_core.register.read import (
    is_empty,
    read_exit_checks,
    read_history,
    read_incidents,
    read_maintenance,
    read_table,
)
from slo_core.register.write import ROLES, Actor, Change, Role, write, write_all, write_once

__all__ = [
    "FILE_NAME",
    "ROLES",
    "VERSION",
    "Actor",
    "Change",
    "Role",
    "cancel",
    "is_empty",
    "read_exit_checks",
    "read_history",
    "read_incidents",
    "read_maintenance",
    "read_table",
    "write",
    "write_all",
    "write_once",
]
