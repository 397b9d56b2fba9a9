-- One row per minute, host and metric: the samples, their sum, and the last one.
SELECT
  date_trunc('minute', ts) AS minute,
  host,
  metric,
  count(*) AS samples,
  sum(value) AS total,
  max(value) AS largest,
  max_by(value, ts) AS last_value
FROM resources
GROUP BY date_trunc('minute', ts), host, metric
