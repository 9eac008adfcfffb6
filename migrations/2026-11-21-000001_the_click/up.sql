-- The click: orders, the Checkout Sessions minted for them, Stripe's events, and the payments found.
-- What must never happen is refused here before any code is asked.

-- What somebody owes. `version` counts changes of what is owed and is part of the idempotency key of
-- a mint; `link_version` counts withdrawals of the link and is part of the pay token.
-- The status is not stored beside its evidence, it follows from it.
CREATE TABLE orders (
    id              uuid PRIMARY KEY,
    reference       text NOT NULL UNIQUE CHECK (reference <> ''),
    kind            text NOT NULL DEFAULT 'billed' CHECK (kind IN ('billed', 'recovered')),
    email           text,
    name            text,
    locale          text NOT NULL,
    currency        text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
    amount_total    bigint NOT NULL CHECK (amount_total > 0),   -- minor units
    lines           jsonb NOT NULL CHECK (jsonb_typeof(lines) = 'array' AND lines <> '[]'),
    metadata        jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    mode            text NOT NULL CHECK (mode IN ('payment', 'subscription')),
    remind          boolean NOT NULL DEFAULT true,
    -- SHA-256 of it as it was first given: the same content again is recognised, also after later changes.
    content_hash    text NOT NULL,
    version         integer NOT NULL DEFAULT 1 CHECK (version > 0),
    link_version    integer NOT NULL DEFAULT 1 CHECK (link_version > 0),
    created_at      timestamptz NOT NULL,
    processing_at   timestamptz,
    in_review_at    timestamptz,
    paid_at         timestamptz,
    refunded_amount bigint NOT NULL DEFAULT 0 CHECK (refunded_amount >= 0),
    settled_at      timestamptz,
    settled_how     text CHECK (settled_how IN ('cash', 'cheque', 'waived', 'other')),
    cancelled_at    timestamptz,
    status          text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN paid_at IS NOT NULL AND refunded_amount >= amount_total THEN 'refunded'
            WHEN paid_at IS NOT NULL AND refunded_amount > 0 THEN 'partially_refunded'
            WHEN paid_at IS NOT NULL THEN 'paid'
            WHEN settled_at IS NOT NULL THEN 'settled_offline'
            WHEN cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN in_review_at IS NOT NULL THEN 'in_review'
            WHEN processing_at IS NOT NULL THEN 'processing'
            ELSE 'open'
        END
    ) STORED,
    CONSTRAINT settled_says_how CHECK ((settled_at IS NULL) = (settled_how IS NULL)),
    CONSTRAINT closed_in_one_way CHECK (num_nonnulls(settled_at, cancelled_at) <= 1)
);
CREATE INDEX orders_by_status ON orders (status, id);
CREATE INDEX orders_by_email ON orders (lower(email));

-- One row per attempt to mint a Checkout Session, committed before Stripe is asked.
-- `request_body` is what is sent, to the byte, on every repeat; it goes once the outcome is known.
CREATE TABLE checkout_sessions (
    id              uuid PRIMARY KEY,
    stripe_id       text UNIQUE,
    state           text NOT NULL CHECK (state IN
                        ('minting', 'open', 'closing', 'complete', 'expired', 'superseded', 'failed')),
    live            boolean NOT NULL GENERATED ALWAYS AS (state IN ('minting', 'open', 'closing')) STORED,
    origin          text NOT NULL CHECK (origin IN ('click', 'imported', 'foreign', 'preflight')),
    asked_by        text NOT NULL CHECK (asked_by IN ('person', 'machine')),
    idempotency_key text UNIQUE,
    params_hash     bytea,
    request_body    text,
    url             text,
    livemode        boolean,
    created_at      timestamptz NOT NULL,
    posted_at       timestamptz,            -- when the body was first sent
    minted_at       timestamptz,
    expires_at      timestamptz,
    ended_at        timestamptz,
    failure         text,
    UNIQUE (id, live),
    CONSTRAINT a_body_only_while_minting CHECK ((state = 'minting') = (request_body IS NOT NULL)),
    CONSTRAINT minted_has_its_evidence CHECK (
        state IN ('minting', 'failed', 'superseded') OR (stripe_id IS NOT NULL AND expires_at IS NOT NULL)),
    CONSTRAINT open_has_its_url CHECK (state <> 'open' OR url IS NOT NULL),
    CONSTRAINT failed_says_why CHECK (state <> 'failed' OR failure IS NOT NULL),
    CONSTRAINT ended_when_not_live CHECK (
        (state IN ('minting', 'open', 'closing')) = (ended_at IS NULL))
);

-- Which orders a session pays for; a family pays several in one. `live` follows the session's.
CREATE TABLE session_orders (
    session_id uuid NOT NULL,
    order_id   uuid NOT NULL REFERENCES orders (id),
    amount     bigint NOT NULL CHECK (amount > 0),              -- minor units
    version    integer NOT NULL,                                -- of the order, as asked of Stripe
    attempt    integer NOT NULL CHECK (attempt > 0),            -- counts within the version
    live       boolean NOT NULL,
    PRIMARY KEY (session_id, order_id),
    UNIQUE (order_id, version, attempt),
    FOREIGN KEY (session_id, live) REFERENCES checkout_sessions (id, live) ON UPDATE CASCADE
);
-- At most one payable session per order, on one replica or twenty.
CREATE UNIQUE INDEX one_live_session_per_order ON session_orders (order_id) WHERE live;

-- One row per completed Checkout Session, whoever found it.
CREATE TABLE payments (
    id                uuid PRIMARY KEY,
    stripe_session_id text NOT NULL UNIQUE,
    session_id        uuid REFERENCES checkout_sessions (id),   -- null: a payment without an order
    payment_intent    text,                                     -- null: a subscription has none
    amount            bigint NOT NULL CHECK (amount >= 0),      -- minor units
    currency          text NOT NULL CHECK (currency ~ '^[a-z]{3}$'),
    found_by          text NOT NULL CHECK (found_by IN ('webhook', 'return', 'click', 'sweep')),
    found_at          timestamptz NOT NULL
);
CREATE INDEX payments_by_intent ON payments (payment_intent);

-- What of a payment went to which order, and whether it fits.
CREATE TABLE payment_allocations (
    payment_id uuid NOT NULL REFERENCES payments (id),
    order_id   uuid NOT NULL REFERENCES orders (id),
    amount     bigint NOT NULL,                                 -- minor units
    verdict    text NOT NULL CHECK (verdict IN ('settles', 'second_payment', 'mismatch')),
    PRIMARY KEY (payment_id, order_id)
);
CREATE UNIQUE INDEX one_payment_settles_an_order ON payment_allocations (order_id) WHERE verdict = 'settles';
CREATE INDEX payment_allocations_by_order ON payment_allocations (order_id);

-- Every event that Stripe signed, once by its id, as it came.
CREATE TABLE stripe_events (
    id          text PRIMARY KEY,
    type        text NOT NULL,
    livemode    boolean,
    created_at  timestamptz,                                    -- Stripe's own time of it
    body        bytea NOT NULL,
    received_at timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'processed', 'ignored', 'failed')),
    attempts    integer NOT NULL DEFAULT 0,
    last_error  text,
    -- A claim is a lease on the database's clock: one that ran out is taken up again.
    claimed_until timestamptz,
    not_before  timestamptz NOT NULL DEFAULT to_timestamp(0),
    CONSTRAINT failed_has_a_reason CHECK (state <> 'failed' OR last_error IS NOT NULL)
);
CREATE INDEX stripe_events_pending ON stripe_events (not_before, received_at) WHERE state = 'pending';
CREATE INDEX stripe_events_by_time ON stripe_events (received_at DESC, id DESC);

-- What happened, in order, append-only; written in the transaction of what it tells.
CREATE TABLE activity (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL,
    order_id uuid REFERENCES orders (id),
    category text NOT NULL,
    level    text NOT NULL CHECK (level IN ('info', 'attention')),
    actor    text NOT NULL,
    what     text NOT NULL,
    detail   jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX activity_by_order ON activity (order_id, id);

-- One row per limit that all replicas share: when the next call may go out, on the database's clock.
CREATE TABLE pace (
    name    text PRIMARY KEY,
    next_at timestamptz NOT NULL
);
INSERT INTO pace (name, next_at) VALUES ('mints', to_timestamp(0));

-- Who may call the API. The token itself is shown once and kept only as its SHA-256.
CREATE TABLE api_tokens (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (name <> ''),
    role       text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);
