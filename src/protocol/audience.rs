//! Which audience an assertion names: the order in which they are tried, and the one that works.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::host::LoginUrl;
use crate::protocol::assertion::{AUDIENCE_LOGIN, AUDIENCE_TEST};

/// The audiences to try at hosts of one kind. What one org accepted is tried first at the next.
///
/// No source says which orgs accept their own URL as the audience, and sources disagree on the rest (sf tries up to five
/// pairs); so the usual one goes first, and the others follow only where the answer says that the audience is wrong.
#[derive(Debug)]
pub struct Audiences {
    /// Texts; none is the origin of the host that is asked.
    candidates: Vec<Option<String>>,
    first: AtomicUsize,
}

impl Audiences {
    /// For the hub: login.salesforce.com, or test.salesforce.com where the hub is a sandbox.
    pub fn of_hub(given: Option<&str>, login_url: &LoginUrl) -> Self {
        let host = login_url.host_name();
        let sandbox = host == "test.salesforce.com" || host.ends_with(".sandbox.my.salesforce.com");
        Self::new(given, if sandbox { AUDIENCE_TEST } else { AUDIENCE_LOGIN })
    }

    /// For scratch orgs: test.salesforce.com, whatever the login URL (`CumulusCI` and `MetaCI` do the same: `MetaCI` PR #1517).
    pub fn of_scratch_orgs(given: Option<&str>) -> Self {
        Self::new(given, AUDIENCE_TEST)
    }

    fn new(given: Option<&str>, usual: &str) -> Self {
        let mut candidates = Vec::new();
        let texts = given.into_iter().chain([usual, AUDIENCE_TEST, AUDIENCE_LOGIN]);
        for candidate in texts.map(|text| Some(text.to_owned())).chain([None]) {
            if !candidates.contains(&candidate) {
                candidates.push(candidate);
            }
        }
        Self { candidates, first: AtomicUsize::new(0) }
    }

    /// The audiences for a host, each once: the org's own (see [`Audiences::place`]), else the one that worked last, then
    /// the others in order.
    pub fn order<'a>(&'a self, own: Option<usize>, login_url: &'a LoginUrl) -> Vec<&'a str> {
        let first = own.unwrap_or_else(|| self.first.load(Ordering::Relaxed)).min(self.candidates.len() - 1);
        let places = std::iter::once(first).chain((0..self.candidates.len()).filter(|place| *place != first));
        let mut order: Vec<&'a str> = Vec::with_capacity(self.candidates.len());
        for place in places {
            let text = self.candidates[place].as_deref().unwrap_or(login_url.as_str());
            if !order.contains(&text) {
                order.push(text);
            }
        }
        order
    }

    /// The place of an audience that a host did not complain about, to be tried first at the same org.
    pub fn place(&self, audience: &str, login_url: &LoginUrl) -> Option<usize> {
        self.candidates.iter().position(|text| text.as_deref().unwrap_or(login_url.as_str()) == audience)
    }

    /// A token came for this audience: it is tried first everywhere from now on.
    pub fn learn(&self, place: usize) {
        self.first.store(place, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::host::TrustedHosts;

    fn url(text: &str) -> LoginUrl {
        TrustedHosts::default().hub(text).unwrap()
    }

    #[test]
    fn a_scratch_org_is_asked_with_test_then_login_then_its_origin() {
        let scratch = url("https://x.scratch.my.salesforce.com/");
        let audiences = Audiences::of_scratch_orgs(None);
        let order =
            ["https://test.salesforce.com", "https://login.salesforce.com", "https://x.scratch.my.salesforce.com"];
        assert_eq!(audiences.order(None, &scratch), order);
    }

    #[test]
    fn a_hub_that_is_a_sandbox_is_asked_with_test() {
        for (hub, first) in [
            ("https://login.salesforce.com", "https://login.salesforce.com"),
            ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
            ("https://test.salesforce.com", "https://test.salesforce.com"),
            ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ] {
            let hub = url(hub);
            assert_eq!(Audiences::of_hub(None, &hub).order(None, &hub)[0], first);
        }
    }

    #[test]
    fn the_given_audience_goes_first_and_the_others_follow_each_once() {
        let hub = url("https://login.salesforce.com");
        let audiences = Audiences::of_hub(Some("https://site.force.com/customers"), &hub);
        let order = ["https://site.force.com/customers", "https://login.salesforce.com", "https://test.salesforce.com"];
        assert_eq!(audiences.order(None, &hub), order);
    }

    #[test]
    fn the_one_that_worked_is_tried_first_at_the_next_org() {
        let scratch = url("https://x.scratch.my.salesforce.com");
        let audiences = Audiences::of_scratch_orgs(None);
        audiences.learn(audiences.place("https://login.salesforce.com", &scratch).unwrap());
        assert_eq!(audiences.order(None, &scratch)[0], "https://login.salesforce.com");
        assert_eq!(audiences.order(Some(2), &scratch)[0], "https://x.scratch.my.salesforce.com");
    }

    #[test]
    fn the_audience_that_worked_last_is_tried_first_and_an_orgs_own_before_it() {
        let scratch = url("https://x.scratch.my.salesforce.com/");
        let (test, login, own) = ("https://test.salesforce.com", "https://login.salesforce.com", scratch.as_str());
        let audiences = Audiences::of_scratch_orgs(None);
        for (place, audience) in [test, login, own].into_iter().enumerate() {
            assert_eq!(audiences.place(audience, &scratch), Some(place));
        }
        assert_eq!(audiences.place("https://other.example", &scratch), None);
        assert_eq!(audiences.order(Some(2), &scratch), [own, test, login]);
        audiences.learn(1);
        assert_eq!(audiences.order(None, &scratch), [login, test, own]);
        assert_eq!(audiences.order(Some(usize::MAX), &scratch), [own, test, login]);
    }
}
