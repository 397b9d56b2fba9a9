-- What each date amounts to: rows that were counted or shown beside, and their span.
SELECT
  CAST(hour AS DATE) AS date,
  sum(requests) AS accepted,
  min(first_at) AS first_at,
  max(last_at) AS last_at
FROM sources
GROUP BY CAST(hour AS DATE)
