//! The commands of `docs/mailings.md`, as a treasurer types them one after the other.

use super::{SENT, wave::look};
use crate::support::World;

const FAMILIES: &str = "reference,email,name,currency,description,amount,meta.team\n\
    CUP-1,kim@example.org,Kim Miller,EUR,Summer cup,45.00,U12\n\
    CUP-2,joe@example.net,Joe Miller,EUR,Summer cup,45.00,U12\n";
const LATER: &str = "CUP-3,ann@example.com,Ann Miller,EUR,Summer cup,45.00,U14\n";

struct Treasurer {
    world: World,
    folder: tempfile::TempDir,
}

impl Treasurer {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a file");
        };
        write("families.csv", FAMILIES);
        write("mail.txt", super::BODY);
        write("correction.txt", super::BODY);
        Self {
            world: World::with_mailbox(&[("FIRST_WAVE_WAIT_SECONDS", "0")]),
            folder,
        }
    }

    /// What a command says; a word in quotes is one.
    #[track_caller]
    fn types(&self, command: &str) -> String {
        let (code, said, error) = self.tries(command);
        assert_eq!(code, 0, "{command}: {said}{error}");
        said
    }

    fn tries(&self, command: &str) -> (i32, String, String) {
        let command = command
            .strip_prefix("freshmint ")
            .expect("a command of ours");
        let pieces = command.split('"').enumerate();
        let words: Vec<&str> = pieces
            .flat_map(|(at, piece)| match at % 2 {
                0 => piece.split_whitespace().collect(),
                _ => vec![piece],
            })
            .collect();
        self.world.command_in(self.folder.path(), &words)
    }

    /// Approves what the last line of a preview says, and starts it.
    #[track_caller]
    fn approves_and_starts(&self, mailing: &str) {
        let looked = self.types(&format!("freshmint blast preview \"{mailing}\""));
        let last = looked.lines().last().expect("a line");
        let approve = last
            .strip_prefix("to approve exactly this: ")
            .expect("how to approve it");
        self.types(approve);
        let started = self.types(&format!("freshmint blast start \"{mailing}\""));
        assert!(started.starts_with(&format!("{mailing} is ")), "{started}");
    }
}

#[test]
fn from_a_spreadsheet_to_a_paid_list_and_back() {
    let treasurer = Treasurer::new();
    let world = &treasurer.world;
    treasurer.types("freshmint orders import families.csv");
    let file = treasurer.folder.path().join("families.csv");
    std::fs::write(file, [FAMILIES, LATER].concat()).expect("a file");
    treasurer.types("freshmint orders import families.csv --update");
    assert_eq!(world.count("orders"), 3);
    treasurer.types(
        "freshmint blast create --name \"Summer cup\" --subject \"The fee for {{ name }}\" --body-file mail.txt --status open",
    );
    let all = treasurer.types("freshmint blast preview \"Summer cup\" --all");
    assert!(
        all.contains("3 mails would be sent over €135.00, in 1 day"),
        "{all}"
    );
    treasurer.types("freshmint blast test \"Summer cup\" --to treasurer@rovers.example.org");
    assert_eq!(world.carry()[0].to, ["treasurer@rovers.example.org"]);
    treasurer.approves_and_starts("Summer cup");
    let again = treasurer.types("freshmint blast start \"Summer cup\"");
    assert!(again.starts_with("Summer cup is sending"), "{again}");
    let paused = treasurer.types("freshmint blast pause \"Summer cup\"");
    assert_eq!(paused, "Summer cup is paused\n");
    assert!(
        treasurer
            .types("freshmint blast status \"Summer cup\"")
            .contains("\npaused     ")
    );
    treasurer.types("freshmint blast resume \"Summer cup\"");
    assert_eq!(world.carry().len(), 3);
    let watched = treasurer.types("freshmint blast status \"Summer cup\" --watch");
    assert!(watched.contains("Summer cup  done\n"), "{watched}");
    assert!(watched.contains("mails      3: 3 sent\n"), "{watched}");

    treasurer.types("freshmint orders settle CUP-1 --how cash");
    treasurer.types("freshmint blast create --still-unpaid \"Summer cup\"");
    treasurer.approves_and_starts("Summer cup: still unpaid");
    let cancelled = treasurer.types("freshmint blast cancel \"Summer cup: still unpaid\"");
    assert_eq!(cancelled, "Summer cup: still unpaid is cancelled\n");
    assert_eq!(world.carry(), []);

    let back = "state = 'bounced', sent_at = NULL, last_error = '550 5.1.1 gone'";
    let of_joe = "address = 'joe@example.net' AND state <> 'cancelled'";
    world.execute(&format!("UPDATE outbox SET {back} WHERE {of_joe}"));
    let left = treasurer.types("freshmint blast retry-failed \"Summer cup\"");
    assert!(
        left.starts_with("0 mails are queued again\n1 stays as they are"),
        "{left}"
    );
    world.execute(&format!("UPDATE outbox SET {SENT} WHERE {of_joe}"));

    let recalled = treasurer.types(
        "freshmint blast recall \"Summer cup\" --note \"The fee was wrong: siblings pay half.\" \
         --correction-subject \"Corrected: {{ amount }}\" --correction-body-file correction.txt",
    );
    assert!(
        recalled.starts_with("Summer cup is recalled\n3 links are still to be withdrawn"),
        "{recalled}"
    );
    let (code, _, why) = treasurer.tries(&recalled_preview(&recalled));
    assert_eq!(code, 0, "{why}");
    look(world);
    let status = treasurer.types("freshmint blast status \"Summer cup\"");
    assert!(
        status.contains("links      3 of 3 withdrawn, 0 checkouts closed\n"),
        "{status}"
    );
    treasurer.approves_and_starts("Summer cup: correction");
    let corrected = world.carry();
    assert_eq!(corrected.len(), 2, "whoever owes nothing is not corrected");
    assert_eq!(
        corrected[0].header("Subject").as_deref(),
        Some("Corrected: €45.00")
    );
    treasurer.types("freshmint suppressions list");
}

/// What is said last of a recall is how to look at its correction.
fn recalled_preview(said: &str) -> String {
    let last = said.lines().last().unwrap_or_default();
    last.strip_prefix("the correction: ")
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn who_gets_it_is_said_in_each_of_the_ways_that_the_paper_has() {
    let treasurer = Treasurer::new();
    treasurer.types("freshmint orders import families.csv");
    treasurer
        .types("freshmint blast create --name Cup --subject x --body-file mail.txt --status open");
    treasurer.approves_and_starts("Cup");
    for (n, (options, mails)) in [
        ("--status open", 2),
        ("--meta team=U12 --status open", 2),
        ("--import families.csv", 2),
        ("--blast Cup", 2),
        ("--never-mailed", 0),
        ("--reference CUP-1 --reference CUP-2", 2),
        ("--status open --exclude CUP-1", 1),
        ("--status open --expected 15", 2),
    ]
    .into_iter()
    .enumerate()
    {
        let create = format!(
            "freshmint blast create --name W-{n} --subject x --body-file mail.txt {options}"
        );
        treasurer.types(&create);
        let looked = treasurer.types(&format!("freshmint blast preview W-{n}"));
        let counted = match mails {
            1 => "1 mail would be sent".to_owned(),
            mails => format!("{mails} mails would be sent"),
        };
        assert!(looked.contains(&counted), "{options}: {looked}");
    }
    let (code, _, said) = treasurer
        .tries("freshmint blast create --name S --subject x --body-file mail.txt --stranded");
    assert_eq!(
        (code, said.as_str()),
        (1, "No order is stranded: nothing was written.\n")
    );
}
