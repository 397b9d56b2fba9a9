-- What the macros need beyond the plan, found with their own help.

-- The 30 days before the end have the full month's volume, whatever weekdays they hold.
SET VARIABLE norm = (
    SELECT avg(rhythm(h) * pow(1 + getvariable('growth'),
                               epoch(h - getvariable('sample_end')) / 2592000 + 0.5))
    FROM range(getvariable('sample_end') - INTERVAL 30 DAYS, getvariable('sample_end'),
               INTERVAL 1 HOUR) AS r(h)
);

-- The sessions of the phase.
INSERT INTO session_hours
SELECT h,
       getvariable('first_session')
       + (sum(hourly) OVER (ORDER BY h) - hourly)::BIGINT AS before,
       hourly * getvariable('session_span') AS alive
FROM (
    SELECT h, getvariable('hourly_sessions') * level(h) AS hourly
    FROM range(date_trunc('hour', getvariable('phase_start')), getvariable('phase_end'),
               INTERVAL 1 HOUR) AS r(h)
);
