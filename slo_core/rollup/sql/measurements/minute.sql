-- One row per minute, journey, metric and platform: how many values, their sum, and how many lie
-- below each of the metric's cuts.
SELECT
  date_trunc('minute', ts) AS minute,
  journey_id,
  metric,
  platform,
  count(*) AS events,
  sum(value) AS total,
  count_if(band < 1) AS below_1,
  count_if(band < 2) AS below_2,
  count_if(band < 3) AS below_3,
  count_if(band < 4) AS below_4,
  count_if(band < 5) AS below_5,
  count_if(band < 6) AS below_6,
  count_if(band < 7) AS below_7,
  count_if(band < 8) AS below_8,
  count_if(band < 9) AS below_9,
  count_if(band < 10) AS below_10,
  count_if(band < 11) AS below_11,
  count_if(band < 12) AS below_12,
  min(ts) AS first_at,
  max(ts) AS last_at,
  array_agg(bin) AS bins
FROM judged
GROUP BY date_trunc('minute', ts), journey_id, metric, platform
