-- What each date amounts to: rows that were counted or shown beside, and their span.
SELECT
  CAST(counted_at AS DATE) AS date,
  sum(requests) AS accepted,
  min(first_at) AS first_at,
  max(last_at) AS last_at
FROM (
  SELECT minute AS counted_at, requests, first_at, last_at FROM minute
  UNION ALL
  SELECT hour AS counted_at, requests, first_at, last_at FROM sources
) AS counted
GROUP BY CAST(counted_at AS DATE)
