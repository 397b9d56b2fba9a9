-- Rollup rows of measurements to good and valid events of every objective that counts them, summed
-- by window and step of time before the join, as in requests.sql. `measurement_indicator` has a row
-- per wish, plan, objective and metric: a cut below or above which a value is good, or, for shares
-- of a sum, the signs with which the metric's sum counts as good and as valid. Cut 0: see
-- requests.sql.
SELECT
  window_name,
  moment,
  journey,
  objective,
  platform,
  CASE
    WHEN cut IS NULL THEN good_sign * total
    WHEN cut = 0 THEN 0
    WHEN above THEN events - below
    ELSE below
  END AS good,
  CASE WHEN cut IS NULL THEN valid_sign * total ELSE events END AS valid
FROM (
  SELECT
    c.window_name,
    c.moment,
    i.journey,
    i.objective,
    c.platform,
    c.events,
    c.total,
    i.cut,
    i.above,
    i.good_sign,
    i.valid_sign,
    CASE i.cut WHEN 0 THEN 0 $below END AS below
  FROM (
    SELECT
      r.window_name,
      r.moment,
      r.wish,
      r.plan,
      r.journey,
      r.metric,
      r.platform,
      sum(r.events) AS events,
      sum(r.total) AS total$sums
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
  JOIN measurement_indicator AS i
    ON c.wish = i.wish AND c.plan = i.plan AND c.journey = i.journey AND c.metric = i.metric
) AS counted
