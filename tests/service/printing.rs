//! What the commands print, and to whom.

use crate::support::World;

#[test]
fn whoever_stops_reading_ends_a_command_without_a_word() {
    let world = World::new();
    world.order("CUP-1");
    world.command(&["suppressions", "add", "ann@example.org"]);
    for command in [
        ["orders", "list"].as_slice(),
        &["orders", "show", "CUP-1"],
        &["orders", "list", "--format", "json"],
        &["suppressions", "list", "--format", "json"],
        &["suppressions", "export"],
        &["blast", "list", "--format", "json"],
        &["keys", "new"],
        &["--help"],
    ] {
        assert_eq!(world.command_unread(command), Some(0), "{command:?}");
    }
    let unheard = ["orders", "show", "CUP-9"];
    assert_eq!(world.command_unread(&unheard), Some(1));
}
