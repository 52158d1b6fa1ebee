//! Source tracking: what a deployment of settings changed is told apart from what a developer changes, by setting the
//! counters of the changed members back (`updateRevisionCounterToZero`, SOA 444-470).

use jiff::Timestamp;
use serde::Deserialize;

use crate::protocol::response::{self, Response};
use crate::protocol::soql;
use crate::protocol::transport::{Answer, ApiRequest, Body, Method};

use super::deployment::is_record_id;

/// A page of members whose counter is not zero.
#[derive(Debug, PartialEq, Eq)]
pub struct ChangedMembers {
    /// Their ids.
    pub ids: Vec<String>,
    /// Where the list goes on.
    pub next: Option<ApiRequest>,
}

/// Asks for them.
pub fn changed_members_request(api_version: &str) -> ApiRequest {
    ApiRequest::get(soql::tooling_target(api_version, "SELECT Id FROM SourceMember WHERE RevisionCounter > 0"))
}

impl ChangedMembers {
    /// Reads a page.
    pub fn read(answer: &Answer, now: Timestamp) -> Response<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            records: Vec<Member>,
            next_records_url: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Member {
            id: String,
        }

        response::of_rest::<Page>(answer, now).map(|page| Self {
            ids: page.records.into_iter().map(|member| member.id).filter(|id| is_record_id(id)).collect(),
            next: page.next_records_url.map(ApiRequest::get),
        })
    }
}

/// Sets one counter to zero. `sf` asks for each by itself too, and no other way is known to be open for this object.
pub fn reset_member_request(api_version: &str, id: &str) -> ApiRequest {
    ApiRequest {
        method: Method::Patch,
        target: format!("/services/data/v{api_version}/tooling/sobjects/SourceMember/{id}"),
        body: Some(Body { content_type: "application/json".to_owned(), bytes: br#"{"RevisionCounter":0}"#.to_vec() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_the_one_of_sf() {
        assert_eq!(
            changed_members_request("66.0").target,
            "/services/data/v66.0/tooling/query?q=SELECT%20Id%20FROM%20SourceMember%20WHERE%20RevisionCounter%20%3E%200"
        );
    }

    #[test]
    fn a_page_tells_the_ids_that_can_be_asked_for_and_where_it_goes_on() {
        let body = r#"{"done":false,"nextRecordsUrl":"/services/data/v66.0/tooling/query/01g-2000",
            "records":[{"Id":"0MZ000000000001AAA","attributes":{}},{"Id":"../x"}]}"#;
        let answer = Answer { status: 200, body: body.into(), ..Answer::default() };
        let Response::Success(page) = ChangedMembers::read(&answer, Timestamp::UNIX_EPOCH) else { panic!() };
        assert_eq!(page.ids, ["0MZ000000000001AAA"]);
        assert_eq!(page.next.unwrap().target, "/services/data/v66.0/tooling/query/01g-2000");
    }
}
