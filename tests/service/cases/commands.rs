//! Cases at the terminal.

use super::{counted, id, mismatch, orphan, refunds, the_case};
use crate::support::World;

#[test]
fn cases_are_listed_for_people_and_programs() {
    let world = World::new();
    let (_, case) = mismatch(&world, "CUP-1");
    let (code, said, _) = world.command(&["cases", "list", "--state", "open"]);
    assert_eq!(code, 0);
    assert_eq!(
        said,
        format!(
            "{}  mismatch            40.00 EUR  open: move, refund, accept\n",
            id(&case)
        )
    );
    let (_, said, _) = world.command(&["cases", "list", "--format", "json"]);
    let page: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(page["data"][0], case);
    let (_, said, _) = world.command(&["cases", "list", "--state", "resolved"]);
    assert_eq!(said, "");
}

#[test]
fn a_case_is_resolved_by_its_id_and_an_orders_reference() {
    let world = World::new();
    let (order, case) = mismatch(&world, "CUP-1");
    let id = id(&case);
    let (code, said, _) = world.command(&["cases", "resolve", id, "--how", "refund"]);
    assert_eq!((code, said), (0, format!("{id} is resolved: refund\n")));
    assert_eq!(refunds(&world), (1, 1));
    assert_eq!(world.status(&order), "open");
    assert_eq!(
        world.texts("SELECT resolved_by AS text FROM cases"),
        ["command line"]
    );
    let target = world.order("CUP-2");
    orphan(&world, "parent@example.org", 4500);
    let orphan = the_case(&world);
    let id = super::id(&orphan);
    let adopt = [
        "cases", "resolve", id, "--how", "adopt", "--order", "CUP-2", "--note", "a call",
    ];
    assert_eq!(world.command(&adopt).0, 0);
    assert_eq!(counted(&world, &target), ["4500 settles"]);
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence() {
    let world = World::new();
    let (_, case) = mismatch(&world, "CUP-1");
    let id = id(&case);
    let nobody = "0193b2a4-7c39-7cc2-9d27-0f5a4d9e8b11";
    for (arguments, code, sentence) in [
        (
            vec!["resolve", nobody, "--how", "accept"],
            1,
            format!("There is no case {nobody}: freshmint cases list shows them.\n"),
        ),
        (
            vec!["resolve", id, "--how", "move", "--order", "CUP-9"],
            1,
            "There is no order CUP-9: freshmint orders list shows them.\n".to_owned(),
        ),
        (
            vec!["resolve", id, "--how", "move", "--order", "CUP-1"],
            1,
            format!("{id} stays as it is: the payment is counted for this very order.\n"),
        ),
        (
            vec!["resolve", id, "--how", "move"],
            2,
            "Give --order REFERENCE with move and adopt, and with them alone.\n".to_owned(),
        ),
        (
            vec!["resolve", id, "--how", "accept", "--order", "CUP-1"],
            2,
            "Give --order REFERENCE with move and adopt, and with them alone.\n".to_owned(),
        ),
    ] {
        let arguments = [vec!["cases"], arguments].concat();
        let (exit, out, said) = world.command(&arguments);
        assert_eq!(
            (exit, out.as_str(), said),
            (code, "", sentence),
            "{arguments:?}"
        );
    }
    assert_eq!(
        world
            .command(&["cases", "resolve", "CUP-1", "--how", "accept"])
            .0,
        2
    );
    assert_eq!(
        world.command(&["cases", "resolve", id, "--how", "dance"]).0,
        2
    );
}
