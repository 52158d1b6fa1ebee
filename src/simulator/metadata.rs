//! As much of the Metadata API (SOAP) as `sf project deploy start` needs to end well: every deployment succeeds at once.
//!
//! What is deployed is not looked at, so the answer lists no components.

use super::answer::Answer;
use super::identifier::{self, prefix};
use super::journal::Secret;
use super::request::Request;
use super::salesforce::Salesforce;

/// Where the API is, with a version behind it.
pub(super) const PREFIX: &str = "/services/Soap/m/";

/// Answers a SOAP message; the operation is told by the element that names it, as `jsforce` writes it (`soap.ts`).
pub(super) fn answer(salesforce: &Salesforce, request: &Request) -> Answer {
    let message = String::from_utf8_lossy(&request.body);
    let token = element(&message, "sessionId").unwrap_or_default();
    let org = salesforce.org_of_token(token);
    let org = org.filter(|org| !salesforce.is_misdirected(Secret::Token, org, request.port, &request.path));
    let moment = salesforce.moment();
    let Some(org) = org.filter(|org| org.takes_token(token, moment)) else {
        let text = "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session";
        return fault("sf:INVALID_SESSION_ID", text);
    };
    if message.contains("<deploy>") {
        let id = identifier::id(prefix::DEPLOYMENT, fastrand::u64(..1 << 34));
        return result("deploy", &format!("<done>false</done><id>{id}</id><state>Queued</state>"));
    }
    if message.contains("<checkDeployStatus>") {
        let id = element(&message, "asyncProcessId").filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let now = moment.now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
        return result(
            "checkDeployStatus",
            &format!(
                "<checkOnly>false</checkOnly><completedDate>{now}</completedDate><createdBy>{user}</createdBy>\
                 <createdByName>User User</createdByName><createdDate>{now}</createdDate><details><runTestResult>\
                 <numFailures>0</numFailures><numTestsRun>0</numTestsRun><totalTime>0.0</totalTime></runTestResult></details>\
                 <done>true</done><id>{id}</id><ignoreWarnings>false</ignoreWarnings><lastModifiedDate>{now}</lastModifiedDate>\
                 <numberComponentErrors>0</numberComponentErrors><numberComponentsDeployed>0</numberComponentsDeployed>\
                 <numberComponentsTotal>0</numberComponentsTotal><numberTestErrors>0</numberTestErrors>\
                 <numberTestsCompleted>0</numberTestsCompleted><numberTestsTotal>0</numberTestsTotal>\
                 <rollbackOnError>true</rollbackOnError><runTestsEnabled>false</runTestsEnabled><startDate>{now}</startDate>\
                 <status>Succeeded</status><success>true</success>",
                user = org.user_id,
                id = id.unwrap_or_default(),
            ),
        );
    }
    fault("sf:UNKNOWN_EXCEPTION", "UNKNOWN_EXCEPTION: the simulator knows deploy and checkDeployStatus only")
}

/// The text of the first element of that name.
fn element<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = message.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}

fn result(operation: &str, fields: &str) -> Answer {
    envelope(200, &format!("<{operation}Response><result>{fields}</result></{operation}Response>"))
}

fn fault(code: &str, text: &str) -> Answer {
    let body = format!("<soapenv:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring></soapenv:Fault>");
    envelope(500, &body)
}

fn envelope(status: u16, body: &str) -> Answer {
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\" \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    );
    Answer::new(status, "text/xml;charset=UTF-8", envelope)
}
