use super::*;
use std::io::Write as _;

use base64::Engine as _;
use reqwest::Method;

/// A package of two settings and a record type, in a folder or not.
fn package(folder: &str) -> Vec<u8> {
    let manifest = "<Package><types><members>Security</members><members>Mobile</members><name>Settings</name></types>\
                    <types><members>Account.Default</members><name>RecordType</name></types><version>60.0</version></Package>";
    let files = [
        ("package.xml", manifest),
        ("settings/Security.settings", "<SecuritySettings/>"),
        ("settings/Mobile.settings", "<MobileSettings/>"),
        ("objects/Account.object", "<CustomObject/>"),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(format!("{folder}{path}"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

impl Bench {
    /// A SOAP message to a user's org.
    async fn call(&self, username: &str, body: &str) -> (u16, String) {
        let token = self.token(username).await;
        let envelope = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope><soapenv:Header><SessionHeader><sessionId>{token}\
             </sessionId></SessionHeader></soapenv:Header><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
        );
        let url = format!("{}/services/Soap/m/60.0", self.origin(username));
        let answer = self.client.post(url).header("content-type", "text/xml").body(envelope).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Hands a package in by REST; the id of the deployment.
    async fn deploy(&self, username: &str, options: &Json, zip: &[u8]) -> (u16, Json) {
        let token = self.token(username).await;
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: application/json\r\n\r\n{}\r\n--x\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"package.zip\"\r\nContent-Type: application/zip\r\n\r\n",
            json!({"deployOptions": options})
        )
        .into_bytes();
        body.extend_from_slice(zip);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let url = format!("{}/services/data/v67.0/metadata/deployRequest", self.origin(username));
        let post = self.client.post(url).header("content-type", "multipart/form-data; boundary=x");
        let answer = post.bearer_auth(token).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn result(&self, username: &str, id: &Json) -> Json {
        let path = format!("metadata/deployRequest/{}?includeDetails=true", id.as_str().unwrap());
        let (status, mut answer) = self.send(Method::GET, username, &path, &json!(null)).await;
        assert_eq!(status, 200, "{answer}");
        answer["deployResult"].take()
    }

    /// Deploys the package and returns the result.
    async fn deployed(&self, options: &Json) -> Json {
        let user = self.user(0);
        let (status, answer) = self.deploy(&user, options, &package("unpackaged/")).await;
        assert_eq!(status, 201, "{answer}");
        self.result(&user, &answer["id"]).await
    }
}

#[tokio::test]
async fn what_is_deployed_by_rest_arrives_and_is_tracked() {
    let bench = Bench::start("[[org]]");
    let user = bench.user(0);
    let result = bench.deployed(&json!({"checkOnly": false})).await;
    assert_eq!((&result["status"], &result["done"]), (&json!("Succeeded"), &json!(true)));
    assert_eq!((&result["numberComponentsDeployed"], &result["numberComponentsTotal"]), (&json!(3), &json!(3)));
    assert_eq!(result["details"]["componentSuccesses"][3]["fileName"], "unpackaged/objects/Account.object");
    let arrived = &bench.simulator.deployments(&user)[0];
    assert_eq!((arrived.api, arrived.version.as_str(), arrived.status), ("rest", "67.0", "Succeeded"));
    assert_eq!(arrived.files["unpackaged/settings/Security.settings"], "<SecuritySettings/>");
    assert_eq!(arrived.options["checkOnly"], "false");

    let changed = "tooling/query?q=SELECT+Id,MemberType,MemberName+FROM+SourceMember+WHERE+RevisionCounter+%3E+0";
    let (_, found) = bench.send(Method::GET, &user, changed, &json!(null)).await;
    assert_eq!(found["records"][2]["MemberName"], "Account.Default");
    for record in found["records"].as_array().unwrap() {
        let path = format!("tooling/sobjects/SourceMember/{}", record["Id"].as_str().unwrap());
        assert_eq!(bench.send(Method::PATCH, &user, &path, &json!({"RevisionCounter": 0})).await.0, 204);
    }
    assert_eq!(bench.send(Method::GET, &user, changed, &json!(null)).await.1["totalSize"], 0);
}

#[tokio::test]
async fn what_is_deployed_by_soap_arrives() {
    let bench = Bench::start("[[org]]\ndeploy_fails = [\"Mobile\"]");
    let user = bench.user(0);
    let zip = base64::engine::general_purpose::STANDARD.encode(package(""));
    let options =
        "<DeployOptions><rollbackOnError>true</rollbackOnError><singlePackage>true</singlePackage></DeployOptions>";
    let (status, answer) = bench.call(&user, &format!("<deploy><ZipFile>{zip}</ZipFile>{options}</deploy>")).await;
    let id = answer.split("<id>").nth(1).and_then(|rest| rest.split("</id>").next());
    assert!(status == 200 && id.is_some_and(|id| id.starts_with("0Af")), "{answer}");
    let check = format!(
        "<checkDeployStatus><asyncProcessId>{}</asyncProcessId><includeDetails>true</includeDetails></checkDeployStatus>",
        id.unwrap()
    );
    let (_, answer) = bench.call(&user, &check).await;
    for part in ["<status>Failed</status>", "<fullName>Mobile</fullName>", "<problemType>Error</problemType>"] {
        assert!(answer.contains(part), "{answer}");
    }
    assert_eq!(bench.simulator.deployments(&user)[0].files.len(), 4);
    let (_, tracked) =
        bench.send(Method::GET, &user, "tooling/query?q=SELECT+Id+FROM+SourceMember", &json!(null)).await;
    assert_eq!(tracked["totalSize"], 0, "it was rolled back");
    let (status, answer) =
        bench.call(&user, "<checkDeployStatus><asyncProcessId>0Af1</asyncProcessId></checkDeployStatus>").await;
    assert!(status == 500 && answer.contains("INVALID_CROSS_REFERENCE_KEY"), "{answer}");
}

#[tokio::test]
async fn a_deployment_can_fail_in_part_or_whole_or_never_end() {
    let result = Bench::start("[[org]]\ndeploy_fails = [\"Security\"]").deployed(&json!({})).await;
    assert_eq!((&result["status"], &result["numberComponentErrors"]), (&json!("SucceededPartial"), &json!(1)));
    let failure = &result["details"]["componentFailures"][0];
    assert_eq!(
        (&failure["fullName"], &failure["problem"]),
        (&json!("Security"), &json!("Not available for deploy for this organization"))
    );
    let result = Bench::start("[[org]]\ndeploy_fails = [\"*\"]").deployed(&json!({})).await;
    assert_eq!((&result["status"], &result["success"]), (&json!("Failed"), &json!(false)));
    let result = Bench::start("[[org]]\ndeploy_takes = \"never\"").deployed(&json!({})).await;
    assert_eq!((&result["status"], &result["done"]), (&json!("InProgress"), &json!(false)));
}

#[tokio::test]
async fn a_package_that_is_none_is_told_as_a_component() {
    let bench = Bench::start("[[org]]");
    let user = bench.user(0);
    let cases = [
        (json!({}), b"no zip".to_vec(), "cannot be read"),
        (json!({}), package(""), "No package.xml found"),
        (json!({"singlePackage": true}), package("unpackaged/"), "No package.xml found"),
    ];
    for (options, zip, problem) in cases {
        let (_, answer) = bench.deploy(&user, &options, &zip).await;
        let result = bench.result(&user, &answer["id"]).await;
        assert_eq!(result["status"], "Failed");
        let told = result["details"]["componentFailures"][0]["problem"].as_str().unwrap();
        assert!(told.contains(problem), "{told}");
    }
    let (status, answer) =
        bench.send(Method::POST, &user, "metadata/deployRequest", &json!({"deployOptions": {}})).await;
    assert_eq!((status, &answer[0]["errorCode"]), (400, &json!("INVALID_MULTIPART_REQUEST")));
}

#[tokio::test]
async fn deployments_have_faults_in_the_words_of_their_api() {
    let bench = Bench::start(
        "[[org]]\nfaults = [{ at = \"deploy\", kind = \"refusal\", status = 403, error = \"INSUFFICIENT_ACCESS\", first = 2 },\
         { at = \"deploy_status\", kind = \"status\", status = 420, first = 1 }]",
    );
    let user = bench.user(0);
    let (status, answer) = bench.deploy(&user, &json!({}), &package("unpackaged/")).await;
    assert_eq!((status, &answer[0]["errorCode"]), (403, &json!("INSUFFICIENT_ACCESS")));
    let (status, answer) = bench.call(&user, "<deploy><ZipFile></ZipFile></deploy>").await;
    assert!(status == 500 && answer.contains("<faultcode>sf:INSUFFICIENT_ACCESS</faultcode>"), "{answer}");
    let (_, answer) = bench.deploy(&user, &json!({}), &package("unpackaged/")).await;
    let path = format!("metadata/deployRequest/{}", answer["id"].as_str().unwrap());
    assert_eq!(bench.send(Method::GET, &user, &path, &json!(null)).await.0, 420);
    assert_eq!(bench.send(Method::GET, &user, &path, &json!(null)).await.0, 200);
}

#[tokio::test]
async fn an_org_need_not_track_changes() {
    let bench = Bench::start("[[org]]\ntracks_source = false");
    let (status, answer) =
        bench.send(Method::GET, &bench.user(0), "tooling/query?q=SELECT+Id+FROM+SourceMember", &json!(null)).await;
    assert_eq!((status, &answer[0]["errorCode"]), (400, &json!("INVALID_TYPE")));
}
