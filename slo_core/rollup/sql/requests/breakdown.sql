-- The breakdown with each day's 200 routes that cost most, the rest as `other`.
WITH routes_a_day AS (
  SELECT CAST(r.hour AS DATE) AS date, w.word AS endpoint, sum(r.events) AS events
  FROM routes AS r
  JOIN word AS w ON r.endpoint = w.code
  GROUP BY CAST(r.hour AS DATE), w.word
),
dearest AS (
  SELECT date, endpoint
  FROM (
    SELECT *, row_number() OVER (PARTITION BY date ORDER BY events DESC, endpoint) AS place
    FROM routes_a_day
  ) AS ranked
  WHERE place <= 200
)
SELECT
  r.hour,
  r.journey_id,
  r.step,
  r.platform,
  CASE WHEN w.word IS NOT NULL THEN coalesce(d.endpoint, 'other') END AS endpoint,
  r.status,
  r.outcome,
  r.band,
  sum(r.events) AS events
FROM routes AS r
LEFT JOIN word AS w ON r.endpoint = w.code
LEFT JOIN dearest AS d ON w.word = d.endpoint AND CAST(r.hour AS DATE) = d.date
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
