-- User journeys' percentiles, as a user would write them over raw Parquet: of each journey, every six
-- hours of a week, over good requests alone.
SELECT
  journey,
  time_bucket(INTERVAL 6 HOUR, ts) AS at,
  quantile_disc(duration_ms, [0.5, 0.95, 0.99]) AS percentiles
FROM read_parquet('$folder/requests/*/*.parquet', hive_partitioning = false)
WHERE status BETWEEN 200 AND 299
  AND ts >= TIMESTAMP '$end' - INTERVAL 7 DAY AND ts < TIMESTAMP '$end'
GROUP BY ALL
