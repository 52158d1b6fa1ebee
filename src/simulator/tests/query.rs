use super::*;
use crate::simulator::RequestKind;

#[tokio::test]
async fn the_hub_tells_where_an_org_is_and_how_it_is() {
    let bench = Bench::start("[[org]]\nusername = \"Test-a@Example.com\"\n[[org]]\nstatus = \"Creating\"");
    let soql = "SELECT SignupUsername, LoginUrl, Status, ScratchOrg, ConnectedAppConsumerKey FROM ScratchOrgInfo \
                WHERE SignupUsername = 'test-A@example.com'";
    let (status, body) = bench.query(soql).await;
    assert_eq!(status, 200);
    assert_eq!((&body["totalSize"], &body["done"]), (&json!(1), &json!(true)));
    let record = &body["records"][0];
    assert_eq!(record["attributes"]["type"], "ScratchOrgInfo");
    assert!(
        record["attributes"]["url"].as_str().unwrap().starts_with("/services/data/v60.0/sobjects/ScratchOrgInfo/2SR")
    );
    assert_eq!(record["SignupUsername"], "Test-a@Example.com");
    assert_eq!(record["LoginUrl"], bench.origin("test-a@example.com"));
    assert_eq!(record["Status"], "Active");
    assert_eq!(record["ScratchOrg"].as_str().unwrap(), &bench.simulator.org_id("test-a@example.com").unwrap()[..15]);
    assert_eq!(record["ConnectedAppConsumerKey"], bench.simulator.client_id());
    let (_, body) = bench.query("SELECT LoginUrl, ScratchOrg FROM ScratchOrgInfo WHERE Status = 'Creating'").await;
    assert_eq!((&body["records"][0]["LoginUrl"], &body["records"][0]["ScratchOrg"]), (&Json::Null, &Json::Null));
}

#[tokio::test]
async fn what_sf_asks_about_orgs_is_answered() {
    let bench = Bench::start("[[org]]\n[[org]]\nstatus = \"Deleted\"");
    let id = &bench.simulator.org_id(&bench.user(0)).unwrap()[..15];
    let statements = [
        "SELECT Id FROM ScratchOrgInfo limit 1".to_owned(),
        format!("select Id, ExpirationDate, ScratchOrg from ScratchOrgInfo where ScratchOrg = '{id}' and Status = 'Active'"),
        format!(
            "SELECT CreatedDate,Edition,Status,ExpirationDate,Namespace,OrgName,CreatedBy.Username,SignupUsername,LoginUrl,ScratchOrg \
             FROM ScratchOrgInfo WHERE ScratchOrg IN ('{id}') AND CreatedDate > 2020-01-01T00:00:00Z ORDER BY CreatedDate DESC"
        ),
        format!("SELECT Id FROM ActiveScratchOrg WHERE SignupUsername='{}'", bench.user(0)),
        "SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType FROM Organization".to_owned(),
        "SELECT Id, Username FROM User WHERE Username LIKE 'ADMIN%'".to_owned(),
        "SELECT name FROM Profile WHERE Id IN (SELECT ProfileId FROM User WHERE username='admin@devhub.example')".to_owned(),
    ];
    for statement in &statements {
        let (status, body) = bench.query(statement).await;
        assert_eq!((status, &body["totalSize"]), (200, &json!(1)), "{statement}: {body}");
    }
    let (_, body) = bench.query(&statements[2]).await;
    assert_eq!(body["records"][0]["CreatedBy"]["Username"], bench.simulator.hub_username());
    let (_, body) = bench.query("SELECT count() FROM ScratchOrgInfo").await;
    assert_eq!(body, json!({"totalSize": 2, "done": true, "records": []}));
}

#[tokio::test]
async fn sf_is_told_the_columns_of_its_statement() {
    let bench = Bench::start("");
    let token = bench.token(bench.simulator.hub_username()).await;
    let path = "/services/data/v60.0/query?columns=true&q=SELECT+Id,CreatedBy.Username+FROM+ScratchOrgInfo";
    let (_, body) = bench.get(bench.simulator.url(), path, &token).await;
    assert_eq!(body["columnMetadata"][0]["columnName"], "Id");
    assert_eq!(body["columnMetadata"][1]["columnName"], "CreatedBy");
    assert_eq!(body["columnMetadata"][1]["joinColumns"][0]["columnName"], "Username");
}

#[tokio::test]
async fn what_is_wrong_with_a_statement_is_told_in_salesforces_words() {
    let bench = Bench::start("[hub]\nhidden_fields = [\"ConnectedAppConsumerKey\"]\n[[org]]");
    let cases = [
        ("SELECT Id, Foo FROM ScratchOrgInfo", "INVALID_FIELD", "No such column 'Foo' on entity 'ScratchOrgInfo'"),
        (
            "SELECT ConnectedAppConsumerKey FROM ScratchOrgInfo",
            "INVALID_FIELD",
            "No such column 'ConnectedAppConsumerKey'",
        ),
        ("SELECT Foo.Id FROM ScratchOrgInfo", "INVALID_FIELD", "Didn't understand relationship 'Foo'"),
        ("SELECT Id FROM ScratchOrgInfo WHERE LoginUrl = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM ScratchOrgInfo WHERE ExpirationDate = 'x'", "INVALID_FIELD", "must be of type date"),
        ("SELECT Id FROM Account", "INVALID_TYPE", "sObject type 'Account' is not supported."),
        (
            "SELECT Id FROM ScratchOrgInfo WHERE SignupUsername = 'a\\x'",
            "MALFORMED_QUERY",
            "Illegal character sequence",
        ),
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
    ];
    for (statement, code, words) in cases {
        let (status, body) = bench.query(statement).await;
        assert_eq!((status, &body[0]["errorCode"]), (400, &json!(code)), "{statement}");
        assert!(body[0]["message"].as_str().unwrap().contains(words), "{body}");
    }
    let (_, body) = bench.query("SELECT Foo FROM ScratchOrgInfo").await;
    let message = body[0]["message"].as_str().unwrap();
    assert!(message.starts_with("\nSELECT Foo FROM ScratchOrgInfo\n       ^\nERROR at Row:1:Column:8\n"), "{message}");
}

#[tokio::test]
async fn scratch_org_info_is_known_on_a_dev_hub_only() {
    let soql = "SELECT Id FROM ScratchOrgInfo";
    let (_, body) = Bench::start("[hub]\ndev_hub = false").query(soql).await;
    assert_eq!(body[0]["errorCode"], "INVALID_TYPE");
    let bench = Bench::start("[[org]]");
    let username = bench.user(0);
    let token = bench.token(&username).await;
    assert_eq!(bench.query_at(&username, soql, &token).await.1[0]["errorCode"], "INVALID_TYPE");
}

#[tokio::test]
async fn many_records_come_page_by_page() {
    let bench = Bench::start("[hub]\npage_size = 4\n[[org]]\ncount = 10");
    let hub = bench.simulator.hub_username().to_owned();
    let token = bench.token(&hub).await;
    let (_, mut page) = bench.query_at(&hub, "SELECT SignupUsername FROM ScratchOrgInfo", &token).await;
    let mut names = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let records = page["records"].as_array().unwrap();
        sizes.push(records.len());
        names.extend(records.iter().map(|record| record["SignupUsername"].as_str().unwrap().to_owned()));
        assert_eq!(page["totalSize"], 10);
        let Some(next) = page["nextRecordsUrl"].as_str().map(str::to_owned) else { break };
        assert_eq!(page["done"], false);
        page = bench.get(bench.simulator.url(), &next, &token).await.1;
    }
    assert_eq!(sizes, [4, 4, 2]);
    assert_eq!(names, bench.simulator.usernames());
    let (status, body) = bench.get(bench.simulator.url(), "/services/data/v60.0/query/01g000000000000-4", &token).await;
    assert_eq!((status, &body[0]["errorCode"]), (400, &json!("INVALID_QUERY_LOCATOR")));
}

#[tokio::test]
async fn an_uri_that_is_too_long_is_refused() {
    let bench = Bench::start("");
    let hub = bench.simulator.hub_username();
    let token = bench.token(hub).await;
    let url = |length: usize| format!("{}/services/data/v60.0/query?q={}", bench.simulator.url(), "a".repeat(length));
    for (length, status) in [(16_400, 414), (16_300, 431), (12_000, 400)] {
        let answer = bench.client.get(url(length)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), status, "{length}");
    }
}

#[tokio::test]
async fn without_a_good_token_the_session_has_expired() {
    let bench = Bench::start("[[org]]\ntoken_uses = 1");
    let username = bench.user(0);
    let expired = (401, json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]));
    assert_eq!(bench.query_at(&username, "SELECT Id FROM Organization", "00D000000000001!AQEA").await, expired);
    let token = bench.token(&username).await;
    assert_eq!(bench.query_at(&username, "SELECT Id FROM Organization", &token).await.0, 200);
    assert_eq!(bench.query_at(&username, "SELECT Id FROM Organization", &token).await, expired);
    let token = bench.token(&username).await;
    bench.simulator.revoke_tokens(&username);
    assert_eq!(bench.query_at(&username, "SELECT Id FROM Organization", &token).await, expired);
}

#[tokio::test]
async fn deleting_the_active_scratch_org_deletes_the_org() {
    let bench = Bench::start("[[org]]");
    let username = bench.user(0);
    let token = bench.token(&username).await;
    let (_, body) = bench.query(&format!("SELECT Id FROM ActiveScratchOrg WHERE SignupUsername = '{username}'")).await;
    let id = body["records"][0]["Id"].as_str().unwrap();
    let hub = bench.token(bench.simulator.hub_username()).await;
    let url = format!("{}/services/data/v60.0/sobjects/ActiveScratchOrg/{id}", bench.simulator.url());
    assert_eq!(bench.client.delete(&url).bearer_auth(&hub).send().await.unwrap().status(), 204);
    let again = bench.client.delete(&url).bearer_auth(&hub).send().await.unwrap();
    assert_eq!(
        (again.status().as_u16(), again.json::<Json>().await.unwrap()[0]["errorCode"].take()),
        (404, json!("ENTITY_IS_DELETED"))
    );
    let (_, body) = bench.query("SELECT Status FROM ScratchOrgInfo").await;
    assert_eq!(body["records"][0]["Status"], "Deleted");
    assert_eq!(bench.log_in(&username).await, refused("invalid_grant", NOT_APPROVED));
    assert_eq!(bench.query_at(&username, "SELECT Id FROM Organization", &token).await.0, 401);
}

#[tokio::test]
async fn identity_and_versions_are_what_clients_ask_for() {
    let bench = Bench::start("[[org]]");
    let username = bench.user(0);
    let (_, login) = bench.log_in(&username).await;
    let token = login["access_token"].as_str().unwrap();
    let answer = bench.client.get(format!("{}/services/data", bench.origin(&username))).send().await.unwrap();
    let versions = answer.json::<Json>().await.unwrap();
    assert_eq!(
        versions.as_array().unwrap().last().unwrap(),
        &json!({"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"})
    );
    let path = login["id"].as_str().unwrap().strip_prefix(bench.origin(&username)).unwrap();
    for path in [path, "/services/oauth2/userinfo"] {
        let (status, body) = bench.get(bench.origin(&username), path, token).await;
        assert_eq!((status, &body["preferred_username"]), (200, &json!(username)));
    }
    let limits = format!("{}/services/data/v60.0/limits", bench.origin(&username));
    let answer = bench.client.get(limits).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.headers()["sforce-limit-info"], "api-usage=10018/100000");
}

#[tokio::test]
async fn requests_are_recorded_as_they_were_made() {
    let bench = Bench::start("[[org]]");
    let username = bench.user(0);
    let token = bench.token(&username).await;
    bench.query_at(&username, "SELECT Id FROM Organization", &token).await;
    let requests = bench.simulator.requests();
    let kinds: Vec<_> = requests.iter().map(|request| (request.kind, request.status, request.connection)).collect();
    assert_eq!(kinds, [(RequestKind::Login, 200, 1), (RequestKind::Query, 200, 1)]);
    assert!(requests.iter().all(|request| request.username.as_deref() == Some(&*username)));
    assert_eq!(requests[1].soql.as_deref(), Some("SELECT Id FROM Organization"));
    let totals = bench.simulator.totals();
    assert_eq!((totals.connections, totals.logins, totals.tokens, totals.queries), (1, 1, 1, 1));
}

#[tokio::test]
async fn a_script_can_ask_and_steer_from_outside() {
    let bench =
        Bench::start("clock_offset = \"1h\"\n[[org]]\nexpect = \"ready\"\n[[org]]\nreplication_delay = \"never\"");
    let username = bench.user(0);
    bench.log_in(&username).await;
    let control = |path: &str| format!("{}/simulator/{path}", bench.simulator.url());
    let ask = async |path: &str| bench.client.get(control(path)).send().await.unwrap().json::<Json>().await.unwrap();
    assert_eq!(ask("totals").await["logins"], 1);
    assert_eq!(ask("requests").await[0]["kind"], "login");
    assert_eq!(ask("misdirected").await, json!([]));
    let orgs = ask("orgs").await;
    assert_eq!((&orgs[0]["username"], &orgs[0]["expect"]), (&json!(username), &json!("ready")));
    let ago = jiff::Timestamp::now().as_millisecond() - orgs[0]["replicatedAt"].as_i64().unwrap();
    assert!((0..600_000).contains(&ago), "{ago}");
    assert_eq!(orgs[1]["replicatedAt"], Json::Null);
    let command = async |path: &str| bench.client.post(control(path)).send().await.unwrap().status().as_u16();
    assert_eq!(command(&format!("delete?username={username}")).await, 204);
    assert_eq!(command(&format!("delete?username={username}")).await, 404);
    assert_eq!(command("forget").await, 204);
    assert_eq!(ask("totals").await["requests"], 0);
}
