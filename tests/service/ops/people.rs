//! Accounts and tokens on the pages.

use freshmint::token::Role;
use reqwest::Method;

use super::history;
use crate::support::{PASSWORD, Visitor, World};

#[test]
fn an_admin_changes_roles_disables_and_lets_in_again_each_on_a_page_of_its_own() {
    let world = World::with_mailbox(&[]);
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let user = world.user("Aoife", Role::Viewer);
    let aoife = Visitor::at(&world);
    aoife.sign_in(&user.email, PASSWORD);
    let at = format!("/ops/people/{}", user.id);
    let list = admin.get("/ops/people").text();
    assert!(
        list.contains("Aoife") && list.contains("Look, not touch (viewer)"),
        "{list}"
    );
    let act = |name: &str, fields: &[(&str, &str)]| {
        let path = format!("{at}/{name}");
        let asked = admin.get(&path);
        assert_eq!(asked.status, 200, "{asked:?}");
        assert!(asked.text().contains("What happens") && asked.text().contains("What does not"));
        let done = admin.send(&asked, &path, fields);
        assert_eq!(done.status, 303, "{done:?}");
        admin.get(done.location()).text()
    };
    assert_eq!(aoife.get("/ops/people").status, 403);
    assert!(act("role", &[("role", "admin")]).contains("Aoife has the role admin"));
    assert_eq!(
        aoife.get("/ops/people").status,
        200,
        "from the next page on"
    );
    act("role", &[("role", "viewer")]);
    assert_eq!(aoife.get("/ops/people").status, 403);
    assert!(act("sign-out", &[]).contains("signed out everywhere"));
    assert_eq!(aoife.get("/ops").status, 303);
    assert!(act("link", &[]).contains("is mailed a link"));
    assert_eq!(world.carry().len(), 1);
    assert!(act("disable", &[]).contains("is disabled"));
    assert_eq!(world.count("ops_links"), 0);
    assert_eq!(aoife.sign_in(&user.email, PASSWORD).status, 422);
    assert_eq!(
        admin.get(&format!("{at}/disable")).status,
        409,
        "it is not offered any more"
    );
    assert!(act("enable", &[]).contains("may sign in again"));
    assert_eq!(aoife.sign_in(&user.email, PASSWORD).status, 303);
    for nowhere in [
        format!("{at}/nothing"),
        "/ops/people/x".to_owned(),
        format!("/ops/people/{}", uuid::Uuid::nil()),
    ] {
        assert_eq!(admin.get(&nowhere).status, 404, "{nowhere}");
    }
    let told = history(&world).join("\n");
    assert!(
        told.contains("ops:Tom: Aoife has the role admin now, and had viewer"),
        "{told}"
    );
}

#[test]
fn nobody_takes_their_own_role_away() {
    let world = World::new();
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let id = world.text("SELECT id::text AS text FROM ops_users");
    let page = admin.get(&format!("/ops/people/{id}"));
    assert!(
        page.text().contains("This is your own account"),
        "{}",
        page.text()
    );
    for act in ["role", "disable", "sign-out"] {
        let path = format!("/ops/people/{id}/{act}");
        assert_eq!(admin.get(&path).status, 409);
        assert_eq!(admin.send(&page, &path, &[("role", "viewer")]).status, 409);
    }
    assert_eq!(world.text("SELECT role AS text FROM ops_users"), "admin");
}

#[test]
fn a_token_is_shown_once_listed_with_its_last_use_and_dead_once_revoked() {
    let world = World::new();
    let admin = Visitor::signed_in(&world, "Tom", Role::Admin);
    let page = admin.get("/ops/people");
    let fields = [("token_name", "the club's site"), ("token_role", "viewer")];
    let made = admin.send(&page, "/ops/people/tokens", &fields);
    assert_eq!(made.status, 200);
    let at = made.body.find("fm_").expect("the token");
    let token: String = made.body[at..]
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let token = if token == "fm" {
        made.body[at..].chars().take(51).collect()
    } else {
        token
    };
    let bearer = format!("Bearer {token}");
    let call = || {
        world
            .ask(Method::GET, "/api/v1/orders", &[("authorization", &bearer)])
            .status
    };
    assert_eq!(call(), 200, "{token}");
    // Pressed twice: the first made it, and nobody is shown it again.
    let again = admin.send(&page, "/ops/people/tokens", &fields);
    assert_eq!((again.status, world.count("api_tokens")), (303, 1));
    let said = admin.get(again.location());
    assert!(
        said.text().contains("The token the club's site was made")
            && said.text().contains("You pressed twice; it was done once."),
        "{}",
        said.text()
    );
    assert!(!said.body.contains("fm_"));
    // Another press of the same name is told that it stands.
    let page = admin.get("/ops/people");
    let taken = admin.send(&page, "/ops/people/tokens", &fields);
    assert_eq!((taken.status, world.count("api_tokens")), (422, 1));
    assert!(taken.text().contains("A token of this name stands already"));
    let list = admin.get("/ops/people");
    assert!(list.text().contains("the club's site") && !list.body.contains("fm_"));
    let id = world.text("SELECT id::text AS text FROM api_tokens");
    let path = format!("/ops/people/tokens/{id}/revoke");
    let revoked = admin.submit(&path, &path, &[]);
    assert_eq!(revoked.status, 303);
    assert!(admin.get(revoked.location()).text().contains("is revoked"));
    assert_eq!(call(), 401);
    assert_eq!(admin.get(&path).status, 404);
}
