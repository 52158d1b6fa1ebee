//! What whole runs cost, beside what nobody can do without: `orgready login` in one process against `orgready simulate`
//! in another.
//!
//! `cargo bench --bench load` takes a minute or two on two cores. After `--`: `--short` for seconds instead, with figures
//! that mean nothing, and `--lag` for two minutes more, in which 200 orgs are replicated for real. Needs bash; the floors
//! need the `openssl` program, and peak memory `/proc`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, clippy::cast_precision_loss)]
#![allow(clippy::disallowed_methods, reason = "a benchmark is a program of its own, with its own environment")]

mod child;
mod floor;
mod lag;
mod stand_in;
mod start;

use stand_in::StandIn;

/// Usernames in one ScratchOrgInfo query, for usernames of 29 characters.
const CHUNK: usize = 193;

/// How much is run.
struct Size {
    /// Orgs in a batch.
    batch: usize,
    /// Orgs in a batch that is to show the growth.
    large: usize,
    /// How often a run is repeated; the median counts.
    times: usize,
}

fn main() {
    if cfg!(windows) {
        return eprintln!("this measures with bash and /proc, so not on Windows");
    }
    let asked = |flag: &str| std::env::args().any(|argument| argument == flag);
    let size = if asked("--short") {
        Size { batch: 100, large: 1000, times: 1 }
    } else {
        Size { batch: 1000, large: 10_000, times: 5 }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{cores} cores, load {}", load.split(' ').next().unwrap_or_default());

    let signature = floor::signature();
    let plain = StandIn::start(size.large, "0s", false);
    processor_time(&plain, &size, signature, None);
    counts(&plain, &size);
    growth(&plain, &size);

    let secure = StandIn::start(size.batch, "0s", true);
    let connection = floor::connection(secure.host(), &secure.home());
    processor_time(&secure, &size, signature, connection);
    memory(&plain, &secure, &size);
    start(&plain, &size);
    drop((plain, secure));

    if asked("--lag") {
        lag::print();
    }
}

/// A batch less a single login, for each org; pairs of runs, one after the other, so that both see the same machine.
fn processor_time(stand_in: &StandIn, size: &Size, signature: Option<f64>, connection: Option<f64>) {
    let others = (size.batch - 1) as f64;
    let (mut logins, mut stores, mut systems) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..size.times {
        let one = child::cost(&stand_in.login(1), &stand_in.home());
        let batch = child::cost(&stand_in.login(size.batch), &stand_in.home());
        let kept = child::cost(&stand_in.login_and_keep(size.batch), &stand_in.home());
        logins.push((batch.cpu - one.cpu) / others);
        stores.push((kept.cpu - batch.cpu) / others);
        systems.push((kept.sys - batch.sys) / others);
    }
    let login = median(logins);
    let scheme = if connection.is_some() { "https" } else { "http" };
    println!("\nProcessor time for each org over {scheme}: login and check, a batch of {} less one", size.batch);
    println!("  orgready                              {:>8.3} ms", login * 1e3);
    if let Some(signature) = signature {
        let floor = signature + connection.unwrap_or_default();
        println!("  openssl: one RSA-2048 signature       {:>8.3} ms", signature * 1e3);
        if let Some(connection) = connection {
            println!("  openssl: one new TLS connection       {:>8.3} ms", connection * 1e3);
        }
        println!("  orgready / openssl                    {:>8.2}", login / floor);
    }
    let (store, system) = (median(stores), median(systems));
    println!(
        "  the sf store besides                  {:>8.3} ms, of which {:.3} in the system",
        store * 1e3,
        system * 1e3
    );
}

/// What the stand-in counts in one batch.
fn counts(stand_in: &StandIn, size: &Size) {
    stand_in.forget();
    child::cost(&stand_in.login(size.batch), &stand_in.home());
    let totals: serde_json::Value = stand_in.ask("totals");
    let count = |key: &str| totals[key].as_u64().unwrap();
    let orgs = size.batch as u64;
    println!("\nRequests for {orgs} orgs that are ready");
    println!("  logins                                {:>8} = the hub + {}", count("logins"), count("logins") - 1);
    let hub = count("queries") - orgs;
    println!(
        "  queries                               {:>8} = {orgs} checks + {hub} at the hub (⌈{orgs}/{CHUNK}⌉ = {})",
        count("queries"),
        size.batch.div_ceil(CHUNK)
    );
    // The question itself is one of them.
    let connections = count("connections") - 1;
    println!("  connections                           {connections:>8} = the hub + {}", connections - 1);
    println!("  open at once, at most                 {:>8}", count("mostOpenConnections"));
}

/// Ten times as many orgs.
fn growth(stand_in: &StandIn, size: &Size) {
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..size.times.min(3) {
        let small = child::cost(&stand_in.login(size.batch), &stand_in.home());
        let large = child::cost(&stand_in.login(size.large), &stand_in.home());
        walls.push(large.wall / small.wall);
        cpus.push(large.cpu / small.cpu);
    }
    println!("\nGrowth: {} orgs / {} orgs", size.large, size.batch);
    println!("  time                                  {:>8.2}", median(walls));
    println!("  processor time                        {:>8.2}", median(cpus));
}

fn memory(plain: &StandIn, secure: &StandIn, size: &Size) {
    println!("\nPeak memory, with 1,024 descriptors");
    let runs = [
        ("http", plain, 1),
        ("http", plain, size.batch),
        ("http", plain, size.large),
        ("https", secure, 1),
        ("https", secure, size.batch),
    ];
    for (scheme, stand_in, orgs) in runs {
        let peaks: Vec<f64> = (0..size.times.min(3))
            .filter_map(|_| child::peak_memory(&stand_in.login(orgs), &stand_in.home()))
            .collect();
        if let Some(peak) = peaks.into_iter().max_by(f64::total_cmp) {
            println!("  {:<38}{peak:>8.1} MB", format!("orgs over {scheme}: {orgs}"));
        }
    }
}

fn start(stand_in: &StandIn, size: &Size) {
    println!("\nFrom the start of the process to the first byte sent");
    for scheme in ["http", "https"] {
        let times = (0..size.times * 3).map(|_| start::first_byte(stand_in, scheme)).collect();
        println!("  {scheme:<38}{:>8.1} ms", median(times) * 1e3);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
