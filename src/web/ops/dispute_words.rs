//! Stripe's words for a dispute, in ours.

/// Where a dispute stands, and what the payer's bank was told; Stripe's own word where it has a new one
/// (<https://docs.stripe.com/api/disputes/object>).
pub fn dispute(status: &str, reason: Option<&str>) -> String {
    let stands = match status {
        "needs_response" | "warning_needs_response" => "It waits for your answer",
        "under_review" | "warning_under_review" => "The bank looks at your answer",
        "won" => "It was decided for you",
        "lost" => "It was decided for them",
        "warning_closed" => "The bank asked, and wants nothing back",
        other => other,
    };
    match reason.map(said) {
        Some(said) => format!("{stands}. What the bank says: {said}."),
        None => format!("{stands}."),
    }
}

fn said(reason: &str) -> &str {
    match reason {
        "fraudulent" => "they did not make this payment",
        "unrecognized" => "they do not recognise this payment",
        "duplicate" => "they paid twice",
        "product_not_received" => "they did not get what they paid for",
        "product_unacceptable" => "what they got is not what they paid for",
        "credit_not_processed" => "they were promised their money back",
        "subscription_canceled" => "they had cancelled",
        "debit_not_authorized" => "they did not allow the debit",
        "insufficient_funds" => "their account had too little in it",
        "general" => "it names no reason",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_reads_as_a_sentence_whatever_stripe_calls_it() {
        let said = dispute("needs_response", Some("fraudulent"));
        assert_eq!(
            said,
            "It waits for your answer. What the bank says: they did not make this payment."
        );
        assert_eq!(
            dispute("under_review", None),
            "The bank looks at your answer."
        );
        assert_eq!(
            dispute("new_word", Some("odd")),
            "new_word. What the bank says: odd."
        );
    }
}
