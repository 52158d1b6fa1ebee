//! Which scratch orgs a run is about: those that are named, or those that the hub says match.

use std::time::Duration;

use crate::engine::hub::HubSession;
use crate::engine::org_state::OrgState;
use crate::engine::run::{HubFailure, Run};
use crate::model::event::Event;
use crate::model::org::{OrgEntry, OrgName};
use crate::model::report::{OrgOutcome, OrgStatus};
use crate::protocol::soql::Condition;
use crate::protocol::transport::Transport;
use crate::usernames::shard::{self, Shard};

/// Which scratch orgs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Selection {
    /// These, in this order.
    Named(Vec<OrgEntry>),
    /// These, of which some may be deleted meanwhile: those are left out, with a warning.
    Begun(Vec<OrgEntry>),
    /// Those that the hub says match.
    Matching {
        /// A SOQL condition on `ScratchOrgInfo`; none is all of them.
        condition: Option<Condition>,
        /// This process' share of them.
        shard: Option<Shard>,
    },
}

/// What a selection is, as the hub tells it.
pub(crate) struct Found {
    /// The orgs, in order; of those that match, this process' share.
    pub(crate) orgs: Vec<OrgState>,
    /// How many match, in all shares.
    pub(crate) matching: usize,
}

impl Selection {
    /// The orgs that are named; none where the hub is to say which.
    pub(crate) fn named(&self) -> Option<&[OrgEntry]> {
        match self {
            Self::Named(orgs) | Self::Begun(orgs) => Some(orgs),
            Self::Matching { .. } => None,
        }
    }

    /// The outcomes where a signal came before any org was asked.
    pub(crate) fn untried<T>(&self, run: &Run<'_, T>) -> Vec<OrgOutcome> {
        let entries = self.named().unwrap_or_default().iter().cloned().enumerate();
        let ended = entries.map(|(index, entry)| {
            let cause = Some(run.interrupted().cause);
            let outcome = OrgState::new(entry, None).finish(OrgStatus::Interrupted, cause, run.now(), Duration::ZERO);
            run.observe(&Event::OrgFinished { index, outcome: outcome.clone() });
            outcome
        });
        ended.collect()
    }

    /// Asks the hub for them.
    pub(crate) async fn find<T: Transport>(
        &self,
        run: &Run<'_, T>,
        hub: &mut HubSession<'_, T>,
    ) -> Result<Found, HubFailure> {
        let (orgs, matching) = match self {
            Self::Named(entries) | Self::Begun(entries) => {
                // Of what was never made the hub knows nothing.
                let was_made = |entry: &&OrgEntry| !matches!(entry.name, OrgName::Failed(_));
                let names: Vec<&OrgName> = entries.iter().filter(was_made).map(|entry| &entry.name).collect();
                run.observe(&Event::HubQuery { asked: names.len() });
                let records = hub.records(&names).await?;
                let known = records.iter().flatten().count();
                run.observe(&Event::HubAnswered { asked: names.len(), known });
                let mut records = records.into_iter();
                let state = |entry: &OrgEntry| {
                    let record = if was_made(&entry) { records.next().flatten() } else { None };
                    OrgState::new(entry.clone(), record)
                };
                (entries.iter().map(state).collect(), entries.len())
            }
            Self::Matching { condition, shard } => {
                run.observe(&Event::HubQuery { asked: 0 });
                let records = hub.select(condition.as_ref()).await?;
                let matching = records.len();
                let orgs = records.into_iter().filter_map(|record| {
                    let name = OrgName::Username(record.username.clone()?);
                    Some(OrgState::new(OrgEntry { name, alias: None }, Some(record)))
                });
                let mut ours: Vec<OrgState> = orgs.collect();
                if let Some(shard) = shard {
                    ours = shard.part_of_answer(ours, |org| shard::key(&org.name));
                }
                run.observe(&Event::HubAnswered { asked: ours.len(), known: ours.len() });
                (ours, matching)
            }
        };
        Ok(Found { orgs, matching })
    }
}

impl From<Vec<OrgEntry>> for Selection {
    fn from(orgs: Vec<OrgEntry>) -> Self {
        Self::Named(orgs)
    }
}
