-- The breakdown with each day's 200 routes that cost most, the rest as `other`.
WITH routes_a_day AS (
  SELECT CAST(hour AS DATE) AS date, endpoint, sum(events) AS events
  FROM routes
  WHERE endpoint IS NOT NULL
  GROUP BY CAST(hour AS DATE), endpoint
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
  CASE WHEN r.endpoint IS NULL OR d.endpoint IS NOT NULL THEN r.endpoint ELSE 'other' END
    AS endpoint,
  r.status,
  r.outcome,
  r.band,
  sum(r.events) AS events
FROM routes AS r
LEFT JOIN dearest AS d ON r.endpoint = d.endpoint AND CAST(r.hour AS DATE) = d.date
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
