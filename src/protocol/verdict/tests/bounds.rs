//! Where one verdict ends and the next begins.

use super::*;

#[test]
fn an_org_that_is_exactly_a_day_old_may_still_be_replicated() {
    let day = Said::ErrorResponse("invalid_grant", NOT_APPROVED);
    let longest = REPLICATION_MAX.as_secs();
    assert_eq!(decided(&day, Some(&aged(longest)), 0, 0), Again(Code::NotReplicated));
    assert_eq!(decided(&day, Some(&aged(longest + 1)), 0, 0), Again(Code::NotApproved));
}

#[test]
fn what_is_no_answer_of_salesforce_names_what_may_stand_between() {
    let client_id = ClientId::new(OURS).unwrap();
    let (error, description) = (String::new(), String::new());
    let unusable = ErrorResponse { status: 200, error, description, server_time: None, kind: RefusalKind::Unusable };
    let young = young();
    let checked = on_check_refused(&unusable, &context(Some(&young), &client_id));
    assert_eq!(checked.cause().hint, hint::UNUSABLE);
    assert_eq!(on_query_refused(&unusable, &context(None, &client_id)).hint, hint::UNUSABLE);
}

#[test]
fn the_grace_begins_with_what_is_final_after_it_alone() {
    for code in [Code::NotApproved, Code::Rejected, Code::AppNotInstalled, Code::AppAccessDenied] {
        assert!(starts_grace(code), "{code}");
    }
    for code in [Code::NotReplicated, Code::Unreachable, Code::Throttled, Code::Creating] {
        assert!(!starts_grace(code), "{code}");
    }
}
