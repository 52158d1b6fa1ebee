//! Queries as request targets: `/services/data/v60.0/query?q=…`, none longer than a server takes.

use std::ops::Range;

use crate::model::org::{ClientId, OrgName, Username};
use crate::model::scratch_org::Status;

use super::text::{encode, quote};
use super::{Condition, Fields};

/// The longest request target that is made, in bytes.
///
/// Salesforce takes 16,384 for the URI and all headers together (414 and 431, Help 000386264); an access token that is
/// a JWT takes one or two thousand of them, and proxies often stop at 8,192 for the request line.
pub const TARGET_MAX: usize = 8_000;

/// The orgs that are worth a login; `Error` and `Deleted` are not.
const ALIVE: [Status; 3] = [Status::New, Status::Creating, Status::Active];

/// One query, and which of the names it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The request target: path and query, encoded.
    pub target: String,
    /// Which of the names, as indices into what was given.
    pub names: Range<usize>,
}

/// The queries that ask for these orgs, as few as fit: 193 usernames of 29 characters go into one. A name that is too
/// long for any gets a query of its own.
///
/// The record's `Id` is asked for also where it is not among the fields, if one is looked for by it.
///
/// ```
/// use orgready::model::org::OrgName;
/// use orgready::protocol::soql::{Fields, query_targets};
/// let name = OrgName::new("test-a@example.com")?;
/// let chunks = query_targets("60.0", &Fields::official(), &[&name]);
/// assert_eq!(
///     chunks[0].target,
///     "/services/data/v60.0/query?q=SELECT%20SignupUsername%2CLoginUrl%20FROM%20ScratchOrgInfo\
///      %20WHERE%20SignupUsername%20IN%20%28%27test-a%40example.com%27%29",
/// );
/// # Ok::<(), orgready::model::org::NameError>(())
/// ```
pub fn query_targets(api_version: &str, fields: &Fields, names: &[&OrgName]) -> Vec<Chunk> {
    let literals: Vec<String> = names.iter().map(|name| encode(&quote(name.as_str()))).collect();
    let target = |names: &[&OrgName], literals: &[String]| {
        let list = |column, is_one: fn(&OrgName) -> bool| {
            let those = names.iter().zip(literals).filter(|(name, _)| is_one(name));
            let those: Vec<&str> = those.map(|(_, literal)| literal.as_str()).collect();
            (!those.is_empty()).then(|| (column, those.join(COMMA)))
        };
        // The hub has no record of what was never made.
        let usernames = list("SignupUsername", |name| matches!(name, OrgName::Username(_)));
        let ids = list("Id", |name| matches!(name, OrgName::ScratchOrgInfo(_)));
        render(api_version, fields, [usernames, ids].into_iter().flatten())
    };
    let frame = render(api_version, fields, ["SignupUsername", "Id"].map(|column| (column, String::new()))).len();
    fitting(&literals, frame)
        .map(|range| Chunk { target: target(&names[range.clone()], &literals[range.clone()]), names: range })
        .collect()
}

/// The query for records of which one of the columns is in its list of encoded literals.
fn render(api_version: &str, fields: &Fields, lists: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let mut columns = fields.names().to_vec();
    let mut clauses = Vec::new();
    for (column, list) in lists {
        if !columns.contains(&column) {
            columns.insert(0, column);
        }
        clauses.push(encode(&format!("{column} IN (")) + &list + &encode(")"));
    }
    let select = format!("SELECT {} FROM ScratchOrgInfo WHERE ", columns.join(","));
    target(api_version, &select) + &clauses.join(&encode(" OR "))
}

/// The query for the live orgs that were signed up with this client id, and for which the condition holds.
pub fn selection_target(
    api_version: &str,
    fields: &Fields,
    client_id: &ClientId,
    condition: Option<&Condition>,
) -> String {
    let ours = format!(" AND ConnectedAppConsumerKey = {}", quote(client_id.as_str()));
    let select = format!("SELECT {} FROM ScratchOrgInfo WHERE {}{ours}", fields.names().join(","), alive(condition));
    path(api_version) + &encode(&select)
}

/// The query that counts the live orgs for which the condition holds, whatever they were signed up with: the answer's
/// `totalSize`. Less what the selection found, that is how many were left out.
pub fn count_target(api_version: &str, condition: Option<&Condition>) -> String {
    path(api_version) + &encode(&format!("SELECT COUNT() FROM ScratchOrgInfo WHERE {}", alive(condition)))
}

fn alive(condition: Option<&Condition>) -> String {
    let condition = condition.map(|condition| format!("({condition}) AND ")).unwrap_or_default();
    format!("{condition}Status IN ({})", ALIVE.map(|status| quote(status.as_str())).join(","))
}

/// The queries for the living orgs of these users, as few as fit: the records that can be deleted.
pub fn active_targets(api_version: &str, usernames: &[Username]) -> Vec<String> {
    let select = "SELECT Id,SignupUsername FROM ActiveScratchOrg WHERE SignupUsername IN (";
    let (begin, end) = (path(api_version) + &encode(select), encode(")"));
    let literals: Vec<String> = usernames.iter().map(|username| encode(&quote(username.as_str()))).collect();
    let chunks = fitting(&literals, begin.len() + end.len());
    chunks.map(|range| format!("{begin}{}{end}", literals[range].join(COMMA))).collect()
}

/// Cuts a list of encoded literals into as few parts as fit into a target that has a frame of this length besides. A
/// literal that is too long for any is a part by itself.
fn fitting(literals: &[String], frame: usize) -> impl Iterator<Item = Range<usize>> {
    let mut begin = 0;
    std::iter::from_fn(move || {
        let mut length = frame - COMMA.len();
        let fits = |literal: &&String| {
            length += COMMA.len() + literal.len();
            length <= TARGET_MAX
        };
        let count = literals[begin..].iter().take_while(fits).count().max(1);
        let range = begin..literals.len().min(begin + count);
        begin = range.end;
        (!range.is_empty()).then_some(range)
    })
}

const COMMA: &str = "%2C";

/// Any query as a request target.
pub fn target(api_version: &str, query: &str) -> String {
    path(api_version) + &encode(query)
}

/// A query for what developers work with, as a request target of the Tooling API.
pub fn tooling_target(api_version: &str, query: &str) -> String {
    format!("/services/data/v{api_version}/tooling/query?q={}", encode(query))
}

fn path(api_version: &str) -> String {
    format!("/services/data/v{api_version}/query?q=")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::soql::tests::unquote;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    fn names(texts: impl IntoIterator<Item = String>) -> Vec<OrgName> {
        texts.into_iter().map(|text| OrgName::new(&text).unwrap()).collect()
    }

    fn targets(fields: &Fields, names: &[OrgName]) -> Vec<Chunk> {
        query_targets("60.0", fields, &names.iter().collect::<Vec<_>>())
    }

    fn soql(target: &str) -> String {
        let (path, query) = target.split_once('?').unwrap();
        assert_eq!(path, "/services/data/v60.0/query");
        assert!(query.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%=".contains(&b)), "{query}");
        percent_decode_str(query.strip_prefix("q=").unwrap()).decode_utf8().unwrap().into_owned()
    }

    /// The literals of a query, in the order of the text, without a look at how it was made.
    fn literals(soql: &str) -> Vec<String> {
        let (mut found, mut begin, mut escaped) = (Vec::new(), None, false);
        for (at, c) in soql.char_indices() {
            match (begin, c) {
                (None, '\'') => begin = Some(at),
                (Some(from), '\'') if !escaped => {
                    found.push(unquote(&soql[from..=at]).unwrap());
                    begin = None;
                }
                _ => {}
            }
            escaped = c == '\\' && !escaped;
        }
        found
    }

    #[test]
    fn a_batch_is_one_query_as_long_as_it_fits() {
        let batch = names((0..193).map(|n| format!("test-abcdefghi{n:03}@example.com")));
        assert!(batch.iter().all(|name| name.as_str().len() == 29));
        let chunks = targets(&Fields::all(), &batch);
        assert_eq!(chunks.len(), 1);
        assert!((TARGET_MAX - 60..=TARGET_MAX).contains(&chunks[0].target.len()), "{}", chunks[0].target.len());
        let batch = names((0..10_000).map(|n| format!("test-abcdefg{n:05}@example.com")));
        assert_eq!(targets(&Fields::all(), &batch).len(), 10_000_usize.div_ceil(193));
    }

    #[test]
    fn all_fields_are_asked_for_and_the_id_only_where_it_is_looked_for() {
        let by_name = targets(&Fields::all(), &names(["a@x.com".into(), "o'b@x.com".into()]));
        assert_eq!(
            soql(&by_name[0].target),
            "SELECT SignupUsername,LoginUrl,Status,ScratchOrg,SignupInstance,ExpirationDate,ErrorCode,\
             ConnectedAppConsumerKey,CreatedDate FROM ScratchOrgInfo WHERE SignupUsername IN ('a@x.com','o\\'b@x.com')"
        );
        let by_id = targets(&Fields::official(), &names(["2SRxx0000000001AAA".into()]));
        assert_eq!(
            soql(&by_id[0].target),
            "SELECT Id,SignupUsername,LoginUrl FROM ScratchOrgInfo WHERE Id IN ('2SRxx0000000001')"
        );
        let both = targets(&Fields::official(), &names(["2SRxx0000000001".into(), "a@x.com".into()]));
        assert_eq!(
            soql(&both[0].target),
            "SELECT Id,SignupUsername,LoginUrl FROM ScratchOrgInfo \
             WHERE SignupUsername IN ('a@x.com') OR Id IN ('2SRxx0000000001')"
        );
    }

    #[test]
    fn living_orgs_are_asked_for_in_as_few_queries_as_fit() {
        let users: Vec<Username> =
            (0..500).map(|n| Username::new(&format!("test-abcdefghi{n:03}@o'b.example.com")).unwrap()).collect();
        let targets = active_targets("60.0", &users);
        assert!(targets.len() > 1 && targets.iter().all(|target| target.len() <= TARGET_MAX));
        let asked: Vec<String> = targets.iter().flat_map(|target| literals(&soql(target))).collect();
        assert_eq!(asked, users.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(
            soql(&targets[0]).starts_with("SELECT Id,SignupUsername FROM ActiveScratchOrg WHERE SignupUsername IN (")
        );
    }

    #[test]
    fn no_names_are_no_query() {
        assert_eq!(targets(&Fields::all(), &[]), []);
        assert!(active_targets("60.0", &[]).is_empty());
    }

    #[test]
    fn a_selection_is_alive_and_ours_whatever_the_condition_says() {
        let client_id = ClientId::new("3MVG9'x").unwrap();
        let condition = Condition::new("Name = 'a' OR Name = 'b'").unwrap();
        assert_eq!(
            soql(&selection_target("60.0", &Fields::official(), &client_id, Some(&condition))),
            "SELECT SignupUsername,LoginUrl FROM ScratchOrgInfo WHERE (Name = 'a' OR Name = 'b') \
             AND Status IN ('New','Creating','Active') AND ConnectedAppConsumerKey = '3MVG9\\'x'"
        );
        assert_eq!(
            soql(&selection_target("60.0", &Fields::official(), &client_id, None)),
            "SELECT SignupUsername,LoginUrl FROM ScratchOrgInfo \
             WHERE Status IN ('New','Creating','Active') AND ConnectedAppConsumerKey = '3MVG9\\'x'"
        );
        assert_eq!(
            soql(&count_target("60.0", Some(&condition))),
            "SELECT COUNT() FROM ScratchOrgInfo WHERE (Name = 'a' OR Name = 'b') \
             AND Status IN ('New','Creating','Active')"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_name_is_in_exactly_its_chunk(
            texts in proptest::collection::vec("2SR[a-z0-9]{12}|[^@\\s\\p{C}:\\\\\"<>]{1,60}@[^@\\s\\p{C}:\\\\\"<>]{1,20}", 0..300),
        ) {
            let names = names(texts);
            let chunks = targets(&Fields::all(), &names);
            let mut next = 0;
            for chunk in &chunks {
                prop_assert_eq!(chunk.names.start, next);
                next = chunk.names.end;
                prop_assert!(chunk.target.len() <= TARGET_MAX);
                let mut asked = literals(&soql(&chunk.target));
                let mut given: Vec<_> = names[chunk.names.clone()].iter().map(ToString::to_string).collect();
                asked.sort();
                given.sort();
                prop_assert_eq!(asked, given);
            }
            prop_assert_eq!(next, names.len());
        }
    }

    #[test]
    fn a_name_that_is_too_long_has_a_query_of_its_own() {
        let names = names(["a", "b", "c"].map(|name| format!("{name}@x.com")));
        let chunks = query_targets(&"6".repeat(TARGET_MAX), &Fields::all(), &names.iter().collect::<Vec<_>>());
        assert_eq!(chunks.iter().map(|chunk| chunk.names.clone()).collect::<Vec<_>>(), [0..1, 1..2, 2..3]);
    }

    #[test]
    fn a_list_is_cut_only_where_one_byte_more_would_not_fit() {
        let literals = vec!["x".repeat(97); 4];
        let together = 4 * 97 + 3 * COMMA.len();
        assert_eq!(fitting(&literals, TARGET_MAX - together).count(), 1);
        assert_eq!(fitting(&literals, TARGET_MAX - together + 1).collect::<Vec<_>>(), [0..3, 3..4]);
    }

    #[test]
    fn the_queries_for_living_orgs_are_as_long_as_fits() {
        let users: Vec<Username> =
            (0..2_000).map(|n| Username::new(&format!("test-{n:05}@example.com")).unwrap()).collect();
        let targets = active_targets("60.0", &users);
        let literal = encode(&quote(users[0].as_str())).len() + COMMA.len();
        let (_, full) = targets.split_last().unwrap();
        assert!(full.iter().all(|target| (TARGET_MAX - literal..=TARGET_MAX).contains(&target.len())), "{full:?}");
        let asked: Vec<String> = targets.iter().flat_map(|target| literals(&soql(target))).collect();
        assert!(asked.iter().eq(users.iter().map(Username::as_str)));
    }
}
