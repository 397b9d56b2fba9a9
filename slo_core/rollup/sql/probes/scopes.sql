-- The slices summed to scopes: how many targets were probed, and how many whose latest probe failed.
-- Nearly always that is all there is to know; the targets themselves are read around failures only.
SELECT
  date,
  scope,
  slice,
  count(*) AS targets,
  count_if(
    last_failed_at IS NOT NULL AND (last_passed_at IS NULL OR last_failed_at > last_passed_at)
  ) AS failing
FROM slices
GROUP BY date, scope, slice
