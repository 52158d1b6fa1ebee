//! The Metadata API by REST: `metadata/deployRequest`.
//! <https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_rest_deploy.htm>

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::answer::Answer;
use super::super::deployment::Deployment;
use super::super::org::Org;
use super::super::request::Request;
use super::super::salesforce::Salesforce;

/// Takes a package in: a form of two parts, the options in JSON and the zip file. The guide calls the first one `json`,
/// `sf` calls it `entity_content`.
pub(in crate::simulator) fn deploy(
    salesforce: &Salesforce,
    org: &Org,
    version: &str,
    request: &Request,
) -> Result<Answer, Answer> {
    let boundary = request.header("content-type").split_once("boundary=");
    let boundary = boundary.map(|(_, rest)| rest.split(';').next().unwrap_or_default().trim_matches('"'));
    let parts = boundary.map(|boundary| parts(&request.body, boundary)).unwrap_or_default();
    let part = |names: &[&str]| parts.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, body)| *body);
    let options = part(&["json", "entity_content"]).and_then(|body| serde_json::from_slice::<Json>(body).ok());
    let (Some(options), Some(zip)) = (options, part(&["file"])) else {
        let message = "Multipart message must include the parts json, with deployOptions, and file";
        return Err(Answer::api(400, "INVALID_MULTIPART_REQUEST", message));
    };
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let options: BTreeMap<String, String> = options["deployOptions"]
        .as_object()
        .map(|fields| fields.iter().map(|(name, value)| (name.clone(), text(value))).collect())
        .unwrap_or_default();
    let deployment = Deployment::new(&org.plan, "rest", version, options, zip, salesforce.moment());
    let id = &deployment.recorded.id;
    let result = json!({"id": id, "status": "Pending", "success": false, "done": false});
    let answer = json!({"id": id, "deployOptions": deployment.recorded.options, "deployResult": result});
    org.deploy(deployment);
    Ok(Answer::json(201, &answer))
}

/// How a deployment is going.
pub(in crate::simulator) fn status(
    salesforce: &Salesforce,
    org: &Org,
    id: &str,
    request: &Request,
) -> Result<Answer, Answer> {
    let moment = salesforce.moment();
    let is_wanted = |deployment: &Deployment| matches!(id.len(), 15 | 18) && deployment.recorded.id.starts_with(id);
    let Some(deployment) = org.deployments(moment).into_iter().find(is_wanted) else {
        return Err(Answer::not_found());
    };
    let with_details = request.parameter("includeDetails").as_deref() == Some("true");
    let result = deployment.result(moment, &org.user_id, with_details);
    let recorded = &deployment.recorded;
    Ok(Answer::json(200, &json!({"id": recorded.id, "deployOptions": recorded.options, "deployResult": result})))
}

/// The parts of a form (RFC 2046, 7578): name and body.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<(String, &'a [u8])> {
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(at) = find(rest, delimiter.as_bytes()) {
        rest = &rest[at + delimiter.len()..];
        let part = &rest[..find(rest, delimiter.as_bytes()).unwrap_or(0)];
        let Some(end) = find(part, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&part[..end]);
        let name = head.split(" name=\"").nth(1).and_then(|rest| rest.split('"').next());
        let content = part[end + 4..].strip_suffix(b"\r\n");
        if let (Some(name), Some(content)) = (name, content) {
            parts.push((name.to_owned(), content));
        }
    }
    parts
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
