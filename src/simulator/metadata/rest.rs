//! The Metadata API by REST: `metadata/deployRequest`.
//! <https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_rest_deploy.htm>

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::super::answer::Answer;
use super::super::deployment::Deployment;
use super::super::identifier::is_same_id;
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

/// How a deployment is going.
pub(in crate::simulator) fn status(
    salesforce: &Salesforce,
    org: &Org,
    id: &str,
    request: &Request,
) -> Result<Answer, Answer> {
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
