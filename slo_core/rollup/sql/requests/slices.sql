-- Ten-second counts of the journeys that availability reads; `slice` counts from midnight.
SELECT
  CAST(ts AS DATE) AS date,
  journey_id,
  CAST(extract(hour FROM ts) * 360 + extract(minute FROM ts) * 6
    + floor(extract(second FROM ts) / 10) AS SMALLINT) AS slice,
  count(*) AS requests,
  count_if(outcome = 0 OR outcome > 3) AS valid,
  count_if(outcome > 3) AS failed
FROM judged
WHERE counted AND in_scope
GROUP BY 1, 2, 3
