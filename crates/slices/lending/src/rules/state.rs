//! Where a device is, and what a line is wanted to be and was seen to be.

/// Where a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// On the shelf, to be lent.
    Here,
    /// Somebody has it.
    Lent,
    /// Somebody had it, and nobody knows where it is.
    Lost,
    /// Here, but not to be lent.
    Repair,
    /// Given up.
    Retired,
}

impl State {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Here, Self::Lent, Self::Lost, Self::Repair, Self::Retired];

    /// The word in tables and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Lent => "lent",
            Self::Lost => "lost",
            Self::Repair => "repair",
            Self::Retired => "retired",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Where staff may put the device by hand. Who has it, and that it is lost, is told by loans alone; a lost one may be given up.
    pub fn by_hand(self) -> &'static [Self] {
        match self {
            Self::Here => &[Self::Repair, Self::Retired],
            Self::Repair => &[Self::Here, Self::Retired],
            Self::Retired => &[Self::Here],
            Self::Lost => &[Self::Retired],
            Self::Lent => &[],
        }
    }
}

/// What a line is wanted to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// It works: somebody has its device, or staff hold it.
    Active,
    /// Nobody has its device: it need not work, nor be paid for.
    Parked,
    /// Somebody has its device, and after notice and grace it must not work.
    Suspended,
    /// The contract is over.
    Ended,
}

impl Wanted {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Parked, Self::Suspended, Self::Ended];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Parked => "parked",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wanted| wanted.as_str() == word)
    }

    /// Whether what the carrier was seen to do is what is wanted. Of a line of which nothing is known it is not.
    pub fn is_met_by(self, observed: Observed) -> bool {
        match self {
            Self::Active => observed == Observed::Active,
            Self::Parked | Self::Suspended => observed == Observed::Suspended,
            Self::Ended => observed == Observed::Ended,
        }
    }
}

/// What a line was seen to be at the carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observed {
    /// It works.
    Active,
    /// It does not work, and could again.
    Suspended,
    /// It is there no more.
    Ended,
    /// The carrier has said nothing of it.
    Unknown,
}

impl Observed {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Suspended, Self::Ended, Self::Unknown];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|observed| observed.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for state in State::ALL {
            assert_eq!(State::from_word(state.as_str()), Some(state));
            assert!(!state.by_hand().contains(&State::Lent) && !state.by_hand().contains(&State::Lost));
        }
        for wanted in Wanted::ALL {
            assert_eq!(Wanted::from_word(wanted.as_str()), Some(wanted));
            assert!(!wanted.is_met_by(Observed::Unknown));
        }
        for observed in Observed::ALL {
            assert_eq!(Observed::from_word(observed.as_str()), Some(observed));
        }
        assert!(
            Wanted::Parked.is_met_by(Observed::Suspended) && !Wanted::Active.is_met_by(Observed::Suspended)
        );
    }
}
