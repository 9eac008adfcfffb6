DROP TABLE api_tokens, pace, activity, stripe_events, payment_allocations, payments,
    session_orders, checkout_sessions, orders;
