use super::*;

use std::io::ErrorKind;

/// A stand-in with one org that has this fault.
fn bench(fault: &str) -> (Bench, String) {
    let bench = Bench::start(&format!("[[org]]\nfaults = [{{ {fault} }}]"));
    let username = bench.user(0);
    (bench, username)
}

/// What a login is answered with, unread.
async fn answer(bench: &Bench, username: &str) -> Result<reqwest::Response, reqwest::Error> {
    bench.post(bench.origin(username), &bench.sign(&bench.claims(username))).await
}

/// Whether the error goes back to one of the system's errors of that kind.
fn comes_from(error: &reqwest::Error, kind: ErrorKind) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == kind) {
            return true;
        }
        source = error.source();
    }
    false
}

#[tokio::test]
async fn a_connection_is_reset_before_or_after_the_request() {
    for at in ["connect", "login"] {
        let (bench, username) = bench(&format!("at = \"{at}\", kind = \"reset\", first = 2"));
        for _ in 0..2 {
            let error = answer(&bench, &username).await.unwrap_err();
            assert!(comes_from(&error, ErrorKind::ConnectionReset), "{error:?}");
        }
        assert_eq!(bench.log_in(&username).await.0, 200);
        assert_eq!(bench.simulator.requests().len(), if at == "connect" { 1 } else { 3 });
    }
}

#[tokio::test]
async fn a_port_is_closed_for_a_while() {
    let (bench, username) = bench("at = \"connect\", kind = \"refuse\", until = \"2s\"");
    let error = answer(&bench, &username).await.unwrap_err();
    assert!(comes_from(&error, ErrorKind::ConnectionRefused), "{error:?}");
    tokio::time::sleep_until((bench.simulator.started() + Duration::from_millis(2050)).into()).await;
    assert_eq!(bench.log_in(&username).await.0, 200);
}

#[tokio::test]
async fn a_port_closes_after_a_while() {
    let (bench, username) = bench("at = \"connect\", kind = \"refuse\", after = \"2s\"");
    assert_eq!(bench.log_in(&username).await.0, 200);
    tokio::time::sleep_until((bench.simulator.started() + Duration::from_millis(2100)).into()).await;
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let error = client.get(bench.origin(&username)).send().await.unwrap_err();
    assert!(comes_from(&error, ErrorKind::ConnectionRefused), "{error:?}");
}

#[tokio::test]
async fn a_client_can_wait_for_ever() {
    for fault in
        ["at = \"connect\", kind = \"hang\"", "at = \"login\", kind = \"hang\"", "at = \"login\", kind = \"hang_body\""]
    {
        let (bench, username) = bench(fault);
        let whole = async { answer(&bench, &username).await?.bytes().await };
        assert!(tokio::time::timeout(Duration::from_millis(200), whole).await.is_err(), "{fault}");
        let head = tokio::time::timeout(Duration::from_millis(200), answer(&bench, &username)).await;
        assert_eq!(head.is_ok(), fault.contains("hang_body"), "{fault}");
    }
}

#[tokio::test]
async fn a_body_comes_in_drops() {
    let (bench, username) = bench("at = \"login\", kind = \"drip\", every = \"50ms\"");
    let mut body = answer(&bench, &username).await.unwrap();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "{");
    assert_eq!(body.chunk().await.unwrap().unwrap(), "\"");
}

#[tokio::test]
async fn a_body_is_cut() {
    let (bench, username) = bench("at = \"login\", kind = \"cut\"");
    let mut answer = answer(&bench, &username).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.chunk().await.unwrap().unwrap().starts_with(b"{\"access_token\""));
    assert!(answer.chunk().await.is_err());
}

#[tokio::test]
async fn answers_are_not_what_they_should_be() {
    let cases: [(&str, u16, &str, &[u8]); 5] = [
        ("kind = \"html\"", 200, "text/html;charset=UTF-8", b"<!DOCTYPE HTML>"),
        ("kind = \"content_type\", content_type = \"text/plain\"", 200, "text/plain", b"{\"access_token\""),
        ("kind = \"invalid_utf8\"", 200, "application/json;charset=UTF-8", b"{\"access_token\":\"\xff"),
        ("kind = \"status\", status = 420", 420, "text/html;charset=UTF-8", b"<!DOCTYPE HTML>"),
        (
            "kind = \"refusal\", error = \"app_not_found\"",
            400,
            "application/json;charset=UTF-8",
            b"{\"error\":\"app_not_found\"",
        ),
    ];
    for (fault, status, content_type, begin) in cases {
        let (bench, username) = bench(&format!("at = \"login\", {fault}"));
        let answer = answer(&bench, &username).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
            (status, content_type)
        );
        assert!(answer.bytes().await.unwrap().starts_with(begin), "{fault}");
    }
}

#[tokio::test]
async fn a_status_comes_with_the_headers_it_is_given() {
    let header = async |fault: &str, name: &str| {
        let (bench, username) = bench(&format!("at = \"login\", kind = \"status\", {fault}"));
        let answer = answer(&bench, &username).await.unwrap();
        let value = answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (value, bench.simulator.url().to_owned())
    };
    assert_eq!(header("status = 429, retry_after = \"soon\"", "retry-after").await.0.unwrap(), "soon");
    assert_eq!(header("status = 429", "retry-after").await.0, None);
    let date = header("status = 429, retry_after_date = \"1h\"", "retry-after").await.0.unwrap();
    let then = jiff::fmt::rfc2822::parse(&date).unwrap().timestamp();
    assert!(then > jiff::Timestamp::now() + jiff::SignedDuration::from_mins(59), "{date}");
    let (location, hub) = header("status = 302", "location").await;
    assert_eq!(location.unwrap(), format!("{hub}/redirected"));
    assert_eq!(
        header("status = 307, location = \"https://x.example/\"", "location").await.0.unwrap(),
        "https://x.example/"
    );
}

#[tokio::test]
async fn bodies_are_as_big_as_they_are_told_to_be() {
    let (bench, username) = bench("at = \"login\", kind = \"huge\", bytes = 3_000_000");
    let body = answer(&bench, &username).await.unwrap().bytes().await.unwrap();
    assert!(body.len() >= 3_000_000 && body.starts_with(b"{\"access_token\":\"AAAA"));
}

#[tokio::test]
async fn a_gzip_bomb_is_small_on_the_wire() {
    let (bench, username) = bench("at = \"login\", kind = \"gzip_bomb\", bytes = 100_000_000");
    let answer = answer(&bench, &username).await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let body = answer.bytes().await.unwrap();
    assert!(body.starts_with(&[0x1f, 0x8b, 8]) && body.len() < 700_000, "{}", body.len());
}

#[tokio::test]
async fn a_fault_of_the_check_leaves_the_login_alone() {
    let (bench, username) =
        bench("at = \"check\", kind = \"refusal\", status = 503, error = \"SERVER_UNAVAILABLE\", first = 1");
    let token = bench.token(&username).await;
    let (status, body) = bench.query_at(&username, "SELECT Id FROM Organization", &token).await;
    assert_eq!((status, &body[0]["errorCode"]), (503, &json!("SERVER_UNAVAILABLE")));
    assert_eq!(bench.query_at(&username, "SELECT Id FROM Organization", &token).await.0, 200);
}

#[tokio::test]
async fn the_hub_has_faults_too() {
    let bench = Bench::start("[hub]\nfaults = [{ at = \"query\", kind = \"html\", first = 1 }]");
    let hub = bench.simulator.hub_username().to_owned();
    let token = bench.token(&hub).await;
    let path = "/services/data/v60.0/query?q=SELECT+Id+FROM+ScratchOrgInfo";
    let answer = bench.client.get(format!("{}{path}", bench.simulator.url())).bearer_auth(&token).send().await.unwrap();
    assert!(answer.text().await.unwrap().contains("Data Not Available"));
    assert_eq!(bench.get(bench.simulator.url(), path, &token).await.0, 200);
}

#[tokio::test]
async fn the_servers_clock_can_be_wrong() {
    let bench = Bench::start("clock_offset = \"20m\"\n[[org]]");
    let username = bench.user(0);
    assert_eq!(bench.log_in(&username).await, refused("invalid_grant", "expired authorization code"));
    let answer = answer(&bench, &username).await.unwrap();
    let date = jiff::fmt::rfc2822::parse(answer.headers()["date"].to_str().unwrap()).unwrap().timestamp();
    assert!(date > jiff::Timestamp::now() + jiff::SignedDuration::from_mins(19));
}

#[tokio::test]
async fn an_org_can_lie_about_where_and_who_it_is() {
    let bench = Bench::start(
        "[[org]]\nlogin_url = \"https://evil.example\"\ninstance_url = \"https://worse.example\"\nrecorded_org_id = \"00D000000000001\"",
    );
    let username = bench.user(0);
    let (_, body) = bench.query("SELECT LoginUrl, ScratchOrg FROM ScratchOrgInfo").await;
    assert_eq!(body["records"][0]["LoginUrl"], "https://evil.example");
    assert_eq!(body["records"][0]["ScratchOrg"], "00D000000000001");
    let (_, body) = bench.log_in(&username).await;
    assert_eq!(body["instance_url"], "https://worse.example");
    assert!(body["id"].as_str().unwrap().contains(bench.simulator.org_id(&username).unwrap()));
}

#[tokio::test]
async fn a_username_can_have_older_records() {
    let bench = Bench::start(
        "[[org]]\nearlier = [{ status = \"Deleted\", created_ago = \"72h\" }, { status = \"Error\", created_ago = \"48h\", error_code = \"C-9999\" }]",
    );
    let soql = format!(
        "SELECT Status, ErrorCode FROM ScratchOrgInfo WHERE SignupUsername = '{}' ORDER BY CreatedDate DESC",
        bench.user(0)
    );
    let (_, body) = bench.query(&soql).await;
    let statuses: Vec<_> = (0..3).map(|at| body["records"][at]["Status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["Active", "Error", "Deleted"]);
    assert_eq!(body["records"][1]["ErrorCode"], "C-9999");
}
