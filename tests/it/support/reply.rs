//! Answers of the scripted Salesforce.

use std::time::Duration;

use orgready::protocol::transport::{Answer, Unavailability};
use serde_json::json;

/// One answer, and how long it takes.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(super) after: Duration,
    pub(super) what: What,
}

#[derive(Clone)]
pub(super) enum What {
    /// What was asked for: a token, or the records.
    Good,
    Answer(Answer),
    Failure(Unavailability),
}

pub(crate) fn good() -> Reply {
    Reply { after: Duration::ZERO, what: What::Good }
}

pub(crate) fn says(status: u16, body: &str) -> Reply {
    Reply { what: What::Answer(Answer { status, body: body.into(), ..Answer::default() }), ..good() }
}

pub(crate) fn refuses(error: &str, description: &str) -> Reply {
    says(400, &json!({"error": error, "error_description": description}).to_string())
}

pub(crate) fn not_approved() -> Reply {
    refuses("invalid_grant", "user hasn't approved this consumer")
}

pub(crate) fn rest_error(status: u16, code: &str, message: &str) -> Reply {
    says(status, &json!([{"message": message, "errorCode": code}]).to_string())
}

pub(crate) fn breaks(error: Unavailability) -> Reply {
    Reply { what: What::Failure(error), ..good() }
}

impl Reply {
    pub(crate) fn after(self, seconds: f64) -> Self {
        Self { after: Duration::from_secs_f64(seconds), ..self }
    }

    pub(crate) fn retry_after(self, text: &str) -> Self {
        self.with(|answer| answer.retry_after = Some(text.to_owned()))
    }

    pub(crate) fn dated(self, text: &str) -> Self {
        self.with(|answer| answer.date = Some(text.to_owned()))
    }

    fn with(mut self, change: impl FnOnce(&mut Answer)) -> Self {
        if let What::Answer(answer) = &mut self.what {
            change(answer);
        }
        self
    }
}
