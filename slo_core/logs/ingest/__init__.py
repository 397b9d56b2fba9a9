"""Files that people have become log tables: access logs, JSON lines, CSV, load tests, Parquet.

    report = ingest(["access.log"], data="data/store", catalog=catalog)

What a format's lines mean is a mapping (`slo_core.logs.ingest.mapping`); what cannot be read is set
apart with its place and reason, and never stops the rest.
"""

from slo_core.logs.ingest.take import FileReport, Taken, ingest, quarantined, retry

__all__ = ["FileReport", "Taken", "ingest", "quarantined", "retry"]
