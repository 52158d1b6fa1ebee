//! The bodies of answers: whole, or such as a broken network and a hostile server send.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// How long a cut body lies between its half and its end, so that the half is sent.
const CUT_AFTER: Duration = Duration::from_millis(20);

/// The body of an answer.
pub(super) enum AnswerBody {
    /// All of it at once.
    Whole(Option<Bytes>),
    /// Its length is promised, and nothing comes.
    Never(u64),
    /// One byte at a time.
    Drip { rest: Bytes, every: Duration, wait: Pin<Box<Sleep>> },
    /// A part of what was promised, then the end.
    Cut { part: Option<Bytes>, length: u64, wait: Pin<Box<Sleep>> },
    /// A beginning, then the same again and again.
    Repeat { head: Option<Bytes>, unit: Bytes, times: u64 },
}

impl AnswerBody {
    pub(super) fn whole(body: Vec<u8>) -> Self {
        Self::Whole(Some(Bytes::from(body)))
    }

    pub(super) fn drip(body: Vec<u8>, every: Duration) -> Self {
        Self::Drip { rest: Bytes::from(body), every, wait: Box::pin(sleep(every)) }
    }

    pub(super) fn cut(body: &[u8]) -> Self {
        let part = Bytes::copy_from_slice(&body[..body.len() / 2]);
        Self::Cut { part: Some(part), length: body.len().max(1) as u64, wait: Box::pin(sleep(CUT_AFTER)) }
    }

    /// A JSON text of this many bytes.
    pub(super) fn huge(bytes: u64) -> Self {
        let unit = Bytes::from(vec![b'A'; PIECE]);
        let times = bytes.div_ceil(PIECE as u64);
        Self::Repeat { head: Some(Bytes::from_static(b"{\"access_token\":\"")), unit, times }
    }

    /// A gzip file of zeros that unpacks to this many bytes and is 158 times smaller.
    ///
    /// RFC 1951: one block with fixed codes, in it a literal zero, then "copy 258 bytes from one byte back" again and again.
    /// Block header, literal and first copy are 24 bits; so are eight copies whole bytes, and can be repeated.
    pub(super) fn gzip_bomb(bytes: u64) -> Self {
        let copies_of = |units: usize| packed(&COPY.repeat(8)).repeat(units);
        let mut head = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        head.extend(packed(&[&BLOCK[..], &LITERAL_ZERO, &COPY].concat()));
        let times = bytes.div_ceil((UNITS * 8 * 258) as u64);
        Self::Repeat { head: Some(Bytes::from(head)), unit: Bytes::from(copies_of(UNITS)), times }
    }
}

/// Size of a frame of a huge body.
const PIECE: usize = 1 << 16;

/// How many times eight copies are in a frame of a gzip bomb.
const UNITS: usize = 512;

/// The last block, with fixed codes.
const BLOCK: [bool; 3] = [true, true, false];

/// The literal 0: 00110000.
const LITERAL_ZERO: [bool; 8] = [false, false, true, true, false, false, false, false];

/// Length 258 (11000101), distance 1 (00000).
const COPY: [bool; 13] = [true, true, false, false, false, true, false, true, false, false, false, false, false];

/// Bits in bytes, the first bit lowest.
fn packed(bits: &[bool]) -> Vec<u8> {
    bits.chunks(8).map(|eight| eight.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit))).collect()
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let frame = |bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        match &mut *self {
            Self::Whole(body) => match body.take() {
                Some(body) if !body.is_empty() => frame(body),
                _ => Poll::Ready(None),
            },
            Self::Never(_) => Poll::Pending,
            Self::Drip { rest, every, wait } => {
                if rest.is_empty() {
                    return Poll::Ready(None);
                }
                std::task::ready!(wait.as_mut().poll(context));
                *wait = Box::pin(sleep(*every));
                frame(rest.split_to(1))
            }
            Self::Cut { part, wait, .. } => match part.take() {
                Some(part) if !part.is_empty() => frame(part),
                _ => {
                    std::task::ready!(wait.as_mut().poll(context));
                    Poll::Ready(Some(Err(io::Error::other("cut as the scenario says"))))
                }
            },
            Self::Repeat { head, unit, times } => {
                if let Some(head) = head.take() {
                    return frame(head);
                }
                if *times == 0 {
                    return Poll::Ready(None);
                }
                *times -= 1;
                frame(unit.clone())
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None)) || matches!(self, Self::Whole(Some(body)) if body.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64)),
            Self::Never(length) | Self::Cut { length, .. } => SizeHint::with_exact(*length),
            Self::Drip { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Repeat { .. } => SizeHint::default(),
        }
    }
}
