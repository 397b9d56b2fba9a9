"""Sample data: a studio's logs with a story in them, labelled as such by scenario.json.

    write_sample("data/store", catalog=load_catalog("data/studio.yaml"))

`world.yaml` says what the logs look like on a usual day, `scenario.yaml` what happens; the SQL
beside them makes rows of both.
"""

from slo_core.logs.sample.plan import SamplePhase, sample_phases
from slo_core.logs.sample.write import Progress, write_sample

__all__ = ["Progress", "SamplePhase", "sample_phases", "write_sample"]
