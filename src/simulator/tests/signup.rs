use super::*;
use reqwest::Method;

const PATH: &str = "sobjects/ScratchOrgInfo";

/// What `sf` sends.
fn request(bench: &Bench) -> Json {
    json!({
        "OrgName": "Demo", "Edition": "Developer", "HasSampleData": false, "Features": "A;B", "DurationDays": 3,
        "ConnectedAppCallbackUrl": "http://localhost:1717/OauthRedirect",
        "ConnectedAppConsumerKey": bench.simulator.client_id(), "Package2AncestorIds": "",
    })
}

async fn sign_up(bench: &Bench, body: &Json) -> (u16, Json) {
    let hub = bench.simulator.hub_username().to_owned();
    bench.send(Method::POST, &hub, PATH, body).await
}

/// The record of a signup, asked for until it has that status.
async fn record(bench: &Bench, id: &str, status: &str) -> Json {
    let hub = bench.simulator.hub_username();
    let token = bench.token(hub).await;
    loop {
        let (_, record) = bench.get(bench.simulator.url(), &format!("/services/data/v60.0/{PATH}/{id}"), &token).await;
        if record["Status"] == status {
            return record;
        }
        assert!(record["LoginUrl"].is_null(), "{record}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_org_that_is_signed_up_for_is_made_then_replicated_then_deleted() {
    let bench = Bench::start("[[org]]\n[[signup]]\nactive_after = \"300ms\"\nreplication_delay = \"300ms\"");
    let (status, answer) = sign_up(&bench, &request(&bench)).await;
    assert_eq!((status, &answer["success"]), (201, &json!(true)));
    let id = answer["id"].as_str().unwrap();
    let record = record(&bench, id, "Active").await;
    let created: jiff::civil::Date = record["CreatedDate"].as_str().unwrap()[..10].parse().unwrap();
    assert_eq!(record["ExpirationDate"], (created + jiff::Span::new().days(3)).to_string());
    assert_eq!(
        [&record["OrgName"], &record["Features"], &record["DurationDays"]],
        [&json!("Demo"), &json!("A;B"), &json!(3)]
    );
    let user = record["SignupUsername"].as_str().unwrap();
    assert_eq!((record["LoginUrl"].as_str(), bench.user(1).as_str()), (bench.simulator.origin(user), user));
    assert_ne!(bench.simulator.origin(user), bench.simulator.origin(&bench.user(0)), "an origin of its own");

    tokio::time::sleep_until(bench.simulator.replicated_at(user).unwrap().into()).await;
    let token = bench.token(user).await;
    let organization = "SELECT Id, Name FROM Organization";
    let (_, found) = bench.query_at(user, organization, &token).await;
    assert_eq!(
        (&found["records"][0]["Name"], bench.simulator.org_id(user)),
        (&json!("Demo"), found["records"][0]["Id"].as_str())
    );

    let (_, active) = bench.query(&format!("SELECT Id FROM ActiveScratchOrg WHERE SignupUsername IN ('{user}')")).await;
    let path = format!("sobjects/ActiveScratchOrg/{}", active["records"][0]["Id"].as_str().unwrap());
    let hub = bench.simulator.hub_username().to_owned();
    assert_eq!(bench.send(Method::DELETE, &hub, &path, &json!(null)).await.0, 204);
    assert_eq!(bench.send(Method::DELETE, &hub, &path, &json!(null)).await.1[0]["errorCode"], "ENTITY_IS_DELETED");
    assert_eq!(bench.log_in(user).await, refused("invalid_grant", NOT_APPROVED));
    assert_eq!(bench.query_at(user, organization, &token).await.0, 401);
}

#[tokio::test]
async fn what_is_wrong_with_a_signup_is_told_and_costs_no_org() {
    let bench = Bench::start("[hub]\ndaily_signups = 1");
    let with = |field: &str, value: Json| {
        let mut body = request(&bench);
        body[field] = value;
        body
    };
    let cases = [
        (with("Colour", json!("red")), "INVALID_FIELD"),
        (with("Status", json!("Active")), "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (with("Edition", json!("")), "REQUIRED_FIELD_MISSING"),
        (with("Edition", json!("Home")), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (json!("nothing"), "JSON_PARSER_ERROR"),
    ];
    for (body, code) in cases {
        let (status, answer) = sign_up(&bench, &body).await;
        assert_eq!((status, &answer[0]["errorCode"]), (400, &json!(code)), "{body}");
    }
    assert_eq!(sign_up(&bench, &with("Edition", json!(null))).await.1[0]["fields"], json!(["Edition"]));
    assert_eq!(sign_up(&bench, &with("Edition", json!("partner developer"))).await.0, 201);
    let (status, answer) = sign_up(&bench, &request(&bench)).await;
    assert_eq!((status, &answer[0]["errorCode"]), (400, &json!("LIMIT_EXCEEDED")));
    assert_eq!(bench.simulator.usernames().len(), 1);
}

#[tokio::test]
async fn each_signup_goes_as_the_scenario_says_and_those_beyond_as_the_last() {
    let bench = Bench::start(
        "[[signup]]\nerror_after = \"0s\"\nerror_code = \"C-1016\"\n[[signup]]\nactive_after = \"0s\"\nreplication_delay = \"never\"",
    );
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let (_, answer) = sign_up(&bench, &request(&bench)).await;
        let (_, found) =
            bench.query("SELECT Id, Status, ErrorCode FROM ScratchOrgInfo ORDER BY Name DESC LIMIT 1").await;
        assert_eq!(found["records"][0]["Id"], answer["id"]);
        statuses.push((found["records"][0]["Status"].clone(), found["records"][0]["ErrorCode"].clone()));
    }
    let active = (json!("Active"), json!(null));
    assert_eq!(statuses, [(json!("Error"), json!("C-1016")), active.clone(), active]);
    assert_eq!(bench.log_in(&bench.user(2)).await, refused("invalid_grant", NOT_APPROVED));
}

#[tokio::test]
async fn a_username_that_is_taken_fails() {
    let bench = Bench::start("[[org]]\n[[signup]]\nactive_after = \"0s\"");
    let mut body = request(&bench);
    body["Username"] = json!(bench.user(0));
    let (_, answer) = sign_up(&bench, &body).await;
    let record = record(&bench, answer["id"].as_str().unwrap(), "Error").await;
    assert_eq!(record["ErrorCode"], "C-1007");
}

#[tokio::test]
async fn an_authorization_code_is_good_once_and_a_refresh_token_for_ever() {
    let bench = Bench::start("[[signup]]\nactive_after = \"0s\"\nreplication_delay = \"never\"");
    let (_, answer) = sign_up(&bench, &request(&bench)).await;
    let record = record(&bench, answer["id"].as_str().unwrap(), "Active").await;
    let user = bench.user(0);
    let redeem = async |grant: &str, field: &str, code: &str| {
        let form =
            [("grant_type", grant), (field, code), ("client_id", "x"), ("redirect_uri", "http://localhost:1717")];
        let url = format!("{}/services/oauth2/token", bench.origin(&user));
        bench.client.post(url).form(&form).send().await.unwrap().json::<Json>().await.unwrap()
    };
    let code = record["AuthCode"].as_str().unwrap();
    let granted = redeem("authorization_code", "code", code).await;
    assert!(granted["access_token"].is_string(), "{granted}");
    assert_eq!(redeem("authorization_code", "code", code).await["error"], "invalid_grant");
    for _ in 0..2 {
        let again = redeem("refresh_token", "refresh_token", granted["refresh_token"].as_str().unwrap()).await;
        assert!(again["access_token"].is_string(), "{again}");
    }
}

#[tokio::test]
async fn new_orgs_have_their_certificates_too() {
    let options = Options { tls: true, ..Options::default() };
    let bench = Bench::start_with(
        "[[signup]]\nactive_after = \"0s\"\n[[signup]]\nactive_after = \"0s\"\ncertificate = \"expired\"",
        options,
    );
    for _ in 0..2 {
        sign_up(&bench, &request(&bench)).await;
    }
    assert_eq!(bench.log_in(&bench.user(0)).await.0, 200);
    let expired = bench.post(bench.origin(&bench.user(1)), "x").await;
    assert!(expired.unwrap_err().is_connect());
}

#[tokio::test]
async fn signups_and_deletions_have_faults() {
    let bench = Bench::start(
        "[hub]\nfaults = [{ at = \"signup\", kind = \"status\", status = 503, first = 1 }]\n\
         [[org]]\nfaults = [{ at = \"delete\", kind = \"refusal\", status = 403, error = \"INSUFFICIENT_ACCESS_OR_READONLY\" }]\n[[org]]",
    );
    assert_eq!(sign_up(&bench, &request(&bench)).await.0, 503);
    assert_eq!(sign_up(&bench, &request(&bench)).await.0, 201);
    let (_, active) = bench.query("SELECT Id FROM ActiveScratchOrg ORDER BY Name LIMIT 2").await;
    let hub = bench.simulator.hub_username().to_owned();
    let mut answers = Vec::new();
    for record in active["records"].as_array().unwrap() {
        let path = format!("sobjects/ActiveScratchOrg/{}", record["Id"].as_str().unwrap());
        answers.push(bench.send(Method::DELETE, &hub, &path, &json!(null)).await);
    }
    assert_eq!((answers[0].0, &answers[0].1[0]["errorCode"]), (403, &json!("INSUFFICIENT_ACCESS_OR_READONLY")));
    assert_eq!(answers[1].0, 204);
}
