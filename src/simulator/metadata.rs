//! As much of the Metadata API as it takes to deploy: by SOAP, which is what `sf` asks unless it is told otherwise, and by REST.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::answer::Answer;
use super::deployment::Deployment;
use super::identifier::is_same_id;
use super::org::Org;
use super::package::elements;
use super::request::Request;
use super::salesforce::Salesforce;

/// Answers a SOAP message; the operation is told by the element that names it, as `jsforce` writes it (`soap.ts`).
pub(super) fn soap(salesforce: &Salesforce, request: &Request, version: &str) -> Answer {
    let message = String::from_utf8_lossy(&request.body);
    let element = |name: &str| elements(&message, name).first().copied().unwrap_or_default();
    let Some(org) = salesforce.session(element("sessionId"), request.port, &request.path) else {
        return fault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session");
    };
    let now = salesforce.now();
    if message.contains("<deploy>") {
        let zip = STANDARD.decode(element("ZipFile")).unwrap_or_default();
        let options = options(element("DeployOptions"));
        let deployment = Deployment::new(&org.plan, "soap", version, options, &zip, now);
        let result = format!("<done>false</done><id>{}</id><state>Queued</state>", deployment.id());
        org.deploy(deployment);
        return envelope(200, &format!("<deployResponse><result>{result}</result></deployResponse>"));
    }
    if message.contains("<checkDeployStatus>") {
        let id = element("asyncProcessId");
        let Some(deployment) = org.deployments().into_iter().find(|deployment| deployment.id() == id) else {
            return fault("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
        };
        let mut result = String::new();
        write_xml(&mut result, "result", &deployment.result(now, element("includeDetails") == "true"));
        return envelope(200, &format!("<checkDeployStatusResponse>{result}</checkDeployStatusResponse>"));
    }
    fault("UNKNOWN_EXCEPTION", "the simulator knows deploy and checkDeployStatus only")
}

/// The elements within `DeployOptions`, each a word.
fn options(xml: &str) -> BTreeMap<String, String> {
    let parts = xml.split('<').filter(|part| !part.starts_with('/')).filter_map(|part| part.split_once('>'));
    parts.map(|(name, value)| (name.trim_end_matches('/').to_owned(), value.trim().to_owned())).collect()
}

/// A JSON value as the elements that SOAP has for it: a list is the same element several times.
fn write_xml(xml: &mut String, name: &str, value: &Json) {
    if let Json::Array(items) = value {
        return items.iter().for_each(|item| write_xml(xml, name, item));
    }
    // To write to a string cannot fail.
    let _ = write!(xml, "<{name}>");
    match value {
        Json::Object(fields) => fields.iter().for_each(|(name, value)| write_xml(xml, name, value)),
        Json::String(text) => xml.push_str(&escape(text)),
        other => xml.push_str(&other.to_string()),
    }
    let _ = write!(xml, "</{name}>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A refusal.
pub(super) fn fault(code: &str, text: &str) -> Answer {
    let text = escape(text);
    let body = format!("<faultcode>sf:{code}</faultcode><faultstring>{code}: {text}</faultstring>");
    envelope(500, &format!("<soapenv:Fault>{body}</soapenv:Fault>"))
}

fn envelope(status: u16, body: &str) -> Answer {
    let envelope = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:sf=\"http://soap.sforce.com/2006/04/metadata\" \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    );
    Answer::new(status, "text/xml;charset=UTF-8", envelope)
}

/// By REST takes a package in (`metadata/deployRequest`): a form of two parts, the options in JSON and the zip file. The guide
/// calls the first one `json`, `sf` calls it `entity_content`.
/// <https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_rest_deploy.htm>
pub(super) fn deploy(salesforce: &Salesforce, org: &Org, version: &str, request: &Request) -> Result<Answer, Answer> {
    let boundary = request.header("content-type").split_once("boundary=").map_or("", |(_, rest)| rest);
    let boundary = boundary.split(';').next().unwrap_or_default().trim_matches('"');
    let part = |name: &str| part(&request.body, boundary, name);
    let options = part("json").or_else(|| part("entity_content"));
    let (Some(options), Some(zip)) = (options.and_then(|body| serde_json::from_slice::<Json>(body).ok()), part("file"))
    else {
        let message = "Multipart message must include the parts json, with deployOptions, and file";
        return Err(Answer::api(400, "INVALID_MULTIPART_REQUEST", message));
    };
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let options: BTreeMap<String, String> = options["deployOptions"]
        .as_object()
        .map(|fields| fields.iter().map(|(name, value)| (name.clone(), text(value))).collect())
        .unwrap_or_default();
    let now = salesforce.now();
    let deployment = Deployment::new(&org.plan, "rest", version, options, zip, now);
    let result = json!({"id": deployment.id(), "status": "Pending", "success": false, "done": false});
    let recorded = deployment.recorded(now);
    org.deploy(deployment);
    Ok(Answer::json(201, &json!({"id": recorded.id, "deployOptions": recorded.options, "deployResult": result})))
}

/// By REST tells how a deployment is going.
pub(super) fn status(salesforce: &Salesforce, org: &Org, id: &str, request: &Request) -> Result<Answer, Answer> {
    let now = salesforce.now();
    let is_wanted = |deployment: &Deployment| is_same_id(deployment.id(), id);
    let deployment = org.deployments().into_iter().find(is_wanted).ok_or_else(Answer::not_found)?;
    let with_details = request.parameter("includeDetails").as_deref() == Some("true");
    let recorded = deployment.recorded(now);
    let result = deployment.result(now, with_details);
    Ok(Answer::json(200, &json!({"id": recorded.id, "deployOptions": recorded.options, "deployResult": result})))
}

/// The body of a part of a form (RFC 2046, 7578).
fn part<'a>(body: &'a [u8], boundary: &str, name: &str) -> Option<&'a [u8]> {
    let find = |text: &[u8], wanted: &str| text.windows(wanted.len()).position(|part| part == wanted.as_bytes());
    let part = &body[find(body, &format!("name=\"{name}\""))?..];
    let content = &part[find(part, "\r\n\r\n")? + 4..];
    Some(&content[..find(content, &format!("\r\n--{boundary}"))?])
}
