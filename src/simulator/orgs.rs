//! All orgs: the hub, the scenario's, and those that are signed up for meanwhile.

use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use super::org::Org;

/// Orgs, by every name that they have. None of them ever goes, so that one can be held on to.
pub(super) struct Orgs {
    /// The hub, and those that the scenario names.
    first: Vec<Org>,
    /// Those that were signed up for, in that order.
    signed_up: Box<[OnceLock<Org>]>,
    index: RwLock<Index>,
}

#[derive(Default)]
struct Index {
    /// In lower case.
    by_username: HashMap<String, usize>,
    /// By the 15-character id, that the tokens begin with.
    by_id: HashMap<String, usize>,
    /// The first org of each port.
    by_port: HashMap<u16, usize>,
    signed_up: usize,
}

impl Index {
    fn add(&mut self, org: &Org) {
        self.by_username.entry(org.username.to_lowercase()).or_insert(org.index);
        self.by_id.entry(org.id[..15].to_owned()).or_insert(org.index);
        self.by_port.entry(org.port).or_insert(org.index);
    }
}

impl Orgs {
    /// These, the hub first, and room for `more`.
    pub(super) fn new(first: Vec<Org>, more: usize) -> Self {
        let mut index = Index::default();
        for org in &first {
            index.add(org);
        }
        let signed_up = std::iter::repeat_with(OnceLock::new).take(more).collect();
        Self { first, signed_up, index: RwLock::new(index) }
    }

    /// The hub.
    pub(super) fn hub(&self) -> &Org {
        &self.first[0]
    }

    /// All but the hub.
    pub(super) fn scratch_orgs(&self) -> impl Iterator<Item = &Org> {
        self.first[1..].iter().chain(self.signed_up.iter().map_while(OnceLock::get))
    }

    /// The org of that number; 0 is the hub.
    pub(super) fn get(&self, index: usize) -> Option<&Org> {
        self.first.get(index).or_else(|| self.signed_up.get(index.checked_sub(self.first.len())?)?.get())
    }

    /// The org of a user, whatever the case of its name.
    pub(super) fn by_username(&self, username: &str) -> Option<&Org> {
        self.find(|index| index.by_username.get(&username.to_lowercase()).copied())
    }

    /// The org with that 15-character id.
    pub(super) fn by_id(&self, id: &str) -> Option<&Org> {
        self.find(|index| index.by_id.get(id).copied())
    }

    /// The org that a port belongs to, or the first of those that share it.
    pub(super) fn first_at(&self, port: u16) -> Option<&Org> {
        self.find(|index| index.by_port.get(&port).copied())
    }

    fn find(&self, at: impl FnOnce(&Index) -> Option<usize>) -> Option<&Org> {
        let found = at(&self.index.read().unwrap_or_else(PoisonError::into_inner));
        self.get(found?)
    }

    /// How many more there is room for.
    pub(super) fn room(&self) -> usize {
        self.signed_up.len() - self.index.read().unwrap_or_else(PoisonError::into_inner).signed_up
    }

    /// Adds the org that `make` makes for its number, and for its place among those that were signed up for. None where
    /// there is no room. `make` must not look for orgs: the index is being written.
    pub(super) fn add<E>(&self, make: impl FnOnce(usize, usize) -> Result<Org, E>) -> Result<Option<&Org>, E> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let place = index.signed_up;
        let Some(slot) = self.signed_up.get(place) else { return Ok(None) };
        let org = make(self.first.len() + place, place)?;
        index.add(&org);
        index.signed_up += 1;
        Ok(Some(slot.get_or_init(|| org)))
    }
}
