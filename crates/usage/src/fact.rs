//! What is kept of a query.
//!
//! The minute and not the second; the kind of place and not which; a pseudonym and not a device; the resource, or else the
//! category, and never a name. [`minimise`] is the only way from a name to a [`Fact`]; a resolver does it in two steps.

use crate::catalogue::{Catalogue, Found, Part, ResourceId};
use crate::pseudonym::Pseudonym;
pub use evenfield_events::Did;

/// The kind of place that a query came from, as the edge that answered it is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Place {
    /// Not known: a device that asks from anywhere.
    #[default]
    Unknown = 0,
    /// A school's own network.
    School = 1,
    /// A bus.
    Bus = 2,
    /// A hotspot that the district lends.
    Hotspot = 3,
    /// A home line that the district pays for.
    Home = 4,
    /// A library or another partner.
    Partner = 5,
}

impl Place {
    /// All, by number.
    pub const ALL: [Self; 6] =
        [Self::Unknown, Self::School, Self::Bus, Self::Hotspot, Self::Home, Self::Partner];
}

/// One fact: at this minute this device asked for this resource, or for something of this category.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fact {
    /// Minutes since 1970, UTC.
    pub minute: u32,
    /// Who.
    pub device: Pseudonym,
    /// Which resource; `None` for what the catalogue does not have.
    pub resource: Option<ResourceId>,
    /// Whether the name is one that the resource's pages only load.
    pub support: bool,
    /// The category of a policy's lists, zero for none. Of a resource it is kept only where the query was blocked.
    pub category: u8,
    /// What was done, by number of [`Did`].
    pub did: u8,
    /// Where.
    pub place: Place,
}

/// A query, as the edge knows it; everything but the name.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// When, seconds since 1970.
    pub at_s: u32,
    /// Who.
    pub device: Pseudonym,
    /// Where.
    pub place: Place,
    /// What was done.
    pub did: Did,
    /// The category that the policy found, zero for none.
    pub category: u8,
}

/// The fact of a query. Whether the name is in no resource is [`Fact::resource`]; what becomes of the name then is
/// [`crate::review`]'s, and only where a district has turned it on.
#[inline]
pub fn minimise(catalogue: &Catalogue, name: &[u8], asked: &Asked) -> Fact {
    of_found(catalogue.find(name), asked)
}

/// The same where the name was looked up already.
#[inline]
pub fn of_found(found: Option<Found>, asked: &Asked) -> Fact {
    let blocked = asked.did == Did::Blocked;
    Fact {
        minute: asked.at_s / 60,
        device: asked.device,
        resource: found.map(|f| f.resource),
        support: found.is_some_and(|f| f.part == Part::Support),
        category: if found.is_none() || blocked { asked.category } else { 0 },
        did: asked.did as u8,
        place: asked.place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_catalogue_does_not_have_is_a_category_only() {
        let catalogue = Catalogue::common();
        let asked = Asked {
            at_s: 1_800_000_059,
            device: Pseudonym(7),
            place: Place::Bus,
            did: Did::Answered,
            category: 9,
        };
        let other = minimise(&catalogue, b"clinic.example.org", &asked);
        let same = minimise(&catalogue, b"another.example.net", &asked);
        assert_eq!(other, same, "nothing of the name is left");
        assert_eq!((other.resource, other.category, other.minute), (None, 9, 30_000_000));
        let known = minimise(&catalogue, b"www.ixl.com", &asked);
        assert_eq!(known.resource, catalogue.by_id("ixl").map(|r| r.number));
        assert_eq!(known.category, 0);
        let blocked = minimise(&catalogue, b"www.ixl.com", &Asked { did: Did::Blocked, ..asked });
        assert_eq!(blocked.category, 9);
        assert!(minimise(&catalogue, b"i.ytimg.com", &asked).support);
    }
}
