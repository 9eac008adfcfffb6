-- Visits of payers' pages, as counts. No row is of one visit: counts grow in batches. Whether somebody has been
-- counted on a day is known by markers: keyed hashes, made with a salt of that day, which all replicas share.
-- When the day (UTC) is over, salt and markers are deleted, and nobody can be recognised any more, also in a
-- back-up of a later day. During the day a marker cannot be tried out from the database alone either: what is
-- hashed was keyed before with a secret that stands in LINK_KEYS.
CREATE TABLE visit_salts (
    day date PRIMARY KEY,
    salt bytea NOT NULL CHECK (octet_length(salt) = 32)
);
-- A marker is of a person and of one thing that is counted (that day's pay pages, its phones): two markers of
-- one person cannot be told to be hers.
CREATE TABLE visit_markers (
    day date NOT NULL,
    marker bytea NOT NULL CHECK (octet_length(marker) = 16),
    PRIMARY KEY (day, marker)
);

-- At most 3 x 4 x 4 x 2 rows a day.
CREATE TABLE visit_counts (
    day date NOT NULL,
    page text NOT NULL CHECK (page IN ('pay', 'return', 'unsubscribe')),
    source text NOT NULL CHECK (source IN ('blast', 'reminder', 'link', 'letter')),
    device text NOT NULL CHECK (device IN ('phone', 'tablet', 'computer', 'other')),
    visitor text NOT NULL CHECK (visitor IN ('person', 'machine')),
    visits bigint NOT NULL CHECK (visits > 0),
    PRIMARY KEY (day, page, source, device, visitor)
);

-- Each thing that is counted by itself: what a browser, a system or a country has in common with a page is not
-- kept, since a rare mixture is as good as a name. At most about 1,400 rows a day, were every country's people here.
CREATE TABLE visit_totals (
    day date NOT NULL,
    dimension text NOT NULL
        CHECK (dimension IN ('all', 'page', 'source', 'device', 'browser', 'system', 'country')),
    value text NOT NULL CHECK (char_length(value) <= 20),
    visitor text NOT NULL CHECK (visitor IN ('person', 'machine')),
    visits bigint NOT NULL CHECK (visits > 0),
    visitors bigint NOT NULL CHECK (visitors BETWEEN 0 AND visits),
    PRIMARY KEY (day, dimension, value, visitor)
);

-- 0: nothing is counted.
ALTER TABLE settings
    ADD COLUMN visits_months integer NOT NULL DEFAULT 12 CHECK (visits_months BETWEEN 0 AND 60);

-- Figures of all replicas together, added up: of durations how many were up to so many milliseconds (and longer
-- than the next shorter bound), so that a median can be told over any time; of events how many (up_to is 0); of
-- what is looked at, the greatest that was seen (up_to is 0).
CREATE TABLE performance_minutes (
    minute timestamptz NOT NULL,
    kind text NOT NULL,
    up_to integer NOT NULL CHECK (up_to >= 0),
    count bigint NOT NULL CHECK (count >= 0),
    PRIMARY KEY (minute, kind, up_to)
);
-- The same by the day (UTC), for as long as anybody compares.
CREATE TABLE performance_days (
    day date NOT NULL,
    kind text NOT NULL,
    up_to integer NOT NULL CHECK (up_to >= 0),
    count bigint NOT NULL CHECK (count >= 0),
    PRIMARY KEY (day, kind, up_to)
);
ALTER TABLE performance_minutes ADD CONSTRAINT known_kind CHECK (kind IN
    ('click', 'mint', 'webhook_lag', 'stripe_error', 'stripe_too_fast', 'mail', 'reminder', 'outbox_depth', 'outbox_age'));
ALTER TABLE performance_days ADD CONSTRAINT known_kind CHECK (kind IN
    ('click', 'mint', 'webhook_lag', 'stripe_error', 'stripe_too_fast', 'mail', 'reminder', 'outbox_depth', 'outbox_age'));
