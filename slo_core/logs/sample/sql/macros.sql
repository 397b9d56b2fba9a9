-- What every table of the sample stands on: reproducible chance, the rhythm of traffic, and the
-- grid of slots (minutes, in the beta ten minutes) with what happens in them.
--
-- Variables are set by slo_core.logs.sample.parameters and, for each date, day_start and day_end.
-- Tables: those of tables.sql, and session_hours.

-- Chance is a hash of what a row is, never a random generator: the same on any machine, in any
-- order. `uniform` is in [0, 1) from the 24 bits of a hash above `shift`, `gaussian` from 44 bits.
CREATE MACRO uniform(h, shift) AS
    ((h >> shift) & 16777215)::DOUBLE / 16777216;

CREATE MACRO gaussian(h) AS
    sqrt(-2 * ln(((h & 16777215) + 1)::DOUBLE / 16777217))
    * cos(6.283185307179586 * ((h >> 24) & 1048575)::DOUBLE / 1048576);

-- A list of 24 figures read at a time of day, straight lines between the hours.
CREATE MACRO by_hour(figures, t) AS
    figures[1 + hour(t)] * (60 - minute(t)) / 60 + figures[1 + (hour(t) + 1) % 24] * minute(t) / 60;

-- Traffic at a moment, 1 being the mean of the 30 days before the end at the full volume.
CREATE MACRO rhythm(t) AS
    by_hour(getvariable('hours'), t) * getvariable('weekdays')[isodow(t)] / getvariable('norm');
CREATE MACRO level(t) AS
    getvariable('volume') * rhythm(t)
    * pow(1 + getvariable('growth'), epoch(t - getvariable('growth_pivot')) / 2592000);

-- Whether a moment is in a time without any data: `dark` has pairs of a start and an end.
CREATE MACRO dark(t) AS
    coalesce(list_bool_or(list_transform(
        getvariable('dark')::TIMESTAMP[][], lambda span: t >= span[1] AND t < span[2])), false);

-- The slots of the date: when, how long, the traffic, and the sessions that are alive in them.
CREATE MACRO slots() AS TABLE
    WITH cut AS (
        SELECT greatest(slot, getvariable('day_start')) AS t0,
               least(slot + getvariable('slot'), getvariable('day_end')) AS t1
        FROM range(time_bucket(getvariable('slot'), getvariable('day_start')),
                   getvariable('day_end'), getvariable('slot')) AS s(slot)
    ), lit AS (
        SELECT t0, epoch_us(t1) - epoch_us(t0) AS span_us, t0 + (t1 - t0) / 2 AS middle
        FROM cut WHERE NOT dark(t0)
    )
    SELECT t0, span_us, middle, level(middle) AS level,
           ln(by_hour(getvariable('slowness'), middle)) AS slowness,
           before + (alive * minute(middle) / 60 / getvariable('session_span'))::BIGINT AS s_end,
           greatest(1, ceil(alive))::BIGINT AS s_alive
    FROM lit LEFT JOIN session_hours AS sh ON sh.h = date_trunc('hour', t0);

-- Slots × streams of one kind: how many rows (n), and what is different from the usual.
-- `fail` is the share that an incident makes fail, in the way of `fail_way`; `slow` a logarithm.
CREATE MACRO grid(wanted) AS TABLE
    WITH cells AS (
        SELECT k, t0, span_us, level, slowness, s_end, s_alive, middle, journey, step, platform,
               source, metric, per_us, slowed
        FROM slots() CROSS JOIN (SELECT * FROM streams WHERE kind = wanted)
    ), hits AS (
        SELECT c.t0, c.k, e.volume, e.factor, e.fail_way,
               e.fail + (e.fail_end - e.fail)
               * (epoch_us(middle) - epoch_us(e.begins))
               / (epoch_us(e.ends) - epoch_us(e.begins)) AS fail
        FROM effects AS e JOIN cells AS c
        ON e.kind = wanted AND c.middle >= e.begins AND c.middle < e.ends
        AND coalesce(e.journey = c.journey, true) AND coalesce(e.step = c.step, e.step IS NULL)
        AND coalesce(e.platform = c.platform, e.platform IS NULL)
        AND coalesce(e.source = c.source, e.source IS NULL)
        AND coalesce(e.metric = c.metric, e.metric IS NULL)
        WHERE e.begins < getvariable('day_end') AND e.ends > getvariable('day_start')
    ), happens AS (
        SELECT t0, k, product(volume) AS volume, product(factor) AS factor,
               least(0.98, sum(fail)) AS fail, arg_max(fail_way, fail) AS fail_way
        FROM hits GROUP BY t0, k
    ), expected AS (
        SELECT c.k, c.t0, span_us, s_end, s_alive, key,
               per_us * span_us * level * coalesce(volume, 1) AS mean,
               coalesce(fail, 0) AS fail, fail_way, coalesce(factor, 1) AS factor,
               CASE WHEN slowed THEN slowness ELSE 0 END + ln(coalesce(factor, 1)) AS slow
        FROM (SELECT *, hash(k, epoch_us(t0), getvariable('seed')) AS key FROM cells) AS c
        LEFT JOIN happens AS h ON h.t0 = c.t0 AND h.k = c.k
    )
    SELECT k, t0, span_us, s_end, s_alive, key, fail, fail_way, factor, slow,
           greatest(0, floor(
               mean + uniform(hash(key, 2), 0)
               + CASE WHEN mean > 9 THEN sqrt(mean) * gaussian(hash(key, 1)) ELSE 0 END
           ))::BIGINT AS n
    FROM expected;

-- The rows of a grid in the order of time, with two hashes each.
CREATE MACRO placed(wanted) AS TABLE
    WITH numbered AS (
        SELECT *, unnest(range(n)) AS i FROM grid(wanted) WHERE n > 0
    ), hashed AS (
        SELECT *, hash(xor(key, i::UBIGINT)) AS h1 FROM numbered
    )
    SELECT t0 + to_microseconds(((i + uniform(h1, 40)) / n * span_us)::BIGINT) AS ts,
           k, fail, fail_way, factor, slow, h1, hash(h1) AS h2,
           s_end - 1 - floor(uniform(hash(h1, 3), 0) * s_alive)::BIGINT AS s
    FROM hashed ORDER BY ts, h1;
