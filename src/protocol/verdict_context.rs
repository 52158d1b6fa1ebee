//! Where an org stands when it answers: everything but the answer that a verdict and its hint rest on.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::org::ClientId;
use crate::model::scratch_org::ScratchOrgInfo;

/// Everything but the answer that a verdict rests on.
#[derive(Debug, Clone, Copy)]
pub struct VerdictContext<'a> {
    /// What the hub knows of the scratch org; none where the hub itself is asked.
    pub record: Option<&'a ScratchOrgInfo>,
    /// Our app.
    pub client_id: &'a ClientId,
    /// The host that answered.
    pub host: &'a str,
    /// The time.
    pub now: Timestamp,
    /// How long ago this org first gave an answer that is final after a grace; zero if it is this one.
    pub doubted: Duration,
    /// Attempts of this org that it left without an answer so far, this one included.
    pub unanswered: u32,
    /// Whether the org already gave a token: then it exists, whatever its expiration date.
    pub logged_in: bool,
    /// Tokens of this org that its own API refused so far, this one included.
    pub refused_tokens: u32,
}
