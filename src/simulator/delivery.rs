//! An answer on its way: as it should be, or such as a broken network and a hostile server send.

use std::io::{self, Write};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::{Response, StatusCode};
use jiff::Timestamp;

use super::answer::{self, Answer};
use super::salesforce::Salesforce;
use super::scenario::Effect;

/// How long a cut body lies between its half and its end, so that the half is sent.
const CUT_AFTER: Duration = Duration::from_millis(20);

/// Size of a frame of a huge body.
const PIECE: usize = 1 << 16;

/// What each member of a gzip bomb unpacks to, of which less than a hundredth goes over the wire, and how many are in a frame.
const MEMBER: usize = 1 << 13;
const MEMBERS: usize = 512;

/// The body of an answer.
pub(super) type AnswerBody = UnsyncBoxBody<Bytes, io::Error>;

/// A body in pieces.
type Pieces = stream::BoxStream<'static, io::Result<Vec<u8>>>;

/// The answer that `right` would give, after `effect` came over it. Where the fault takes its place, `right` is not asked.
pub(super) fn spoiled(
    salesforce: &Salesforce,
    effect: &Effect,
    right: impl FnOnce() -> Answer,
    refusal: fn(u16, &str, &str) -> Answer,
) -> Response<AnswerBody> {
    let now = salesforce.now();
    let promised = |answer: Answer| {
        let length = answer.body.len().max(1).to_string();
        answer.with("content-length", length)
    };
    let (answer, pieces): (Answer, Option<Pieces>) = match effect {
        Effect::HangBody {} => (promised(right()), Some(stream::pending().boxed())),
        Effect::Drip { every } => {
            let (answer, every) = (promised(right()), every.map_or(Duration::from_secs(1), |every| every.0));
            let drop = move |byte| async move {
                tokio::time::sleep(every).await;
                Ok(vec![byte])
            };
            let drops = stream::iter(answer.body.clone()).then(drop);
            (answer, Some(drops.boxed()))
        }
        Effect::Cut {} => {
            let answer = promised(right());
            let half = answer.body[..answer.body.len() / 2].to_vec();
            let end = async {
                tokio::time::sleep(CUT_AFTER).await;
                Err(io::Error::other("cut as the scenario says"))
            };
            (answer, Some(stream::iter([Ok(half)]).chain(stream::once(end)).boxed()))
        }
        Effect::Huge { bytes } => {
            let pieces = repeated(bytes.unwrap_or(100 << 20), PIECE, vec![b'A'; PIECE]);
            let pieces = std::iter::once(b"{\"access_token\":\"".to_vec()).chain(pieces);
            (Answer::new(200, answer::JSON, ""), Some(stream::iter(pieces.map(Ok)).boxed()))
        }
        Effect::GzipBomb { bytes } => {
            let members = repeated(bytes.unwrap_or(1 << 30), MEMBER * MEMBERS, gzipped_zeros().repeat(MEMBERS));
            let answer = Answer::new(200, answer::JSON, "").with("content-encoding", "gzip");
            (answer, Some(stream::iter(members.map(Ok)).boxed()))
        }
        Effect::ContentType { content_type } => {
            (right().with("content-type", content_type.as_deref().unwrap_or(answer::HTML)), None)
        }
        Effect::Html {} => (Answer::page(200, "Data Not Available"), None),
        Effect::InvalidUtf8 {} => (Answer::new(200, answer::JSON, *b"{\"access_token\":\"\xff\xfe\xc0\"}"), None),
        Effect::Refusal { status, error, description } => (refusal(status.unwrap_or(400), error, description), None),
        Effect::Status { .. } => (status(salesforce, effect, now), None),
        // These have no answer.
        Effect::Refuse {} | Effect::Reset {} | Effect::Hang {} => (right(), None),
    };
    let Some(pieces) = pieces else { return whole(answer, now) };
    let frames = pieces.map(|piece| piece.map(|bytes| Frame::data(Bytes::from(bytes))));
    response(&answer, now, StreamBody::new(frames).boxed_unsync())
}

/// As often as it takes for `bytes` of them.
fn repeated(bytes: u64, each: usize, piece: Vec<u8>) -> impl Iterator<Item = Vec<u8>> {
    std::iter::repeat_n(piece, usize::try_from(bytes.div_ceil(each as u64)).unwrap_or(usize::MAX))
}

/// A gzip file is a sequence of members, each of which is one by itself (RFC 1952, 2.2).
fn gzipped_zeros() -> Vec<u8> {
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // To write to memory cannot fail.
    let _ = member.write_all(&vec![0; MEMBER]);
    member.finish().unwrap_or_default()
}

fn status(salesforce: &Salesforce, effect: &Effect, now: Timestamp) -> Answer {
    let Effect::Status { status, retry_after, retry_after_date, location, content_type, body } = effect else {
        return Answer::not_found();
    };
    let title = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
    let mut answer = match body {
        Some(body) => Answer::new(*status, content_type.as_deref().unwrap_or(answer::HTML), body.as_bytes()),
        None => Answer::page(*status, title.unwrap_or("Salesforce Edge")),
    };
    if let Some(location) = location {
        answer = answer.with("location", location);
    } else if (300..400).contains(status) {
        // To where a client that follows it is seen.
        answer = answer.with("location", format!("{}/redirected", salesforce.orgs.hub().origin));
    }
    if let Some(ahead) = *retry_after_date {
        answer = answer.with("retry-after", answer::http_date(now.saturating_add(ahead.0).unwrap_or(Timestamp::MAX)));
    }
    if let Some(value) = retry_after {
        answer = answer.with("retry-after", value);
    }
    answer
}

/// The answer as it is.
pub(super) fn whole(mut answer: Answer, now: Timestamp) -> Response<AnswerBody> {
    let body = Full::from(std::mem::take(&mut answer.body));
    response(&answer, now, body.map_err(|never| match never {}).boxed_unsync())
}

fn response(answer: &Answer, now: Timestamp, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::builder().status(answer.status).header("date", answer::http_date(now));
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    response.body(body).unwrap_or_else(|_| {
        // Only a scenario's own header can be at fault.
        let mut response = Response::new(Full::default().map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
