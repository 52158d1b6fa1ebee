//! Which scratch orgs a run is about: those that are named, or those that the hub says match.

use std::collections::HashMap;
use std::time::Duration;

use crate::engine::hub::HubSession;
use crate::engine::hub_failure::{HubFailure, HubStage};
use crate::engine::org_state::OrgState;
use crate::engine::run::Run;
use crate::model::event::Event;
use crate::model::org::{OrgEntry, OrgName};
use crate::model::report::{OrgOutcome, OrgStatus, Report};
use crate::protocol::soql::{Condition, Fields};
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

/// What came of asking the hub for the orgs of a selection.
#[expect(clippy::large_enum_variant, reason = "made once in a run")]
pub(crate) enum Asked<'a, T> {
    /// The orgs in order, one of them twice where it was named twice; of those that match, this process' share.
    Orgs(HubSession<'a, T>, Vec<OrgState>),
    /// There is nothing to do, or a signal came first.
    Over(Report),
}

impl Selection {
    /// The orgs that are named; none where the hub is to say which.
    pub(crate) fn named(&self) -> Option<&[OrgEntry]> {
        match self {
            Self::Named(orgs) | Self::Begun(orgs) => Some(orgs),
            Self::Matching { .. } => None,
        }
    }

    /// Logs in to the hub, and asks it for the orgs and these fields of them.
    pub(crate) async fn ask<'a, T: Transport>(
        &self,
        run: &'a Run<'a, T>,
        fields: Fields,
    ) -> Result<Asked<'a, T>, HubFailure> {
        let named = self.named();
        run.observe(&Event::Started { orgs: named.map_or(0, <[_]>::len) });
        if named.is_some_and(<[_]>::is_empty) {
            return Ok(Asked::Over(run.report(None, Vec::new())));
        }
        let mut known = None;
        let asked = async {
            let mut hub = HubSession::open(run, fields).await?;
            known = Some(hub.hub());
            let orgs = self.find(run, &mut hub).await?;
            Ok((hub, orgs))
        };
        match asked.await {
            Ok((hub, orgs)) => Ok(Asked::Orgs(hub, orgs)),
            Err(HubFailure { stage: HubStage::Interrupted, .. }) => {
                Ok(Asked::Over(run.report(known, self.untried(run))))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn find<T: Transport>(
        &self,
        run: &Run<'_, T>,
        hub: &mut HubSession<'_, T>,
    ) -> Result<Vec<OrgState>, HubFailure> {
        match self {
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
                Ok(entries.iter().map(state).collect())
            }
            Self::Matching { condition, shard } => {
                run.observe(&Event::HubQuery { asked: 0 });
                let records = hub.select(condition.as_ref()).await?;
                let orgs = records.into_iter().filter_map(|record| {
                    let name = OrgName::Username(record.username.clone()?);
                    Some(OrgState::new(OrgEntry { name, alias: None }, Some(record)))
                });
                let mut orgs: Vec<OrgState> = orgs.collect();
                let matching = orgs.len();
                if let Some(shard) = shard {
                    orgs = shard.part_of_answer(orgs, |org| shard::key(&org.name));
                }
                run.observe(&Event::HubAnswered { asked: orgs.len(), known: orgs.len() });
                match shard {
                    Some(shard) if orgs.is_empty() && matching > 0 => {
                        run.warn(format!("none of the {matching} orgs is in share {shard}: nothing to do"));
                    }
                    _ if orgs.is_empty() => run.warn("no scratch org matches: nothing to do".to_owned()),
                    _ => {}
                }
                Ok(orgs)
            }
        }
    }

    /// The outcomes where a signal came before any org was asked.
    fn untried<T>(&self, run: &Run<'_, T>) -> Vec<OrgOutcome> {
        let entries = self.named().unwrap_or_default().iter().cloned().enumerate();
        let ended = entries.map(|(index, entry)| {
            let cause = Some(HubFailure::interrupted(run).cause);
            let outcome = OrgState::new(entry, None).finish(OrgStatus::Interrupted, cause, run.now(), Duration::ZERO);
            run.observe(&Event::OrgFinished { index, outcome: outcome.clone() });
            outcome
        });
        ended.collect()
    }
}

/// A `2SR…` id may stand for an org that is also named by its username: it counts once.
pub(crate) fn keep_each_once<T>(run: &Run<'_, T>, orgs: &mut Vec<OrgState>) {
    let mut places: HashMap<OrgName, usize> = HashMap::new();
    for index in 0..orgs.len() {
        let first = *places.entry(orgs[index].name.clone()).or_insert(index);
        if first == index {
            continue;
        }
        let other = orgs[index].alias.take();
        let first = &mut orgs[first];
        let lost = match (&first.alias, &other) {
            (Some(kept), Some(lost)) if kept != lost => format!("; its alias is {kept}, and not {lost}"),
            _ => String::new(),
        };
        first.alias = first.alias.take().or(other);
        run.warn(format!("{} is asked for twice, by its username or its id: it counts once{lost}", first.name));
    }
    let mut indices = 0..;
    orgs.retain(|org| places.get(&org.name).copied() == indices.next());
}

impl From<Vec<OrgEntry>> for Selection {
    fn from(orgs: Vec<OrgEntry>) -> Self {
        Self::Named(orgs)
    }
}
