-- The plan as small tables; slo_core.logs.sample.parameters fills them. `word` is an enum of every
-- name in the plan: written to Parquet as text, at half of text's price.

CREATE TEMP TABLE streams (       -- what the grid has a column of slots for
    k INTEGER, kind word, journey word, step word, source word, platform word,
    metric word,
    per_us DOUBLE,                -- rows per microsecond at level 1
    slowed BOOLEAN                -- in the slow hours
);

CREATE TEMP TABLE routes (        -- each stream of requests, 64 buckets by its endpoints' weights
    k INTEGER, bucket INTEGER, journey word, step word, source word, platform word,
    endpoint word, method word, status INTEGER, bytes DOUBLE,
    mu DOUBLE, spread DOUBLE, tail DOUBLE, timeout_ms DOUBLE,
    failures DOUBLE, failure_way INTEGER, unusual DOUBLE, unusual_way INTEGER
);

CREATE TEMP TABLE ways (          -- how a row can differ: 1000 buckets by weight for each key;
    key INTEGER, bucket INTEGER,  -- null is the usual, 'none' and -1 are a null in the row
    status INTEGER, method word, endpoint word, error word, excluded word,
    bytes BIGINT, duration word, source word
);

CREATE TEMP TABLE metrics (
    k INTEGER, journey word, metric word, mu DOUBLE, spread DOUBLE, tail DOUBLE,
    decimals INTEGER
);

CREATE TEMP TABLE effects (       -- what happens; null selectors mean all
    kind word, begins TIMESTAMP, ends TIMESTAMP,
    journey word, step word, platform word, source word, metric word,
    scope word, target word, host word,
    fail DOUBLE, fail_end DOUBLE, fail_way INTEGER, factor DOUBLE, volume DOUBLE,
    more DOUBLE, more_end DOUBLE
);

CREATE TEMP TABLE funnels (
    journey word, source word, timeout_ms DOUBLE, abandoned DOUBLE, retried DOUBLE,
    step word, place INTEGER, at_start BOOLEAN, seconds DOUBLE,
    kept DOUBLE,                  -- of attempts, from the first step to this one
    success BOOLEAN, patience DOUBLE
);

CREATE TEMP TABLE targets (scope word, target word, latency DOUBLE, offset_ms INTEGER);

CREATE TEMP TABLE hosts (
    host word, second INTEGER, vcpus INTEGER, cpu_base DOUBLE, cpu_load DOUBLE,
    memory_base DOUBLE, memory_load DOUBLE, disk_at_end DOUBLE, disk_daily DOUBLE,
    storage_at_end DOUBLE, storage_doubling_days DOUBLE
);

CREATE TEMP TABLE changes (
    ts TIMESTAMP, kind VARCHAR, service VARCHAR, version VARCHAR, actor VARCHAR, note VARCHAR
);

CREATE TEMP TABLE session_hours ( -- filled by calibrate.sql
    h TIMESTAMP,
    before BIGINT,                -- the number of the first session that begins in the hour
    alive DOUBLE                  -- how many are alive at once
);
