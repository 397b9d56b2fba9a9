-- What a user would write over raw Parquet for one journey's two usual questions, with the outcome
-- rule cut down to statuses and timeouts: the success rate over 30 days, P95 compliance over 7.
SELECT
  journey,
  count(*) FILTER (WHERE status BETWEEN 200 AND 299 AND error IS NULL) / count(*) AS success_rate,
  avg(CAST(duration_ms < 30000 AS INTEGER))
    FILTER (WHERE status = 200 AND ts >= TIMESTAMP '$end' - INTERVAL 7 DAY) AS below_30_s
FROM read_parquet('$folder/requests/*/*.parquet', hive_partitioning = false)
WHERE excluded IS NULL AND status NOT IN (401, 403)
  AND ts >= TIMESTAMP '$end' - INTERVAL 30 DAY AND ts < TIMESTAMP '$end'
GROUP BY journey
