-- The minute rows summed to hours.
SELECT
  date_trunc('hour', minute) AS hour,
  journey_id,
  metric,
  platform,
  sum(events) AS events,
  sum(total) AS total,
  sum(below_1) AS below_1,
  sum(below_2) AS below_2,
  sum(below_3) AS below_3,
  sum(below_4) AS below_4,
  sum(below_5) AS below_5,
  sum(below_6) AS below_6,
  sum(below_7) AS below_7,
  sum(below_8) AS below_8,
  sum(below_9) AS below_9,
  sum(below_10) AS below_10,
  sum(below_11) AS below_11,
  sum(below_12) AS below_12,
  max(last_at) AS last_at
FROM minute
GROUP BY date_trunc('hour', minute), journey_id, metric, platform
