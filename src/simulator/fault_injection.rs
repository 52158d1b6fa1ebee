//! What a fault makes of an answer.

use hyper::{Response, StatusCode};

use super::answer::{self, Answer};
use super::body::AnswerBody;
use super::salesforce::Salesforce;
use super::scenario::fault::{Effect, StatusAnswer};

/// What comes of a request.
pub(super) enum Delivery {
    /// An answer, such as it is.
    Answer(Response<AnswerBody>),
    /// The connection's end.
    Reset,
    /// Nothing, ever.
    Hang,
}

/// The answer that `right` would give, after `effect` came over it. Where the fault takes its place, `right` is not request.
pub(super) fn deliver(
    salesforce: &Salesforce,
    effect: Option<Effect>,
    right: impl FnOnce() -> Answer,
    refusal: fn(u16, &str, &str) -> Answer,
) -> Delivery {
    let json = |answer: Answer| Delivery::Answer(response(salesforce, answer, AnswerBody::whole));
    let Some(effect) = effect else { return json(right()) };
    match effect {
        Effect::Refuse | Effect::Reset => Delivery::Reset,
        Effect::Hang => Delivery::Hang,
        Effect::HangBody => {
            Delivery::Answer(response(salesforce, right(), |body| AnswerBody::Never(body.len().max(1) as u64)))
        }
        Effect::Drip { every } => Delivery::Answer(response(salesforce, right(), |body| AnswerBody::drip(body, every))),
        Effect::Cut => Delivery::Answer(response(salesforce, right(), |body| AnswerBody::cut(&body))),
        Effect::ContentType(content_type) => json(right().with("content-type", content_type)),
        Effect::Html => json(Answer::page(200, "Data Not Available")),
        Effect::InvalidUtf8 => json(Answer::new(200, answer::JSON, *b"{\"access_token\":\"\xff\xfe\xc0\"}")),
        Effect::Status(wanted) => json(status(salesforce, wanted)),
        Effect::Refusal { status, error, description } => json(refusal(status, &error, &description)),
        Effect::Huge { bytes } => {
            let answer = Answer::new(200, answer::JSON, Vec::new());
            Delivery::Answer(response(salesforce, answer, |_| AnswerBody::huge(bytes)))
        }
        Effect::GzipBomb { bytes } => {
            let answer = Answer::new(200, answer::JSON, Vec::new()).with("content-encoding", "gzip");
            Delivery::Answer(response(salesforce, answer, |_| AnswerBody::gzip_bomb(bytes)))
        }
    }
}

fn status(salesforce: &Salesforce, wanted: StatusAnswer) -> Answer {
    let title = StatusCode::from_u16(wanted.status).ok().and_then(|status| status.canonical_reason());
    let mut answer = match wanted.body {
        Some(body) => Answer::new(wanted.status, wanted.content_type.as_deref().unwrap_or(answer::HTML), body),
        None => Answer::page(wanted.status, title.unwrap_or("Salesforce Edge")),
    };
    if let Some(location) = wanted.location {
        answer = answer.with("location", location);
    } else if (300..400).contains(&wanted.status) {
        // To where a client that follows it is seen.
        answer = answer.with("location", format!("{}/redirected", salesforce.hub().origin));
    }
    if let Some(ahead) = wanted.retry_after_date {
        let then = salesforce.moment().now().saturating_add(ahead).unwrap_or(jiff::Timestamp::MAX);
        answer = answer.with("retry-after", answer::http_date(then));
    }
    if let Some(value) = wanted.retry_after {
        answer = answer.with("retry-after", value);
    }
    answer
}

/// The answer as it goes over the wire.
pub(super) fn response(
    salesforce: &Salesforce,
    answer: Answer,
    body: impl FnOnce(Vec<u8>) -> AnswerBody,
) -> Response<AnswerBody> {
    let mut response =
        Response::builder().status(answer.status).header("date", answer::http_date(salesforce.moment().now()));
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(body(answer.body)).unwrap_or_else(|_| {
        // Only a scenario's own header can be at fault.
        let mut response = Response::new(AnswerBody::whole(b"the scenario's header is not one".to_vec()));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
