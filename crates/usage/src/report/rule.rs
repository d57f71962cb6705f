//! The rule of publication, cell by cell.

/// When a cell may be shown by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The fewest students who used a resource, or who did not, of whom a number is shown. NCES 2011-603 found 5 to 30 in the
    /// states' rules, most often 10.
    pub least: u32,
    /// Whether those who did not use it are protected as well: 28 of 30 tells who the two may be.
    pub complement: bool,
    /// In percent: minutes are withheld when the student with the second most could work out those of the first within
    /// this much (p% rule, Willenborg and de Waal 2001, 6.2.1).
    pub percent: u32,
}

impl Default for Rule {
    fn default() -> Self {
        Self { least: 10, complement: true, percent: 10 }
    }
}

/// Why a rule cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Fewer than five protect nobody.
    #[error("at least 5 students, not {0}")]
    Least(u32),
}

/// Why a cell is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// Too few students used it.
    Few,
    /// Too few students did not.
    FewOthers,
    /// One student made most of the minutes.
    Dominance,
    /// To protect another cell.
    Complementary,
}

impl Why {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Few => "few",
            Self::FewOthers => "few_others",
            Self::Dominance => "dominance",
            Self::Complementary => "complementary",
        }
    }

    /// The reason with a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Few, Self::FewOthers, Self::Dominance, Self::Complementary]
            .into_iter()
            .find(|w| w.word() == word)
    }
}

impl Rule {
    /// Whether the rule can be used.
    ///
    /// # Errors
    /// [`RuleError`]
    pub fn check(&self) -> Result<(), RuleError> {
        if self.least < 5 { Err(RuleError::Least(self.least)) } else { Ok(()) }
    }

    /// What stands against showing a cell by itself. None or all of the students is shown: nobody is singled out.
    pub fn against(&self, students: u32, enrolled: u32, minutes: u64, largest: [u64; 2]) -> Option<Why> {
        if students == 0 {
            return None;
        }
        if students < self.least {
            return Some(Why::Few);
        }
        let others = enrolled.saturating_sub(students);
        if self.complement && others > 0 && others < self.least {
            return Some(Why::FewOthers);
        }
        let rest = minutes.saturating_sub(largest[0]).saturating_sub(largest[1]);
        (rest * 100 < u64::from(self.percent) * largest[0]).then_some(Why::Dominance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let rule = Rule::default();
        let against =
            |students, enrolled, minutes, largest| rule.against(students, enrolled, minutes, largest);
        assert_eq!(against(0, 500, 0, [0, 0]), None);
        assert_eq!(against(9, 500, 900, [100, 100]), Some(Why::Few));
        assert_eq!(against(10, 500, 1_000, [100, 100]), None);
        assert_eq!(against(21, 30, 2_100, [100, 100]), Some(Why::FewOthers));
        assert_eq!(against(30, 30, 3_000, [100, 100]), None);
        // 1,000 and 100, and 99 of all others: the second knows the first within 9.9%.
        assert_eq!(against(12, 500, 1_199, [1_000, 100]), Some(Why::Dominance));
        assert_eq!(against(12, 500, 1_200, [1_000, 100]), None);
        assert_eq!(Rule { least: 4, ..rule }.check(), Err(RuleError::Least(4)));
    }
}
