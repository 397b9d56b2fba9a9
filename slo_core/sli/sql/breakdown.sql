-- Rows of the requests' breakdown that are bad events of the objective in `request_indicator`: failed
-- requests, or, where it has a cut, timed ones that reach it. `outcome_reason` names outcomes;
-- `reached` names the last cut that a band reaches, by plan.
SELECT
  b.hour AS at,
  coalesce(o.reason, 'other') AS reason,
  coalesce(r.reached, 'timeout') AS reached,
  coalesce(b.endpoint, 'none') AS endpoint,
  coalesce(CAST(b.status AS VARCHAR), 'none') AS status,
  coalesce(b.platform, 'unknown') AS platform,
  coalesce(b.step, 'none') AS step,
  b.events AS bad
FROM breakdown AS b
JOIN request_indicator AS i
  ON b.plan = i.plan AND b.journey = i.journey AND (i.step IS NULL OR b.step = i.step)
LEFT JOIN outcome_reason AS o ON b.outcome = o.outcome
LEFT JOIN reached AS r ON b.plan = r.plan AND b.band = r.band
WHERE CASE WHEN i.cut IS NULL THEN b.outcome > 3 ELSE b.band >= i.cut END
