//! `--report jsonl=-`: each org on standard output at the moment it is done.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use serde_json::Value;

use crate::bench::Bench;

const ONE_LATE: &str = "[[org]]\nusername = \"test-a@example.com\"\n[[org]]\nusername = \"test-b@example.com\"\nreplication_delay = \"never\"";

#[test]
fn an_org_that_is_ready_is_told_while_others_still_wait() {
    let bench = Bench::start(ONE_LATE);
    let run = bench.login_all().args(["--report", "jsonl=-", "--report", "all.jsonl"]);
    let mut child = run.spawn();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&first["username"], &first["status"]), (&"test-a@example.com".into(), &"ready".into()));
    assert!(child.try_wait().unwrap().is_none(), "the other one waits");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_lines_are_all_there_is_and_the_same_as_in_a_file() {
    let bench = Bench::start(ONE_LATE);
    let ran = bench.login_all().args(["--report", "jsonl=-", "--report", "all.jsonl", "--wait", "0"]).ends_with(5);
    assert_eq!(ran.out, bench.place.read("all.jsonl"));
    assert_eq!(ran.out.lines().count(), 2);
    assert!(ran.err.contains("1 of 2 orgs ready"), "{}", ran.err);
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_loses_nothing_else() {
    let bench = Bench::start("[[org]]\ncount = 30\n[[org]]\ncount = 10\nreplication_delay = \"300ms\"");
    let run = bench.login_all().args(["--report", "jsonl=-", "--report", "all.jsonl", "--report", "all.html"]);
    let mut child = run.spawn();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{err}");
    assert_eq!(bench.place.read("all.jsonl").lines().count(), 40);
    assert!(bench.place.read("all.html").contains("40 of 40 orgs ready"));
    assert!(!err.contains("error:"), "{err}");
}

#[test]
fn a_reader_that_is_slow_holds_up_no_login() {
    // More than a pipe holds.
    let bench = Bench::start("[[org]]\ncount = 300");
    let mut child = bench.login_all().args(["--report", "jsonl=-", "--report", "md=all.md"]).spawn();
    // The report is there although nobody has read a line, and the program waits for its reader.
    let whole = || fs::read_to_string(bench.place.path("all.md")).is_ok_and(|text| text.contains("300 of 300 orgs"));
    let mut tries = (0..3000).map(|_| std::thread::sleep(Duration::from_millis(10)));
    assert!(tries.any(|()| whole()), "the report was never written");
    assert!(child.try_wait().unwrap().is_none());
    assert_eq!(BufReader::new(child.stdout.take().unwrap()).lines().count(), 300);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn standard_output_is_for_one_thing() {
    let bench = Bench::start("[[org]]");
    for (second, told) in
        [(vec!["--json"], "taken by --report jsonl=-"), (vec!["--report", "jsonl=-"], "written twice")]
    {
        let ran = bench.login_all().args(["--report", "jsonl=-"]).args(second).ends_with(2);
        assert!(format!("{}{}", ran.out, ran.err).contains(told), "{}{}", ran.out, ran.err);
    }
    assert!(bench.was_left_alone());
}
