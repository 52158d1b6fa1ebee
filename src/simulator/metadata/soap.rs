//! The Metadata API by SOAP: `deploy` and `checkDeployStatus`, which is what `sf` asks unless it is told otherwise.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::super::answer::Answer;
use super::super::deployment::Deployment;
use super::super::package::elements;
use super::super::request::Request;
use super::super::salesforce::Salesforce;

/// Answers a SOAP message; the operation is told by the element that names it, as `jsforce` writes it (`soap.ts`).
pub(in crate::simulator) fn answer(salesforce: &Salesforce, request: &Request, version: &str) -> Answer {
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
pub(in crate::simulator) fn fault(code: &str, text: &str) -> Answer {
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
