//! SIGINT, SIGTERM and SIGHUP: waits end at once, every org is reported, what is ready is kept, and the same command goes on.

use std::process::{Child, Command};
use std::time::Duration;

use serde_json::Value;

use crate::bench::{Bench, Ran};

/// Five orgs that are ready, and five that never will be.
const HALF: &str = "[[org]]\ncount = 5\n[[org]]\ncount = 5\nreplication_delay = \"never\"";

fn send(child: &Child, signal: &str) {
    // The shell's own: not every machine has a program of that name.
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status();
    assert!(sent.unwrap().success());
}

/// The signals that end a run, with the statuses. A test that `nohup` started cannot have a hangup heard.
fn signals() -> Vec<(&'static str, i32)> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    let hangup = u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 == 0;
    [("INT", 130), ("TERM", 143), ("HUP", 129)].into_iter().filter(|(name, _)| hangup || *name != "HUP").collect()
}

/// Waits until this is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never {what}");
}

/// Waits until the ready orgs are checked and the others were asked.
fn until_half(bench: &Bench) {
    until("half ready", || {
        let users = bench.simulator.usernames();
        let stored = |user: &String| bench.place.home().join(format!(".sfdx/{user}.json")).exists();
        users[..5].iter().all(stored) && users[5..].iter().all(|user| bench.logins_of(user) > 1)
    });
}

#[test]
fn a_signal_ends_the_waits_and_reports_every_org() {
    for (signal, code) in signals() {
        let bench = Bench::start(HALF);
        let reports = ["r.jsonl", "r.json", "r.xml", "r.md"];
        let run = reports.iter().fold(bench.login_all(), |run, report| run.args(["--report", report]));
        let child = run.args(["--json", "--wait", "10m", "--tokens-file", "tokens.jsonl"]).spawn();
        until_half(&bench);
        send(&child, signal);
        let ran = Ran::wait(child, &bench);
        assert_eq!(ran.code, code, "{}", ran.err);
        let document = ran.json();
        assert_eq!((&document["status"], &document["name"]), (&code.into(), &"Interrupted".into()));
        assert_eq!(document["message"], format!("interrupted by SIG{signal} with 5 of 10 orgs not ready"));
        let ends = ran.ends();
        assert_eq!(ends[..5], ["ready"; 5]);
        assert_eq!(ends[5..], ["interrupted not_replicated"; 5]);
        assert_eq!(document["result"]["summary"]["interrupted"], 5);

        assert_eq!(bench.place.read("r.jsonl").lines().count(), 10);
        let report: Value = serde_json::from_str(&bench.place.read("r.json")).unwrap();
        assert_eq!(report["result"]["orgs"], document["result"]["orgs"]);
        assert_eq!(bench.place.read("r.xml").matches("<skipped").count(), 5);
        assert!(bench.place.read("r.md").contains("interrupted"));
        assert_eq!(bench.place.read("tokens.jsonl").lines().count(), 5);
    }
}

#[test]
fn a_signal_cuts_off_an_org_and_a_hub_that_never_answer() {
    let bench = Bench::start(
        "[[org]]\nfaults = [{ at = \"login\", kind = \"hang\" }]\n[[org]]\nfaults = [{ at = \"check\", kind = \"hang_body\" }]",
    );
    let child = bench.login_all().args(["--json", "--wait", "10m"]).spawn();
    until("asked", || bench.logins_of(&bench.user(1)) > 0 && bench.simulator.totals().connections >= 3);
    send(&child, "TERM");
    let ran = Ran::wait(child, &bench);
    assert_eq!(ran.code, 143);
    assert!(
        ran.orgs().iter().all(|org| org["status"] == "interrupted" && org["cause"]["code"].is_string()),
        "{}",
        ran.out
    );

    let bench = Bench::start("[hub]\nfaults = [{ at = \"login\", kind = \"hang\" }]\n[[org]]\n[[org]]");
    let child = bench.login_all().args(["--json", "--wait", "10m", "--report", "r.jsonl"]).spawn();
    until("connected", || bench.simulator.totals().connections > 0);
    send(&child, "INT");
    let ran = Ran::wait(child, &bench);
    assert_eq!((ran.code, ran.ends()), (130, vec!["interrupted not_tried".to_owned(); 2]));
    assert_eq!(bench.place.read("r.jsonl").lines().count(), 2);
}

/// Both are more than a pipe holds.
#[test]
fn a_signal_is_heard_while_nobody_reads_standard_output() {
    for form in [["--json", "--quiet"], ["--report", "jsonl=-"]] {
        let bench = Bench::start("[[org]]\ncount = 300\nstatus = \"New\"\ncreated_ago = \"5s\"");
        let run = bench.login_all().args(form).args(["--wait", "10m", "--report", "r.jsonl"]);
        let mut child = run.spawn();
        until("asked", || bench.simulator.totals().queries > 0);
        send(&child, "INT");
        until("ended", || child.try_wait().unwrap().is_some());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(bench.place.read("r.jsonl").lines().count(), 300);
    }
}

#[cfg(unix)]
#[test]
fn a_signal_is_heard_while_nobody_reads_the_terminal_on_which_bars_are_drawn() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let reader = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
    let bench = Bench::start(HALF);
    let run = bench.login_all().args(["--wait", "10m", "--report", "r.json"]).without("CI").env("TERM", "xterm");
    let mut child = run.env("ORGREADY_RETRY_MAX", "20ms").spawn_at(reader);
    until_half(&bench);
    // A terminal takes a few thousand bytes, and the bars are painted ten times a second.
    until("asked often", || bench.simulator.totals().logins > 1_500);
    send(&child, "TERM");
    until("ended", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let report: Value = serde_json::from_str(&bench.place.read("r.json")).unwrap();
    assert_eq!(report["result"]["summary"]["ready"], 5);
}

/// Starts a run that says more than a pipe holds, on standard error, to nobody; and waits until half of its orgs are stored.
fn half_done_and_unheard(bench: &Bench) -> Child {
    let run = bench.login_all().args(["--wait", "10m", "--report", "r.jsonl", "--report", "r.json"]);
    // What is said of each request is more than 64 KB in no time.
    let child = run.env("ORGREADY_LOG", "trace").env("ORGREADY_RETRY_MAX", "20ms").spawn();
    until_half(bench);
    until("asked often", || bench.simulator.totals().logins > 400);
    child
}

#[test]
fn a_signal_is_heard_while_nobody_reads_standard_error() {
    for (signal, code) in signals() {
        let bench = Bench::start(HALF);
        let mut child = half_done_and_unheard(&bench);
        send(&child, signal);
        until("ended", || child.try_wait().unwrap().is_some());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let report: Value = serde_json::from_str(&bench.place.read("r.json")).unwrap();
        assert_eq!(report["result"]["summary"]["ready"], 5);
        assert_eq!(bench.place.read("r.jsonl").lines().count(), 10);
    }
}

#[test]
fn a_second_signal_ends_the_process_while_nobody_reads_it() {
    let bench = Bench::start(HALF);
    let mut child = half_done_and_unheard(&bench);
    send(&child, "INT");
    send(&child, "TERM");
    until("ended", || child.try_wait().unwrap().is_some());
    // Two that come together are heard in any order.
    assert!(matches!(child.wait().unwrap().code(), Some(130 | 143)));
}

/// `nohup` is for what is to outlive its terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_hangup_that_is_to_be_ignored_is_ignored() {
    let bench = Bench::start(HALF);
    let child = bench.login_all().args(["--json", "--wait", "10m"]).ignoring_hangups().spawn();
    until_half(&bench);
    send(&child, "HUP");
    let asked = bench.simulator.totals().logins;
    until("asked again", || bench.simulator.totals().logins > asked + 20);
    send(&child, "TERM");
    assert_eq!(Ran::wait(child, &bench).code, 143);
}

#[test]
fn the_same_command_goes_on_where_the_first_was_stopped() {
    let bench = Bench::start("[[org]]\ncount = 20\n[[org]]\ncount = 20\nreplication_delay = \"1500ms\"");
    let run = || bench.login_all().args(["--json", "--wait", "10m"]);
    let child = run().spawn();
    until("half ready", || bench.simulator.totals().tokens > 20);
    send(&child, "INT");
    let first = Ran::wait(child, &bench);
    assert_eq!(first.code, 130, "{}", first.err);
    let before = bench.simulator.totals();
    until("replicated", || bench.simulator.started().elapsed() > Duration::from_millis(1600));
    let second = run().ends_with(0);
    assert_eq!(second.ends(), ["ready"; 40]);
    let after = bench.simulator.totals();
    assert_eq!(after.logins - before.logins, 41, "one for the hub and one for each org");
    // What was being written when the signal came is whole.
    let folder = bench.place.home().join(".sfdx");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(path.extension().unwrap(), "json", "{} was left behind", path.display());
        serde_json::from_str::<Value>(&std::fs::read_to_string(&path).unwrap()).unwrap();
    }
}

#[test]
fn the_stand_in_ends_well_at_a_signal() {
    use std::io::{BufRead, BufReader};
    let place = crate::bench::Place::new();
    for signal in ["INT", "TERM"] {
        let mut child = place.run(["simulate", "--orgs", "2", "--replication-delay", "0s"]).spawn();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let keys = [
            "url",
            "hubUsername",
            "clientId",
            "jwtKeyFile",
            "certificateFile",
            "caCertificateFile",
            "usernames",
            "home",
        ];
        assert_eq!(crate::bench::keys(&told), keys);
        let text = |key: &str| told[key].as_str().unwrap().to_owned();
        let run =
            place.run(["login", "-r", &text("url"), "--hub-username", &text("hubUsername"), "-i", &text("clientId")]);
        let run =
            run.args(["-f", &text("jwtKeyFile"), told["usernames"][0].as_str().unwrap()]).env("HOME", text("home"));
        run.ends_with(0);
        send(&child, signal);
        assert!(child.wait().unwrap().success());
        assert!(!std::path::Path::new(&text("home")).exists(), "nothing is left");
    }
}
