-- Every measurement with its band (how many of the metric's cuts its value reaches) and its bin of
-- the log histogram; see requests/judged.sql.
WITH banded AS (
  SELECT
    m.ts,
    j.journey_id,
    m.metric,
    m.platform,
    m.value,
    CASE
      WHEN c.metric IS NULL OR m.value < c.cut_1 THEN 0
      WHEN m.value < c.cut_2 THEN 1
      WHEN m.value < c.cut_3 THEN 2
      WHEN m.value < c.cut_4 THEN 3
      WHEN m.value < c.cut_5 THEN 4
      WHEN m.value < c.cut_6 THEN 5
      WHEN m.value < c.cut_7 THEN 6
      WHEN m.value < c.cut_8 THEN 7
      WHEN m.value < c.cut_9 THEN 8
      WHEN m.value < c.cut_10 THEN 9
      WHEN m.value < c.cut_11 THEN 10
      WHEN m.value < c.cut_12 THEN 11
      ELSE 12
    END AS band
  FROM measurements AS m
  JOIN journey AS j ON m.journey = j.journey
  LEFT JOIN metric AS c ON m.journey = c.journey AND m.metric = c.metric
)
SELECT
  ts,
  CAST(journey_id AS TINYINT) AS journey_id,
  metric,
  platform,
  value,
  CAST(band AS TINYINT) AS band,
  CAST(CASE WHEN value > 0.000001 THEN floor(ln(value) / ln(1.02)) ELSE -1000 END AS INTEGER) * 16
    + band AS bin
FROM banded
