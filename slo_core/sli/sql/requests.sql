-- Rollup rows of requests to good and valid events of every objective that counts requests, summed
-- by window and step of time. Rows are summed before they are joined with `request_indicator`, since
-- several objectives count the same rows; it has a row per wish, plan and objective: which step it
-- keeps to (null: all), and the cut below which a timed request is good (null: the outcome decides;
-- 0: the plan has no such cut, and the histogram says how many were good). $sums and $below name
-- only the cuts that some objective counts at.
SELECT
  c.window_name,
  c.moment,
  i.journey,
  i.objective,
  c.platform,
  CASE i.cut WHEN 0 THEN 0 $below ELSE c.good END AS good,
  CASE WHEN i.cut IS NULL THEN c.valid ELSE c.timed END AS valid
FROM (
  SELECT
    r.window_name,
    r.moment,
    r.wish,
    r.plan,
    r.journey,
    r.step,
    r.platform,
    sum(r.good) AS good,
    sum(r.requests - r.excluded - r.auth - r.redirect) AS valid,
    sum(r.timed) AS timed$sums
  FROM (
    SELECT
      q.*,
      p.window_name,
      p.wish,
      CASE WHEN p.step > 0 THEN make_timestamp(epoch_us(q.at) // p.step * p.step) END AS moment
    FROM ($rows) AS q
    JOIN piece AS p ON q.grain = p.grain AND q.at >= p.starts_at AND q.at < p.ends_at
    WHERE q.journey IN ($journeys)
  ) AS r
  GROUP BY ALL
) AS c
JOIN request_indicator AS i
  ON c.wish = i.wish AND c.plan = i.plan AND c.journey = i.journey
    AND (i.step IS NULL OR c.step = i.step)
