"""Raw tables to small minute and hour tables, read once a date (DESIGN 2.1, 4).

`refresh` brings a folder's rollups up to date and returns the `Rollup` that everything else reads.
The SQL is in `sql/<unit>/`: plain files that name tables, not files.
"""

from slo_core.rollup.build import refresh
from slo_core.rollup.dated import as_of
from slo_core.rollup.read import Rollup

__all__ = ["Rollup", "as_of", "refresh"]
