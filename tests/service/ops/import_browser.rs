//! A spreadsheet in a real browser: picked, pasted, without JavaScript, wide and narrow.

use freshmint::token::Role;

use super::browser::{looked_at, sign_in};
use crate::support::{World, chromium::Chromium};

const BAD: &str = "reference;email;name;currency;description;amount\n\
    A;a@example.org;Ann;EUR;Cup;45.00\nB;nobody;Bo;EUR;Cup;45.00\nC;;;EUR;Cup;1.045,00\n";

#[test]
fn rows_are_pasted_mended_changed_and_taken_in_without_javascript_and_axe_finds_nothing() {
    let world = World::new();
    let email = world.user("Aoife Byrne", Role::Operator).email;
    world.order("OLD");
    let browser = Chromium::open();
    sign_in(&browser, &world, &email);
    let import = format!("{}/ops/import", world.url());
    let mut faults = Vec::new();
    browser.goto(&import);
    faults.extend(looked_at(&browser, "import"));
    browser.scripts(false);
    browser.goto(&import);
    paste(&browser, BAD);
    browser.click("button.main");
    browser.until("location.pathname.length > '/ops/import'.length");
    assert!(
        browser.text().contains("2 of 3 lines cannot be taken"),
        "{}",
        browser.text()
    );
    // The reason stands in the row, above the cell that is wrong.
    for (line, column, why) in [(3, "email", "@"), (4, "amount", "thousands")] {
        let cell = format!("#line-{line}.wrong td[data-label='{column}'] .why");
        let said = format!("return document.querySelector(\"{cell}\")?.innerText ?? ''");
        let said = browser.run(&said);
        assert!(
            said.as_str().is_some_and(|said| said.contains(why)),
            "line {line}, {column}: {said}"
        );
    }
    browser.scripts(true);
    faults.extend(looked_at(&browser, "import-errors"));
    browser.scripts(false);
    // Mended, and given right there, as a file.
    let mended = BAD.replace("nobody", "").replace("1.045,00", "1045.00");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mended.csv");
    let rows = format!("{mended}OLD;new@example.org;Old;EUR;Cup;1.00\n");
    std::fs::write(&file, rows).expect("a file");
    browser.fill("#file", file.to_str().expect("a path"));
    browser.click("form[enctype] button");
    browser.until("document.title.startsWith('Error')");
    assert!(
        browser.text().contains("1 of 4 lines cannot be taken")
            && browser
                .text()
                .contains("Look at what changing them would do"),
        "{}",
        browser.text()
    );
    browser.click("a[href$='update=1']");
    browser.until("location.search.includes('update=1')");
    assert!(
        browser
            .text()
            .contains("1 order would change, 3 would be new"),
        "{}",
        browser.text()
    );
    browser.scripts(true);
    faults.extend(looked_at(&browser, "import-update"));
    browser.scripts(false);
    browser.click("form.card.row button.main");
    browser.until("document.title.startsWith('Taken in')");
    assert!(
        browser.text().contains("3 orders are new, 1 was changed"),
        "{}",
        browser.text()
    );
    browser.scripts(true);
    faults.extend(looked_at(&browser, "import-done"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let orders = "SELECT concat_ws(' ', reference, name, email, amount_total) AS text FROM orders ORDER BY reference";
    assert_eq!(
        world.texts(orders),
        [
            "A Ann a@example.org 4500",
            "B Bo 4500",
            "C 104500",
            "OLD Old new@example.org 100"
        ]
    );
}

fn paste(browser: &Chromium, rows: &str) {
    browser.click("details summary");
    browser.fill("#rows", rows);
}
