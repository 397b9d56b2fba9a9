"""The quarterly review for the command ``review --quarter``."""

import json
from datetime import datetime

from slo_core.review.export import to_html, to_markdown, to_pdf
from slo_core.review.quarter import last_quarter
from slo_core.review.quarterly_held import hold
from slo_core.rollup import Rollup

LAST = "last"
"""The word for the last quarter that is over."""


def written(rollup: Rollup, quarter: str, look: datetime, output: str) -> tuple[str, str | bytes]:
    """The title and the text of a quarter's review in a format: md, html, pdf or json.

    Raises SloError with one sentence for what is no quarter, or has not begun.
    """
    if quarter == LAST:
        quarter = last_quarter(look, rollup.span[0] if rollup.span else None)
    held = hold(rollup, quarter, look)
    found, review = held.document, held.review
    if output == "json":
        return found.title, json.dumps(held.as_dict(), indent=1, allow_nan=False) + "\n"
    if output == "pdf":
        return found.title, to_pdf(found, review.locked_at or review.at)
    return found.title, to_html(found) if output == "html" else to_markdown(found)
