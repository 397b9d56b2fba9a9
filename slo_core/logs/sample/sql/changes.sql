-- One date's changes; they are few, and known beforehand.
SELECT ts, kind, service, version, actor, note FROM changes
WHERE ts >= getvariable('day_start') AND ts < getvariable('day_end') AND NOT dark(ts)
ORDER BY ts, service
