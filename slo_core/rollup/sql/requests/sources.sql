-- What another source says of a journey, never added to it: the cross-check.
SELECT
  date_trunc('hour', ts) AS hour,
  journey_id,
  other_source AS source,
  count(*) AS requests,
  count_if(outcome = 0 OR outcome > 3) AS valid,
  count_if(outcome > 3) AS failed,
  min(ts) AS first_at,
  max(ts) AS last_at
FROM judged
WHERE other_source IS NOT NULL
GROUP BY date_trunc('hour', ts), journey_id, other_source
