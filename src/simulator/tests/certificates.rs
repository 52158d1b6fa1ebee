use super::*;

fn tls() -> Options {
    Options { tls: true, ..Options::default() }
}

#[tokio::test]
async fn https_works_for_who_trusts_the_ca() {
    let bench = Bench::start_with("[[org]]", tls());
    let username = bench.user(0);
    assert!(bench.origin(&username).starts_with("https://127.0.0.1:"));
    let token = bench.token(&username).await;
    assert_eq!(bench.query_at(&username, "SELECT Id FROM Organization", &token).await.0, 200);
    let by_name = format!("{}/services/data", bench.origin(&username).replace("127.0.0.1", "localhost"));
    assert_eq!(bench.client.get(by_name).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_bad_certificate_is_bad_in_the_way_it_says() {
    let bench = Bench::start_with(
        "[[org]]\ncertificate = \"expired\"\n[[org]]\ncertificate = \"wrong_name\"\n[[org]]\ncertificate = \"unknown_ca\"",
        tls(),
    );
    for (at, reason) in ["Expired", "NotValidForName", "UnknownIssuer"].into_iter().enumerate() {
        let error = bench.client.get(bench.origin(&bench.user(at))).send().await.unwrap_err();
        assert!(format!("{error:?}").contains(reason), "{error:?}");
    }
}

#[tokio::test]
async fn a_reset_works_within_tls_too() {
    let bench = Bench::start_with("[[org]]\nfaults = [{ at = \"login\", kind = \"reset\", first = 1 }]", tls());
    let username = bench.user(0);
    let assertion = bench.sign(&bench.claims(&username));
    assert!(bench.post(bench.origin(&username), &assertion).await.is_err());
    assert_eq!(bench.log_in(&username).await.0, 200);
}

#[test]
fn a_key_pair_in_the_folder_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { directory: Some(folder.path().to_path_buf()), ..Options::default() };
    let read = |simulator: &Simulator| {
        let key = std::fs::read(simulator.jwt_key_file()).unwrap();
        (key, std::fs::read(simulator.certificate_file()).unwrap())
    };
    let first = read(&Simulator::start(Scenario::default(), options()).unwrap());
    let second = read(&Simulator::start(Scenario::default(), options()).unwrap());
    assert_eq!(first, second);
    assert!(first.0.starts_with(b"-----BEGIN PRIVATE KEY-----"));
    std::fs::write(folder.path().join("server.crt"), "no certificate").unwrap();
    let error = Simulator::start(Scenario::default(), options()).unwrap_err().to_string();
    assert!(error.contains("server.crt is not a certificate"), "{error}");
    std::fs::remove_file(folder.path().join("server.crt")).unwrap();
    let error = Simulator::start(Scenario::default(), options()).unwrap_err().to_string();
    assert!(error.contains("only one of server.key and server.crt"), "{error}");
    assert_eq!(std::fs::read(folder.path().join("server.key")).unwrap(), first.0);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_key() {
    use std::os::unix::fs::PermissionsExt;
    let simulator = Simulator::start(Scenario::default(), Options::default()).unwrap();
    let mode = std::fs::metadata(simulator.jwt_key_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_is_temporary_is_gone_in_the_end_and_the_port_is_free() {
    let simulator = Simulator::start(Scenario::default(), Options::default()).unwrap();
    let (key, home) = (simulator.jwt_key_file().to_path_buf(), simulator.home().to_path_buf());
    let address = simulator.url().trim_start_matches("http://").to_owned();
    assert!(key.exists() && home.read_dir().unwrap().next().is_none());
    drop(simulator);
    assert!(!key.exists() && !home.exists());
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn a_home_that_was_used_before_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let options = Options { directory: Some(folder.path().to_owned()), ..Options::default() };
        Simulator::start(Scenario::default(), options).unwrap().home().to_owned()
    };
    let first = start();
    assert_eq!(start(), first);
    std::fs::write(first.join("used"), "").unwrap();
    let second = start();
    assert!(second != first && second.read_dir().unwrap().next().is_none() && first.join("used").exists());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Simulator::start(Scenario::default(), Options { port, ..Options::default() }).unwrap_err().to_string();
    assert_eq!(error, format!("port {port} of 127.0.0.1 cannot be used"));
}
