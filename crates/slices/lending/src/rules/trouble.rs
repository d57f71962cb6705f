//! Trouble with a device: what it may be, and the short guide by which it is found out.

/// What a household says is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// It does not turn on.
    Power,
    /// It turns on and there is no Internet.
    Internet,
    /// The Internet is slow.
    Slow,
    /// It is broken: it was dropped, or got wet.
    Broken,
    /// Something else.
    Other,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Power, Self::Internet, Self::Slow, Self::Broken, Self::Other];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Internet => "internet",
            Self::Slow => "slow",
            Self::Broken => "broken",
            Self::Other => "other",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trouble| trouble.as_str() == word)
    }

    /// The steps of the guide, in order: what costs the household least comes first, a swap last.
    pub fn steps(self) -> &'static [Step] {
        use Step as S;
        match self {
            Self::Power => &[S::Charge, S::Cable, S::Reset, S::Swap],
            Self::Internet => &[S::Line, S::Restart, S::Place, S::Name, S::Swap],
            Self::Slow => &[S::Cap, S::Restart, S::Place, S::Others],
            Self::Broken => &[S::Look, S::Swap],
            Self::Other => &[S::Restart, S::Look],
        }
    }
}

/// A step of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Charge it for an hour.
    Charge,
    /// Another cable, another socket.
    Cable,
    /// Hold the button for long.
    Reset,
    /// Is its line active, as the carrier says?
    Line,
    /// Turn it off and on.
    Restart,
    /// Put it at a window.
    Place,
    /// The name and password of its network.
    Name,
    /// Has the line used up its data?
    Cap,
    /// How many devices are on it?
    Others,
    /// Have it brought and look at it.
    Look,
    /// Give out another one.
    Swap,
}

impl Step {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Cable => "cable",
            Self::Reset => "reset",
            Self::Line => "line",
            Self::Restart => "restart",
            Self::Place => "place",
            Self::Name => "name",
            Self::Cap => "cap",
            Self::Others => "others",
            Self::Look => "look",
            Self::Swap => "swap",
        }
    }
}

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It works again.
    Fixed,
    /// The household has another one.
    Swapped,
    /// It was brought back.
    Back,
    /// Nothing was wrong, or nobody answered.
    Nothing,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Fixed, Self::Swapped, Self::Back, Self::Nothing];

    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Swapped => "swapped",
            Self::Back => "back",
            Self::Nothing => "nothing",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// The steps that were done, of those that the guide has, in the guide's order: what else a form says is nothing.
pub fn done(trouble: Trouble, said: &[&str]) -> String {
    let done = trouble.steps().iter().map(|step| step.as_str()).filter(|step| said.contains(step));
    done.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_a_guide_has_no_step_twice() {
        for trouble in Trouble::ALL {
            assert_eq!(Trouble::from_word(trouble.as_str()), Some(trouble));
            let mut steps: Vec<_> = trouble.steps().iter().map(|step| step.as_str()).collect();
            let count = steps.len();
            steps.sort_unstable();
            steps.dedup();
            assert_eq!(steps.len(), count, "{trouble:?}");
        }
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_word(outcome.as_str()), Some(outcome));
        }
        assert_eq!(done(Trouble::Power, &["reset", "charge", "line", "<x>"]), "charge reset");
    }
}
