//! Fuzzes the reading of answers: whatever a server says, what is shown of it is bounded, on one line and no token.
#![cfg_attr(fuzzing, no_main)]

#[cfg(not(fuzzing))]
fn main() {}

#[cfg(fuzzing)]
mod target {
    use jiff::Timestamp;
    use orgready::model::untrusted::DESCRIPTION_MAX;
    use orgready::protocol::response::{Response, of_rest, of_token_endpoint};
    use orgready::protocol::transport::Answer;

    /// Words of ours that stand around what a server said.
    const FRAME: usize = 200;

    // A line of the status, one of `Retry-After`, one of `Date`, then the body.
    libfuzzer_sys::fuzz_target!(|content: &[u8]| {
        let mut parts = content.splitn(4, |byte| *byte == b'\n');
        let mut header = || Some(String::from_utf8_lossy(parts.next()?).into_owned());
        let status = header().and_then(|status| status.trim().parse().ok()).unwrap_or(200);
        let (retry_after, date) = (header(), header());
        let body = parts.next().unwrap_or_default().to_vec();
        let answer = Answer { status, retry_after, date, body, ..Answer::default() };
        let now = Timestamp::from_second(1_795_446_111).expect("a time");

        let grant = of_token_endpoint(&answer, now);
        if let Response::Success(grant) = &grant {
            assert!(grant.token.expose().bytes().all(|byte| byte.is_ascii_graphic()));
            assert_eq!(status, 200);
        }
        shown(&answer, &grant);
        shown(&answer, &of_rest::<serde_json::Value>(&answer, now));
    });

    fn shown<T>(answer: &Answer, response: &Response<T>) {
        let texts = match response {
            Response::Success(_) => return,
            Response::Refused(refusal) => [refusal.error.clone(), refusal.description.clone()],
            Response::Unavailable(unavailable) => {
                let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let token = body["access_token"].as_str().unwrap_or_default();
                assert!(token.len() < 8 || !unavailable.description.contains(token), "{}", unavailable.description);
                [unavailable.description.clone(), unavailable.error.clone().unwrap_or_default()]
            }
        };
        for text in texts {
            assert!(text.chars().count() <= DESCRIPTION_MAX + FRAME, "{text}");
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
}
