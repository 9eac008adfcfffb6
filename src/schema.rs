// @generated automatically by Diesel CLI.

diesel::table! {
    activity (id) {
        id -> Int8,
        at -> Timestamptz,
        order_id -> Nullable<Uuid>,
        category -> Text,
        level -> Text,
        actor -> Text,
        what -> Text,
        detail -> Jsonb,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Uuid,
        name -> Text,
        role -> Text,
        token_hash -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    checkout_sessions (id) {
        id -> Uuid,
        stripe_id -> Nullable<Text>,
        state -> Text,
        live -> Bool,
        origin -> Text,
        asked_by -> Text,
        idempotency_key -> Nullable<Text>,
        params_hash -> Nullable<Bytea>,
        request_body -> Nullable<Text>,
        url -> Nullable<Text>,
        livemode -> Nullable<Bool>,
        created_at -> Timestamptz,
        posted_at -> Nullable<Timestamptz>,
        minted_at -> Nullable<Timestamptz>,
        expires_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    orders (id) {
        id -> Uuid,
        reference -> Text,
        kind -> Text,
        email -> Nullable<Text>,
        name -> Nullable<Text>,
        locale -> Text,
        currency -> Text,
        amount_total -> Int8,
        lines -> Jsonb,
        metadata -> Jsonb,
        mode -> Text,
        remind -> Bool,
        content_hash -> Text,
        version -> Int4,
        link_version -> Int4,
        created_at -> Timestamptz,
        processing_at -> Nullable<Timestamptz>,
        in_review_at -> Nullable<Timestamptz>,
        paid_at -> Nullable<Timestamptz>,
        refunded_amount -> Int8,
        settled_at -> Nullable<Timestamptz>,
        settled_how -> Nullable<Text>,
        cancelled_at -> Nullable<Timestamptz>,
        status -> Text,
    }
}

diesel::table! {
    pace (name) {
        name -> Text,
        next_at -> Timestamptz,
    }
}

diesel::table! {
    payment_allocations (payment_id, order_id) {
        payment_id -> Uuid,
        order_id -> Uuid,
        amount -> Int8,
        verdict -> Text,
    }
}

diesel::table! {
    payments (id) {
        id -> Uuid,
        stripe_session_id -> Text,
        session_id -> Nullable<Uuid>,
        payment_intent -> Nullable<Text>,
        amount -> Int8,
        currency -> Text,
        found_by -> Text,
        found_at -> Timestamptz,
    }
}

diesel::table! {
    session_orders (session_id, order_id) {
        session_id -> Uuid,
        order_id -> Uuid,
        amount -> Int8,
        version -> Int4,
        attempt -> Int4,
        live -> Bool,
    }
}

diesel::table! {
    stripe_events (id) {
        id -> Text,
        #[sql_name = "type"]
        type_ -> Text,
        livemode -> Nullable<Bool>,
        created_at -> Nullable<Timestamptz>,
        body -> Bytea,
        received_at -> Timestamptz,
        state -> Text,
        attempts -> Int4,
        last_error -> Nullable<Text>,
        claimed_until -> Nullable<Timestamptz>,
        not_before -> Timestamptz,
    }
}

diesel::joinable!(activity -> orders (order_id));
diesel::joinable!(payment_allocations -> orders (order_id));
diesel::joinable!(payment_allocations -> payments (payment_id));
diesel::joinable!(payments -> checkout_sessions (session_id));
diesel::joinable!(session_orders -> orders (order_id));

diesel::allow_tables_to_appear_in_same_query!(
    activity,
    api_tokens,
    checkout_sessions,
    orders,
    pace,
    payment_allocations,
    payments,
    session_orders,
    stripe_events,
);
