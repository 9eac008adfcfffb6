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
    activity_dismissals (activity_id) {
        activity_id -> Int8,
        at -> Timestamptz,
        actor -> Text,
    }
}

diesel::table! {
    activity_open (activity_id) {
        activity_id -> Int8,
        category -> Text,
    }
}

diesel::table! {
    alert_causes (key) {
        key -> Text,
        kind -> Text,
        order_id -> Nullable<Uuid>,
        blast_id -> Nullable<Uuid>,
        detail -> Nullable<Text>,
        count -> Int8,
        since -> Timestamptz,
        told -> Bool,
        ends_at -> Nullable<Timestamptz>,
        gone_at -> Nullable<Timestamptz>,
        over_at -> Nullable<Timestamptz>,
        returns -> Int4,
    }
}

diesel::table! {
    alert_messages (id) {
        id -> Int8,
        channel -> Text,
        state -> Text,
        key -> Text,
        kind -> Text,
        order_id -> Nullable<Uuid>,
        blast_id -> Nullable<Uuid>,
        detail -> Nullable<Text>,
        count -> Int8,
        since -> Timestamptz,
        noted_at -> Timestamptz,
        attempts -> Int4,
        not_before -> Timestamptz,
        claimed_until -> Nullable<Timestamptz>,
        claim_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    alert_watch (only_row) {
        only_row -> Bool,
        log_seen -> Nullable<Int8>,
        mailed_at -> Timestamptz,
        digest_on -> Nullable<Date>,
        passed_at -> Timestamptz,
        watching_since -> Timestamptz,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Uuid,
        name -> Text,
        role -> Text,
        token_hash -> Bytea,
        created_at -> Timestamptz,
        last_used_at -> Nullable<Timestamptz>,
        tests_on -> Nullable<Date>,
        tests -> Int4,
    }
}

diesel::table! {
    blast_approvals (id) {
        id -> Int8,
        blast_id -> Uuid,
        content_hash -> Text,
        approved_by -> Text,
        approved_at -> Timestamptz,
        voided_at -> Nullable<Timestamptz>,
        approver_key -> Nullable<Text>,
    }
}

diesel::table! {
    blast_recalls (blast_id, order_id) {
        blast_id -> Uuid,
        order_id -> Uuid,
        claimed_until -> Timestamptz,
        attempts -> Int4,
        was_open -> Bool,
        done_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    blast_preflights (blast_id) {
        blast_id -> Uuid,
        approval_id -> Int8,
        stripe_id -> Nullable<Text>,
        closed_at -> Nullable<Timestamptz>,
        checks -> Jsonb,
    }
}

diesel::table! {
    blast_recipients (blast_id, order_id) {
        blast_id -> Uuid,
        order_id -> Uuid,
        digest -> Bytea,
    }
}

diesel::table! {
    blasts (id) {
        id -> Uuid,
        name -> Text,
        subject -> Text,
        body -> Text,
        selection -> Jsonb,
        per_second -> Nullable<Float8>,
        send_at -> Nullable<Timestamptz>,
        remind -> Nullable<Bool>,
        state -> Text,
        author -> Text,
        created_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        first_wave -> Int4,
        wave -> Nullable<Text>,
        wave_over_at -> Nullable<Timestamptz>,
        paused_by -> Nullable<Text>,
        paused_because -> Nullable<Text>,
        paused_at -> Nullable<Timestamptz>,
        known_bounces -> Int8,
        known_handed_over -> Int8,
        known_until -> Nullable<Timestamptz>,
        author_key -> Nullable<Text>,
        recall_note -> Nullable<Text>,
        recalled_at -> Nullable<Timestamptz>,
        corrects -> Nullable<Uuid>,
    }
}

diesel::table! {
    carts (session_id) {
        session_id -> Uuid,
        address_hash -> Nullable<Bytea>,
        amount -> Nullable<Int8>,
        currency -> Nullable<Text>,
        started_at -> Nullable<Timestamptz>,
        expired_at -> Timestamptz,
    }
}

diesel::table! {
    bounce_mailboxes (name) {
        name -> Text,
        uid_validity -> Int8,
        last_uid -> Int8,
        read_at -> Timestamptz,
    }
}

diesel::table! {
    cases (id) {
        id -> Uuid,
        kind -> Text,
        about -> Text,
        order_id -> Nullable<Uuid>,
        payment_id -> Nullable<Uuid>,
        payment_intent -> Nullable<Text>,
        amount -> Int8,
        currency -> Text,
        email -> Nullable<Text>,
        opened_at -> Timestamptz,
        refunding_at -> Nullable<Timestamptz>,
        refund_attempt -> Int4,
        resolved_at -> Nullable<Timestamptz>,
        resolved_how -> Nullable<Text>,
        resolved_by -> Nullable<Text>,
        note -> Nullable<Text>,
        refunding_by -> Nullable<Text>,
        moved_to -> Nullable<Uuid>,
        refund_id -> Nullable<Text>,
        refund_failure -> Nullable<Text>,
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
        payment_failed_at -> Nullable<Timestamptz>,
        basis_order -> Nullable<Int4>,
        basis_settings -> Nullable<Int4>,
        basis_reminded -> Nullable<Bool>,
        basis_build -> Nullable<Int8>,
    }
}

diesel::table! {
    chores (name) {
        name -> Text,
        due_at -> Timestamptz,
        claimed_until -> Timestamptz,
        claim_id -> Nullable<Uuid>,
        done_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    dead_links (only_row) {
        only_row -> Bool,
        orders -> Int8,
        since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    disputes (id) {
        id -> Text,
        payment_intent -> Nullable<Text>,
        amount -> Int8,
        currency -> Text,
        status -> Text,
        reason -> Nullable<Text>,
        heard_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    link_notes (order_id) {
        order_id -> Uuid,
        note -> Text,
    }
}

diesel::table! {
    imports (id) {
        id -> Uuid,
        file -> Text,
        content -> Nullable<Text>,
        created_at -> Timestamptz,
        done_at -> Nullable<Timestamptz>,
        done_by -> Nullable<Text>,
        name -> Nullable<Text>,
        counts -> Nullable<Jsonb>,
    }
}

diesel::table! {
    link_looks (order_id) {
        order_id -> Uuid,
        by_person -> Nullable<Timestamptz>,
        by_machine -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    mail_flow (only_row) {
        only_row -> Bool,
        stood_still -> Float8,
        streak -> Int8,
        likeness -> Nullable<Text>,
        gone -> Bool,
        recipients -> Array<Bytea>,
        bounces -> Nullable<Text>,
        failing_since -> Nullable<Timestamptz>,
        failing_at -> Nullable<Timestamptz>,
        failing_mails -> Array<Uuid>,
        failing_domains -> Array<Text>,
    }
}

diesel::table! {
    mail_ledger (at) {
        at -> Timestamptz,
        mails -> Int4,
    }
}

diesel::table! {
    ops_browsers (token_hash, user_id) {
        token_hash -> Bytea,
        user_id -> Uuid,
        used_at -> Timestamptz,
    }
}

diesel::table! {
    ops_links (mail_id) {
        mail_id -> Uuid,
        user_id -> Uuid,
        purpose -> Text,
        token_hash -> Nullable<Bytea>,
        made_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    ops_once (id) {
        id -> Uuid,
        user_id -> Uuid,
        token -> Text,
        at -> Timestamptz,
        outcome -> Jsonb,
        held_until -> Nullable<Timestamptz>,
        held_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    ops_sessions (token_hash) {
        token_hash -> Bytea,
        user_id -> Uuid,
        began_at -> Timestamptz,
        seen_at -> Timestamptz,
    }
}

diesel::table! {
    ops_tries (id) {
        id -> Int8,
        what -> Text,
        account -> Bytea,
        address -> Nullable<Bytea>,
        at -> Timestamptz,
    }
}

diesel::table! {
    ops_users (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Nullable<Text>,
        created_at -> Timestamptz,
        last_seen_at -> Nullable<Timestamptz>,
        disabled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    order_refunds (id) {
        id -> Uuid,
        order_id -> Uuid,
        payment_id -> Uuid,
        payment_intent -> Text,
        key -> Text,
        asked_amount -> Nullable<Int8>,
        amount -> Int8,
        currency -> Text,
        asked_at -> Timestamptz,
        asked_by -> Text,
        attempt -> Int4,
        state -> Text,
        refund_id -> Nullable<Text>,
        failure -> Nullable<Text>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    order_batch_parts (batch_id, order_id) {
        batch_id -> Uuid,
        order_id -> Uuid,
        outcome -> Nullable<Text>,
        why -> Nullable<Text>,
    }
}

diesel::table! {
    order_batches (id) {
        id -> Uuid,
        act -> Text,
        note -> Nullable<Text>,
        actor -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    order_news (order_id) {
        order_id -> Uuid,
        list -> Text,
        news -> Text,
        at -> Timestamptz,
        due -> Bool,
        may_be_unmailed -> Bool,
        may_be_unopened -> Bool,
    }
}

diesel::table! {
    order_news_read (only_row) {
        only_row -> Bool,
        xact -> Int8,
        line -> Int8,
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
        amount_total -> Nullable<Int8>,
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
        paid_amount -> Nullable<Int8>,
        paid_currency -> Nullable<Text>,
        debit_failed_at -> Nullable<Timestamptz>,
        automatic_tax -> Bool,
        promotion_codes -> Bool,
        checkout_params -> Jsonb,
        status -> Text,
        params_version -> Int4,
        import -> Nullable<Text>,
    }
}

diesel::table! {
    outbox (id) {
        id -> Uuid,
        kind -> Text,
        blast_id -> Nullable<Uuid>,
        address -> Nullable<Text>,
        address_hash -> Bytea,
        subject -> Nullable<Text>,
        body -> Nullable<Text>,
        message_id -> Text,
        state -> Text,
        skip_reason -> Nullable<Text>,
        attempts -> Int4,
        created_at -> Timestamptz,
        queued_at -> Timestamptz,
        not_before -> Timestamptz,
        due_at -> Nullable<Timestamptz>,
        claim_id -> Nullable<Uuid>,
        claimed_until -> Nullable<Timestamptz>,
        handed_over -> Bool,
        last_error -> Nullable<Text>,
        sent_at -> Nullable<Timestamptz>,
        asked_at -> Nullable<Timestamptz>,
        refused_at -> Nullable<Timestamptz>,
        address_gone -> Bool,
        streak -> Nullable<Int8>,
        returned -> Nullable<Text>,
        wave -> Nullable<Text>,
        mark -> Nullable<Uuid>,
        server_id -> Nullable<Text>,
        reported_gone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    outbox_orders (mail_id, order_id) {
        mail_id -> Uuid,
        order_id -> Uuid,
        kind -> Text,
        blast_id -> Nullable<Uuid>,
        version -> Int4,
        link_version -> Int4,
        void -> Bool,
    }
}

diesel::table! {
    outbox_pause (only_row) {
        only_row -> Bool,
        reason -> Text,
        since -> Timestamptz,
        tries -> Int4,
        until -> Timestamptz,
        cause -> Text,
        likeness -> Nullable<Text>,
        streak -> Nullable<Int8>,
        tried_at -> Timestamptz,
        trying -> Nullable<Uuid>,
        trying_until -> Nullable<Timestamptz>,
        proves -> Bool,
    }
}

diesel::table! {
    pace (name) {
        name -> Text,
        next_at -> Timestamptz,
        rate -> Nullable<Float8>,
        slowed_at -> Nullable<Timestamptz>,
        too_fast_at -> Nullable<Timestamptz>,
        too_fast_domain -> Nullable<Text>,
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
    performance_days (day, kind, up_to) {
        day -> Date,
        kind -> Text,
        up_to -> Int4,
        count -> Int8,
    }
}

diesel::table! {
    performance_minutes (minute, kind, up_to) {
        minute -> Timestamptz,
        kind -> Text,
        up_to -> Int4,
        count -> Int8,
    }
}

diesel::table! {
    purchases (stripe_session_id) {
        stripe_session_id -> Text,
        address_hash -> Bytea,
        amount -> Int8,
        currency -> Text,
        bought_at -> Timestamptz,
    }
}

diesel::table! {
    recovery_totals (day, currency, figure) {
        day -> Date,
        currency -> Text,
        figure -> Text,
        count -> Int8,
        amount -> Int8,
    }
}

diesel::table! {
    refunds (payment_intent) {
        payment_intent -> Text,
        amount_refunded -> Int8,
        currency -> Text,
        heard_at -> Timestamptz,
        asked -> Int8,
        answered -> Int8,
        failure -> Nullable<Text>,
    }
}

diesel::table! {
    reminder_decisions (id) {
        id -> Uuid,
        session_id -> Uuid,
        order_id -> Nullable<Uuid>,
        decision -> Text,
        reason -> Nullable<Text>,
        expired_at -> Timestamptz,
        decided_at -> Timestamptz,
        due_at -> Timestamptz,
        mail_id -> Nullable<Uuid>,
        sent_at -> Nullable<Timestamptz>,
        good_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    retention (one) {
        one -> Bool,
        carts_gone_before -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    secrets (name) {
        name -> Text,
        value -> Bytea,
    }
}

diesel::table! {
    session_orders (session_id, order_id) {
        session_id -> Uuid,
        order_id -> Uuid,
        amount -> Nullable<Int8>,
        version -> Int4,
        attempt -> Int4,
        live -> Bool,
    }
}

diesel::table! {
    settings (only_row) {
        only_row -> Bool,
        recovery_enabled -> Bool,
        reminders_enabled -> Bool,
        orphan_cases -> Bool,
        two_person_approval -> Bool,
        notice_text -> Nullable<Text>,
        recovered_orders_days -> Int4,
        activity_days -> Int4,
        events_days -> Int4,
        visits_months -> Int4,
        version -> Int4,
    }
}

diesel::table! {
    stripe_asked (order_id) {
        order_id -> Uuid,
        asked_at -> Timestamptz,
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
        source -> Text,
        delivered_at -> Nullable<Timestamptz>,
        missed_told_at -> Nullable<Timestamptz>,
        session_id -> Nullable<Text>,
        session_row -> Nullable<Uuid>,
        order_names -> Nullable<Array<Text>>,
        address_hashes -> Nullable<Array<Bytea>>,
        account -> Nullable<Text>,
        named -> Nullable<Text>,
    }
}

diesel::table! {
    suppressions (address_hash) {
        address_hash -> Bytea,
        address -> Nullable<Text>,
        reason -> Text,
        note -> Nullable<Text>,
        since -> Timestamptz,
    }
}

diesel::table! {
    sweeps (only_row) {
        only_row -> Bool,
        seen_until -> Nullable<Timestamptz>,
        missed -> Int8,
        silent_since -> Nullable<Timestamptz>,
        told_at -> Nullable<Timestamptz>,
        looked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    told_from_memory (process, cause) {
        process -> Uuid,
        cause -> Text,
        since -> Timestamptz,
        alive_until -> Timestamptz,
    }
}

diesel::table! {
    visit_counts (day, page, source, device, visitor) {
        day -> Date,
        page -> Text,
        source -> Text,
        device -> Text,
        visitor -> Text,
        visits -> Int8,
    }
}

diesel::table! {
    visit_markers (day, marker) {
        day -> Date,
        marker -> Bytea,
    }
}

diesel::table! {
    visit_salts (day) {
        day -> Date,
        salt -> Bytea,
    }
}

diesel::table! {
    visit_totals (day, dimension, value, visitor) {
        day -> Date,
        dimension -> Text,
        value -> Text,
        visitor -> Text,
        visits -> Int8,
        visitors -> Int8,
    }
}

diesel::joinable!(activity -> orders (order_id));
diesel::joinable!(activity_dismissals -> activity (activity_id));
diesel::joinable!(activity_open -> activity (activity_id));
diesel::joinable!(blast_approvals -> blasts (blast_id));
diesel::joinable!(blast_preflights -> blast_approvals (approval_id));
diesel::joinable!(blast_preflights -> blasts (blast_id));
diesel::joinable!(blast_recipients -> blasts (blast_id));
diesel::joinable!(blast_recipients -> orders (order_id));
diesel::joinable!(carts -> checkout_sessions (session_id));
diesel::joinable!(cases -> payments (payment_id));
diesel::joinable!(link_looks -> orders (order_id));
diesel::joinable!(ops_browsers -> ops_users (user_id));
diesel::joinable!(ops_links -> ops_users (user_id));
diesel::joinable!(ops_links -> outbox (mail_id));
diesel::joinable!(ops_once -> ops_users (user_id));
diesel::joinable!(ops_sessions -> ops_users (user_id));
diesel::joinable!(order_refunds -> orders (order_id));
diesel::joinable!(order_refunds -> payments (payment_id));
diesel::joinable!(order_batch_parts -> order_batches (batch_id));
diesel::joinable!(order_batch_parts -> orders (order_id));
diesel::joinable!(order_news -> orders (order_id));
diesel::joinable!(outbox -> blasts (blast_id));
diesel::joinable!(outbox_orders -> orders (order_id));
diesel::joinable!(outbox_orders -> outbox (mail_id));
diesel::joinable!(payment_allocations -> orders (order_id));
diesel::joinable!(payment_allocations -> payments (payment_id));
diesel::joinable!(payments -> checkout_sessions (session_id));
diesel::joinable!(reminder_decisions -> checkout_sessions (session_id));
diesel::joinable!(reminder_decisions -> orders (order_id));
diesel::joinable!(reminder_decisions -> outbox (mail_id));
diesel::joinable!(session_orders -> orders (order_id));
diesel::joinable!(stripe_asked -> orders (order_id));

diesel::allow_tables_to_appear_in_same_query!(
    activity,
    activity_dismissals,
    activity_open,
    alert_causes,
    alert_messages,
    alert_watch,
    api_tokens,
    blast_approvals,
    blast_preflights,
    blast_recalls,
    blast_recipients,
    blasts,
    carts,
    cases,
    checkout_sessions,
    chores,
    dead_links,
    disputes,
    imports,
    link_looks,
    link_notes,
    mail_flow,
    mail_ledger,
    ops_browsers,
    ops_links,
    ops_once,
    ops_sessions,
    ops_tries,
    ops_users,
    order_refunds,
    order_batch_parts,
    order_batches,
    order_news,
    order_news_read,
    orders,
    outbox,
    outbox_orders,
    outbox_pause,
    pace,
    payment_allocations,
    payments,
    performance_days,
    performance_minutes,
    purchases,
    recovery_totals,
    refunds,
    reminder_decisions,
    secrets,
    session_orders,
    settings,
    stripe_asked,
    stripe_events,
    suppressions,
    sweeps,
    told_from_memory,
    visit_counts,
    visit_markers,
    visit_salts,
    visit_totals,
);
