-- Every measurement with its band (how many of the metric's cuts its value reaches) and its bin of
-- the log histogram; see requests/judged.sql.
WITH banded AS (
  SELECT
    m.ts,
    date_trunc('minute', m.ts) AS minute,
    j.journey_id,
    m.metric,
    m.platform,
    m.value,
    CAST(m.value >= c.cut_1 AS TINYINT) + CAST(m.value >= c.cut_2 AS TINYINT)
    + CAST(m.value >= c.cut_3 AS TINYINT) + CAST(m.value >= c.cut_4 AS TINYINT)
    + CAST(m.value >= c.cut_5 AS TINYINT) + CAST(m.value >= c.cut_6 AS TINYINT)
    + CAST(m.value >= c.cut_7 AS TINYINT) + CAST(m.value >= c.cut_8 AS TINYINT)
    + CAST(m.value >= c.cut_9 AS TINYINT) + CAST(m.value >= c.cut_10 AS TINYINT)
    + CAST(m.value >= c.cut_11 AS TINYINT) + CAST(m.value >= c.cut_12 AS TINYINT) AS cuts_reached
  FROM measurements AS m
  JOIN journey AS j ON m.journey = j.journey
  LEFT JOIN metric AS c ON m.journey = c.journey AND m.metric = c.metric
)
SELECT
  ts,
  minute,
  CAST(journey_id AS TINYINT) AS journey_id,
  metric,
  platform,
  value,
  coalesce(cuts_reached, 0) AS band,
  CAST(CASE WHEN value > 0.000001 THEN floor(ln(value) / ln(1.02)) ELSE -1000 END AS INTEGER) * 16
    + coalesce(cuts_reached, 0) AS bin
FROM banded
