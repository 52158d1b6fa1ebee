use super::*;
use crate::simulator::Secret;

#[tokio::test]
async fn a_login_gives_a_token_in_salesforces_shape() {
    let bench = Bench::start("[[org]]");
    let username = bench.user(0);
    let (status, body) = bench.log_in(&username).await;
    assert_eq!(status, 200);
    let org_id = bench.simulator.org_id(&username).unwrap();
    let token = body["access_token"].as_str().unwrap();
    assert!(token.starts_with(&format!("{}!AQEA", &org_id[..15])) && token.len() > 100, "{token}");
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["instance_url"], bench.origin(&username));
    assert!(body["id"].as_str().unwrap().starts_with(&format!("{}/id/{org_id}/005", bench.origin(&username))));
    assert!(bench.simulator.misdirected().is_empty());
}

#[tokio::test]
async fn an_org_is_not_approved_before_it_is_replicated() {
    let bench = Bench::start("[[org]]\nreplication_delay = \"200ms\"\n[[org]]\nreplication_delay = \"never\"");
    let (soon, never) = (bench.user(0), bench.user(1));
    let at = bench.simulator.replicated_at(&soon).unwrap();
    tokio::time::sleep_until(at.into()).await;
    assert_eq!(bench.log_in(&soon).await.0, 200);
    assert_eq!(bench.log_in(&never).await, refused("invalid_grant", NOT_APPROVED));
    assert!(bench.simulator.replicated_at(&never).is_none());
}

#[tokio::test]
async fn claims_are_checked_one_by_one() {
    let bench = Bench::start("[[org]]");
    let username = bench.user(0);
    let origin = bench.origin(&username).to_owned();
    let now = jiff::Timestamp::now().as_second();
    let cases = [
        ("iss", json!("another app"), "invalid_client_id", "client identifier invalid"),
        ("aud", json!("https://login.salesforce.com"), "invalid_grant", "audience is invalid"),
        ("aud", json!("https://evil.example"), "invalid_grant", "audience is invalid"),
        ("exp", json!(now - 3600), "invalid_grant", "expired authorization code"),
        ("sub", json!("nobody@example.com"), "invalid_grant", NOT_APPROVED),
        ("exp", json!("soon"), "invalid_grant", "invalid assertion"),
    ];
    for (claim, value, error, description) in cases {
        let mut claims = bench.claims(&username);
        claims[claim] = value;
        assert_eq!(bench.log_in_with(&username, &claims).await, refused(error, description), "{claims}");
    }
    // What simple-salesforce sends: a string.
    let mut claims = bench.claims(&username);
    claims["exp"] = json!((now + 180).to_string());
    assert_eq!(bench.log_in_with(&username, &claims).await.0, 200);
    // What `sf` sends: milliseconds, and the org's own origin.
    for audience in [origin.clone(), format!("{origin}/")] {
        let mut claims = bench.claims(&username);
        claims["exp"] = json!(now * 1000 + 300);
        claims["aud"] = json!(audience);
        assert_eq!(bench.log_in_with(&username, &claims).await.0, 200);
    }
}

#[tokio::test]
async fn a_signature_by_another_key_or_algorithm_is_refused() {
    let bench = Bench::start("[[org]]");
    let username = bench.user(0);
    let claims = bench.claims(&username);
    let mut forged = bench.sign(&claims);
    let at = forged.rfind('.').unwrap() + 10;
    let other = if &forged[at..=at] == "A" { "B" } else { "A" };
    forged.replace_range(at..=at, other);
    let secret = EncodingKey::from_secret(b"secret");
    let hs256 = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &secret).unwrap();
    let rs512 = jsonwebtoken::encode(&Header::new(Algorithm::RS512), &claims, &bench.key).unwrap();
    for assertion in [forged.as_str(), &hs256, &rs512, "x", ""] {
        let answer = bench.post(bench.origin(&username), assertion).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.json().await.unwrap()),
            refused("invalid_grant", "invalid assertion")
        );
    }
}

#[tokio::test]
async fn the_request_has_to_be_a_form_with_the_right_parameters() {
    let bench = Bench::start("");
    let hub = bench.simulator.hub_username();
    let assertion = bench.sign(&bench.claims(hub));
    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let url = format!("{}/services/oauth2/token", bench.simulator.url());
    let form = |fields: &[(&str, &str)]| bench.client.post(&url).form(fields);
    let cases = [
        (form(&[("grant_type", grant), ("assertion", &assertion), ("scope", "api")]), "invalid_request"),
        (form(&[("grant_type", grant), ("assertion", &assertion), ("assertion", &assertion)]), "invalid_request"),
        (form(&[("grant_type", "password"), ("assertion", &assertion)]), "unsupported_grant_type"),
        (form(&[("assertion", &assertion)]), "unsupported_grant_type"),
        (bench.client.post(&url).json(&json!({"grant_type": grant, "assertion": assertion})), "unsupported_grant_type"),
        (bench.client.get(&url), "invalid_request"),
    ];
    for (request, error) in cases {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.headers()["content-type"], "application/json;charset=UTF-8");
        assert_eq!(answer.json::<Json>().await.unwrap()["error"], error);
    }
}

#[tokio::test]
async fn a_secret_sent_to_another_org_is_refused_and_noticed() {
    let bench = Bench::start("[[org]]\n[[org]]");
    let (mine, other) = (bench.user(0), bench.user(1));
    let answer = bench.post(bench.origin(&other), &bench.sign(&bench.claims(&mine))).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.json().await.unwrap()), refused("invalid_grant", NOT_APPROVED));
    let token = bench.token(&mine).await;
    assert_eq!(bench.query_at(&other, "SELECT Id FROM Organization", &token).await.0, 401);
    let noticed = bench.simulator.misdirected();
    let what: Vec<_> = noticed.iter().map(|secret| (secret.secret, secret.username.as_str())).collect();
    assert_eq!(what, [(Secret::Assertion, mine.as_str()), (Secret::Token, mine.as_str())]);
    assert!(noticed.iter().all(|secret| secret.belongs_to == bench.origin(&mine)));
    assert!(noticed.iter().all(|secret| secret.sent_to.starts_with(bench.origin(&other))));
}

#[tokio::test]
async fn an_org_of_another_app_never_approves() {
    let bench = Bench::start("[[org]]\nconsumer_key = \"PlatformCLI\"");
    assert_eq!(bench.log_in(&bench.user(0)).await, refused("invalid_grant", NOT_APPROVED));
}

#[tokio::test]
async fn logins_beyond_the_pace_are_told_to_wait() {
    let bench = Bench::start("logins_per_second = 1\nlogins_retry_after = \"7\"\n[[org]]");
    let username = bench.user(0);
    let assertion = bench.sign(&bench.claims(&username));
    // One at least comes before the second is over, however slow the machine is.
    for _ in 0..100 {
        let answer = bench.post(bench.origin(&username), &assertion).await.unwrap();
        if answer.status() == 429 {
            assert_eq!(answer.headers()["retry-after"], "7");
            return;
        }
    }
    panic!("no login was told to wait");
}

#[tokio::test]
async fn more_orgs_than_ports_share_them_and_are_told_apart() {
    let bench = Bench::start("[[org]]\ncount = 260");
    let users = bench.simulator.usernames();
    let origins: std::collections::HashSet<_> = users.iter().map(|user| bench.origin(user)).collect();
    assert_eq!(origins.len(), 250);
    assert_eq!(bench.origin(&users[0]), bench.origin(&users[250]));
    for at in [0, 250] {
        let token = bench.token(&users[at]).await;
        let (_, body) = bench.query_at(&users[at], "SELECT Id FROM Organization", &token).await;
        assert_eq!(body["records"][0]["Id"], bench.simulator.org_id(&users[at]).unwrap());
    }
    assert!(bench.simulator.misdirected().is_empty());
}
