-- Ten-second counts of probes per scope and target, with the last that passed and the last that
-- failed, so that "the latest probe of each target" is answered for any minute.
SELECT
  CAST(ts AS DATE) AS date,
  scope,
  target,
  CAST(floor(epoch(ts) / 10) AS BIGINT) AS slice,
  count(*) AS probes,
  count_if(NOT ok) AS failed,
  max(CASE WHEN ok THEN ts END) AS last_passed_at,
  max(CASE WHEN NOT ok THEN ts END) AS last_failed_at
FROM probes
WHERE scope IN (SELECT scope FROM scope)
GROUP BY 1, 2, 3, 4
