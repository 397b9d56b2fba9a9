-- The slices that a failing minute may consist of, so that the others need not be read: a minute in
-- which more than half of the requests failed has a slice of which that is true, at most five
-- slices away. Where a minute may cross midnight, all are kept.
WITH worst AS (
  SELECT date, journey_id, slice
  FROM slices
  WHERE failed > 0 AND failed * 2 > valid
),
around AS (
  SELECT DISTINCT w.date, w.journey_id, w.slice + o.away AS slice
  FROM worst AS w
  CROSS JOIN (
    VALUES (-5), (-4), (-3), (-2), (-1), (0), (1), (2), (3), (4), (5)
  ) AS o(away)
)
SELECT s.date, s.journey_id, s.slice, s.valid, s.failed
FROM slices AS s
LEFT JOIN around AS a ON s.date = a.date AND s.journey_id = a.journey_id AND s.slice = a.slice
WHERE a.slice IS NOT NULL OR s.slice % 8640 < 5 OR s.slice % 8640 >= 8635
