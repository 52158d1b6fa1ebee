//! The API versions that an org knows, of which `sf` takes the newest (`retrieveMaxApiVersion`, `connection.js`).

use jiff::Timestamp;
use serde::Deserialize;

use crate::protocol::response::{self, Response};
use crate::protocol::transport::{Answer, ApiRequest, Unavailability, UnavailableKind};

/// `GET /services/data`.
pub fn versions_request() -> ApiRequest {
    ApiRequest::get("/services/data".to_owned())
}

/// Reads the newest version, such as `67.0`, from the list of all.
pub fn newest_version(answer: &Answer, now: Timestamp) -> Response<String> {
    #[derive(Deserialize)]
    struct Version {
        version: String,
    }

    response::of_rest::<Vec<Version>>(answer, now).and_then(|versions| {
        let known = versions.into_iter().filter_map(|version| Some((number(&version.version)?, version.version)));
        let untold = "the org did not say which API versions it knows";
        match known.max_by_key(|(number, _)| *number) {
            Some((_, newest)) => Response::Success(newest),
            None => Response::Unavailable(Unavailability::new(UnavailableKind::Other, untold)),
        }
    })
}

/// `67.0` as a number; it goes into paths, so anything else is none.
fn number(version: &str) -> Option<u32> {
    let (major, minor) = version.split_once('.')?;
    (minor == "0" && major.len() <= 4 && major.bytes().all(|byte| byte.is_ascii_digit())).then(|| major.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn newest(body: &str) -> Response<String> {
        newest_version(&Answer { status: 200, body: body.into(), ..Answer::default() }, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_newest_version_is_the_greatest_number() {
        let body =
            r#"[{"version":"9.0"},{"version":"67.0","label":"x","url":"/services/data/v67.0"},{"version":"66.0"}]"#;
        assert!(matches!(newest(body), Response::Success(version) if version == "67.0"));
    }

    #[test]
    fn a_list_without_a_version_is_no_answer() {
        for body in [
            "[]",
            r#"[{"version":"../x"}]"#,
            r#"[{"version":"x.0"}]"#,
            r#"[{"version":"67.1"}]"#,
            r#"[{"version":"12345.0"}]"#,
            "{}",
            "<html>",
        ] {
            assert!(matches!(newest(body), Response::Unavailable(_)), "{body}");
        }
    }
}
