//! The records of the sections, to and from their octets.

use super::layout::{u16_at, u32_at, u128_at};

/// A category's number, below 128.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Category(pub u8);

impl Category {
    /// The set that holds this category alone.
    pub fn mask(self) -> u128 {
        1u128.checked_shl(u32::from(self.0)).unwrap_or(0)
    }
}

/// A list's number in its snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListId(pub u16);

/// A policy's number in its snapshot. Number 0 is the safe default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyId(pub u32);

/// A rule's number in its snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

/// A name that answers are rewritten to; see [`super::View::target`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target(pub u16);

/// How a blocked query is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// The name does not exist.
    Nxdomain,
    /// `0.0.0.0` and `::`.
    NullAddress,
    /// The address of the page that says why.
    BlockPage,
}

/// YouTube's restricted mode, apart from SafeSearch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum YouTube {
    /// As everywhere.
    Open,
    /// Moderately restricted.
    Moderate,
    /// Strictly restricted.
    Strict,
}

/// What holds for a policy during a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Regime {
    /// The categories blocked, one bit each.
    pub blocked: u128,
    /// Those of them that no rule opens.
    pub must: u128,
    /// How a blocked query is answered.
    pub answer: Answer,
    /// Whether search engines are sent to their safe address.
    pub safe_search: bool,
    /// YouTube's restricted mode.
    pub youtube: YouTube,
    /// Whether names that no rule allows are blocked.
    pub allowed_only: bool,
    /// Whether the resolver takes ECH keys out of HTTPS records, so that nothing else decides which name is met.
    pub strip_ech: bool,
    /// Whether the resolver decides on the targets of CNAME records in answers, too.
    pub check_cname: bool,
    /// The scopes whose rules hold; [`crate::Builder::regime`] fills it in.
    pub scopes: Scopes,
}

/// Where a regime's scopes begin in the section of chains, and how many there are. Where some categories are beyond rules, the four words of their set
/// follow on the scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes {
    pub(crate) at: u32,
    pub(crate) count: u16,
    pub(crate) must: bool,
}

impl Default for Regime {
    /// Blocks nothing, with a block page; closes ECH and CNAME ways around.
    fn default() -> Self {
        Self {
            blocked: 0,
            must: 0,
            answer: Answer::BlockPage,
            safe_search: false,
            youtube: YouTube::Open,
            allowed_only: false,
            strip_ech: true,
            check_cname: true,
            scopes: Scopes::default(),
        }
    }
}

impl Regime {
    /// What holds where a damaged file says nothing: nothing is let through.
    pub(crate) const CLOSED: Self = Self {
        blocked: u128::MAX,
        must: u128::MAX,
        answer: Answer::Nxdomain,
        safe_search: true,
        youtube: YouTube::Strict,
        allowed_only: true,
        strip_ech: true,
        check_cname: true,
        scopes: Scopes { at: 0, count: 0, must: false },
    };

    /// All but `must`, which stands elsewhere.
    #[inline]
    pub(crate) fn read(r: &[u8; 32]) -> Self {
        let flags = r[23];
        Self {
            blocked: u128_at(r, 0),
            must: 0,
            scopes: Scopes {
                at: u32_at(r, 16),
                count: u16::from_le_bytes([r[20], r[24]]),
                must: flags & 16 != 0,
            },
            answer: match r[21] {
                0 => Answer::Nxdomain,
                1 => Answer::NullAddress,
                _ => Answer::BlockPage,
            },
            youtube: match r[22] {
                0 => YouTube::Open,
                1 => YouTube::Moderate,
                _ => YouTube::Strict,
            },
            safe_search: flags & 1 != 0,
            allowed_only: flags & 2 != 0,
            strip_ech: flags & 4 != 0,
            check_cname: flags & 8 != 0,
        }
    }

    pub(crate) fn write(&self) -> [u8; 32] {
        let mut r = [0; 32];
        r[..16].copy_from_slice(&self.blocked.to_le_bytes());
        r[16..20].copy_from_slice(&self.scopes.at.to_le_bytes());
        [r[20], r[24]] = self.scopes.count.to_le_bytes();
        r[21] = self.answer as u8;
        r[22] = self.youtube as u8;
        let flags = [self.safe_search, self.allowed_only, self.strip_ech, self.check_cname, self.scopes.must];
        r[23] = flags.iter().enumerate().map(|(bit, on)| u8::from(*on) << bit).sum();
        r
    }
}

/// What all lists together say about one name: the categories of the name itself and of what is below it, and from
/// which categories they are excepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Set {
    pub exact: u128,
    pub below: u128,
    pub exact_excepted: u128,
    pub below_excepted: u128,
    /// Where its lists begin in the section of set lists, and how many there are.
    pub lists: (u32, u16),
    /// Whether some scope has a rule for the name.
    pub ruled: bool,
    /// 0 for none, 1 for YouTube, 2 and more for the search engine's target plus 2.
    pub rewrite: u16,
}

impl Set {
    #[inline]
    pub fn read(r: &[u8; 80]) -> Self {
        Self {
            exact: u128_at(r, 0),
            below: u128_at(r, 16),
            exact_excepted: u128_at(r, 32),
            below_excepted: u128_at(r, 48),
            lists: (u32_at(r, 64), u16_at(r, 68)),
            ruled: r[70] != 0,
            rewrite: u16_at(r, 72),
        }
    }

    pub fn write(&self) -> [u8; 80] {
        let mut r = [0; 80];
        for (at, mask) in
            [self.exact, self.below, self.exact_excepted, self.below_excepted].iter().enumerate()
        {
            r[at * 16..at * 16 + 16].copy_from_slice(&mask.to_le_bytes());
        }
        r[64..68].copy_from_slice(&self.lists.0.to_le_bytes());
        r[68..70].copy_from_slice(&self.lists.1.to_le_bytes());
        r[70] = u8::from(self.ruled);
        r[72..74].copy_from_slice(&self.rewrite.to_le_bytes());
        r
    }
}

/// What a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ruling {
    /// Let it through.
    Allow,
    /// Block it.
    Deny,
    /// Block it, whatever a narrower scope says about the same name.
    MandatoryDeny,
}

impl Ruling {
    /// As one octet; 0 is no ruling.
    pub(crate) fn octet(ruling: Option<Self>) -> u8 {
        ruling.map_or(0, |r| r as u8 + 1)
    }

    #[inline]
    pub(crate) fn of_octet(octet: u8) -> Option<Self> {
        match octet {
            0 => None,
            1 => Some(Self::Allow),
            2 => Some(Self::Deny),
            _ => Some(Self::MandatoryDeny),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back() {
        for (answer, youtube) in [
            (Answer::Nxdomain, YouTube::Open),
            (Answer::NullAddress, YouTube::Moderate),
            (Answer::BlockPage, YouTube::Strict),
        ] {
            for bits in 0..32u8 {
                let on = |bit: u8| bits >> bit & 1 == 1;
                let regime = Regime {
                    blocked: u128::MAX / 3,
                    must: 0,
                    answer,
                    youtube,
                    safe_search: on(0),
                    allowed_only: on(1),
                    strip_ech: on(2),
                    check_cname: on(3),
                    scopes: Scopes { at: 7, count: 700, must: on(4) },
                };
                assert_eq!(Regime::read(&regime.write()), regime);
            }
        }
        let set = Set {
            exact: 1,
            below: 1 << 127,
            exact_excepted: 3,
            below_excepted: 5,
            lists: (9, 4),
            ruled: true,
            rewrite: 300,
        };
        assert_eq!(Set::read(&set.write()), set);
        for ruling in [None, Some(Ruling::Allow), Some(Ruling::Deny), Some(Ruling::MandatoryDeny)] {
            assert_eq!(Ruling::of_octet(Ruling::octet(ruling)), ruling);
        }
    }
}
