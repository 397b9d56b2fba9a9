-- Ten-second counts of the journeys that availability reads; `slice` counts from the epoch.
SELECT
  CAST(ts AS DATE) AS date,
  journey_id,
  CAST(floor(epoch(ts) / 10) AS BIGINT) AS slice,
  count(*) AS requests,
  count_if(outcome = 0 OR outcome > 3) AS valid,
  count_if(outcome > 3) AS failed
FROM judged
WHERE other_source IS NULL AND journey_id IN (SELECT journey_id FROM journey WHERE in_scope)
GROUP BY 1, 2, 3
