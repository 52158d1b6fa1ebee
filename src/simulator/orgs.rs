//! All orgs: the hub, the scenario's, and those that are signed up for meanwhile.

use std::collections::HashMap;
use std::io;
use std::sync::{OnceLock, PoisonError, RwLock};

use super::identifier::is_same_id;
use super::org::Org;

/// Orgs, by every name that they have. None of them ever goes, so that one can be held on to.
pub(super) struct Orgs {
    /// By their numbers. The empty ones are room for those that will be signed up for.
    all: Box<[OnceLock<Org>]>,
    /// How many there were from the start.
    first: usize,
    index: RwLock<Index>,
}

#[derive(Default)]
struct Index {
    count: usize,
    /// By username in lower case, and by the 15-character ids of the org, which tokens begin with, and of its
    /// `ActiveScratchOrg`.
    by_name: HashMap<String, usize>,
    /// The first org of each port.
    by_port: HashMap<u16, usize>,
}

impl Index {
    fn add(&mut self, org: &Org) {
        for name in [org.username.to_lowercase(), org.id[..15].to_owned(), org.active_id[..15].to_owned()] {
            self.by_name.entry(name).or_insert(org.index);
        }
        self.by_port.entry(org.port).or_insert(org.index);
        self.count += 1;
    }
}

impl Orgs {
    /// These, the hub first, and room for `more`.
    pub(super) fn new(first: Vec<Org>, more: usize) -> Self {
        let mut index = Index::default();
        for org in &first {
            index.add(org);
        }
        let room = std::iter::repeat_with(OnceLock::new).take(more);
        let count = first.len();
        Self {
            all: first.into_iter().map(OnceLock::from).chain(room).collect(),
            first: count,
            index: RwLock::new(index),
        }
    }

    /// The hub.
    pub(super) fn hub(&self) -> &Org {
        self.all[0].get().expect("the hub is there from the start")
    }

    /// All but the hub.
    pub(super) fn scratch_orgs(&self) -> impl Iterator<Item = &Org> {
        self.all[1..].iter().map_while(OnceLock::get)
    }

    /// The org of a user, whatever the case of its name.
    pub(super) fn by_username(&self, username: &str) -> Option<&Org> {
        self.find(|index| index.by_name.get(&username.to_lowercase()).copied())
    }

    /// The org that has this id, or whose `ActiveScratchOrg` has it, in its longer or shorter form.
    pub(super) fn by_id(&self, id: &str) -> Option<&Org> {
        self.find(|index| index.by_name.get(id.get(..15)?).copied())
    }

    /// The scratch org that has the `ActiveScratchOrg` record of that id.
    pub(super) fn of_record(&self, id: &str) -> Option<&Org> {
        self.by_id(id).filter(|org| is_same_id(&org.active_id, id))
    }

    /// The org that a port belongs to, or the first of those that share it.
    pub(super) fn first_at(&self, port: u16) -> Option<&Org> {
        self.find(|index| index.by_port.get(&port).copied())
    }

    fn find(&self, at: impl FnOnce(&Index) -> Option<usize>) -> Option<&Org> {
        let found = at(&self.index.read().unwrap_or_else(PoisonError::into_inner));
        self.all.get(found?)?.get()
    }

    /// Adds the org that `make` makes for its number, and for its place among those that were signed up for. None where there is no room. `make` must not look for orgs: the index is
    /// being written.
    pub(super) fn add(&self, make: impl FnOnce(usize, usize) -> io::Result<Org>) -> io::Result<Option<&Org>> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = self.all.get(index.count) else { return Ok(None) };
        let org = make(index.count, index.count - self.first)?;
        index.add(&org);
        Ok(Some(slot.get_or_init(|| org)))
    }
}
