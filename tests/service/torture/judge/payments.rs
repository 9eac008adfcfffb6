//! Each payment is settled, once, and all money adds up.

use crate::{
    support::Order,
    torture::{Ground, callers::Calls},
};

/// What the rows say of an order that somebody paid.
struct Paid {
    reference: String,
    session: String,
    status: String,
    payments: usize,
}

/// What does not hold, a sentence each.
pub fn judge(ground: &Ground, orders: &[Order], calls: &Calls) -> Vec<String> {
    let paid = calls.paid.lock().expect("no panic");
    ground.say(&format!(
        "payments: {} of {} orders",
        paid.len(),
        orders.len()
    ));
    let rows: Vec<Paid> = paid
        .iter()
        .map(|(session, order)| row(ground, session, order))
        .collect();
    wrong_payments(&rows, orders.len(), ground.world.count("cases"))
}

fn row(ground: &Ground, session: &str, order: &Order) -> Paid {
    Paid {
        reference: order.reference.clone(),
        session: session.to_owned(),
        status: ground.world.status(order),
        payments: ground.world.count(&format!(
            "payment_allocations WHERE order_id = '{}'",
            order.id
        )),
    }
}

fn wrong_payments(paid: &[Paid], orders: usize, cases: usize) -> Vec<String> {
    let unsettled = paid
        .iter()
        .filter(|row| row.status != "paid" || row.payments != 1);
    let unsettled = unsettled.map(|row| {
        format!(
            "{} was paid ({}) and is {}, with {} payments",
            row.reference, row.session, row.status, row.payments
        )
    });
    let cases = (cases > 0).then(|| format!("{cases} cases of money that adds up"));
    let unpaid = orders - paid.len();
    let unpaid = (unpaid > 0).then(|| format!("{unpaid} payers never came to pay"));
    unsettled.chain(cases).chain(unpaid).collect()
}

#[test]
fn the_judge_sees_a_payment_that_is_not_settled_or_settled_twice() {
    let row = |reference: &str, status: &str, payments| Paid {
        reference: reference.to_owned(),
        session: "cs_1".to_owned(),
        status: status.to_owned(),
        payments,
    };
    let paid = [
        row("pay-1", "paid", 1),
        row("pay-2", "open", 0),
        row("pay-3", "paid", 2),
        row("pay-4", "paid", 0),
    ];
    let wrong = wrong_payments(&paid, 5, 1);
    let begins: Vec<_> = wrong.iter().map(|line| &line[..5]).collect();
    assert_eq!(
        begins,
        ["pay-2", "pay-3", "pay-4", "1 cas", "1 pay"],
        "{wrong:#?}"
    );
    assert!(wrong_payments(&paid[..1], 1, 0).is_empty());
}
