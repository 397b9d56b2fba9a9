-- Rollup rows of requests to good and valid events of every objective that counts requests, summed
-- by $place. Rows are summed before they are joined with `request_indicator`, since several
-- objectives count the same rows; it has a row per plan and objective: which step it keeps to
-- (null: all), and the cut below which a timed request is good (null: the outcome decides; 0: the
-- plan has no such cut, and the histogram says how many were good). $sums and $below name only the
-- cuts that some objective counts at.
SELECT
  c.place,
  i.journey,
  i.objective,
  c.platform,
  CASE i.cut WHEN 0 THEN 0 $below ELSE c.good END AS good,
  CASE WHEN i.cut IS NULL THEN c.valid ELSE c.timed END AS valid
FROM (
  SELECT
    $place AS place,
    r.plan,
    r.journey,
    r.step,
    r.platform,
    sum(r.good) AS good,
    sum(r.requests - r.excluded - r.auth - r.redirect) AS valid,
    sum(r.timed) AS timed$sums
  FROM $rows AS r
  GROUP BY ALL
) AS c
JOIN request_indicator AS i
  ON c.plan = i.plan AND c.journey = i.journey AND (i.step IS NULL OR c.step = i.step)
