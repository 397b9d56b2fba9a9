"""The review meetings: figures of a past month or quarter, findings, and documents to send round.

    review = monthly(rollup, "2025-03")
    write_html(document(review), path)

A review is frames and values, made once; pages and exports render the same document of it, so that
every figure is the same everywhere (the document's "SLO Review Process").
"""
