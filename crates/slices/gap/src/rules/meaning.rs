//! Whom a figure counts and how much of its measure it sees: what a reader must know beside the number.

use super::{Figure, RunInput};
use evenfield_gap::district::Counted;
use evenfield_gap::estimate::Method;
use evenfield_model::Measure;
use serde::{Deserialize, Serialize};

/// The kind of the input that says whom the numbers count, where there is no roster.
pub const COUNTED: &str = "counted";

/// What an input of an estimate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Whom.
    pub of: Counted,
    /// Whether it asks about subscriptions alone, where the measure asks for computers too.
    #[serde(default)]
    pub leaves_out_computers: bool,
}

/// How much of a figure rests on tables that do not see computers, of a measure that asks for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blind {
    /// Nothing.
    #[default]
    No,
    /// The part that does not come from answers.
    Partly,
    /// All of it.
    Wholly,
}

/// What a figure says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meaning {
    /// Whom its number counts.
    pub counted: Counted,
    /// Whom its share is of.
    pub share_of: Counted,
    /// How blind it is to computers.
    pub blind: Blind,
}

impl Meaning {
    /// What a figure of this measure says that was made by this method from these inputs.
    pub fn of(inputs: &[RunInput], measure: Measure, method: Option<Method>) -> Self {
        let counts = |kind: &str| inputs.iter().find(|i| i.kind == kind).and_then(|i| i.counts);
        let table = counts(&format!("model {}", measure.code()));
        let leaves_out = table.is_some_and(|t| t.leaves_out_computers);
        let blind = match method {
            Some(Method::Area | Method::Synthetic) if leaves_out => Blind::Wholly,
            Some(Method::Combined) if leaves_out => Blind::Partly,
            _ => Blind::No,
        };
        // With a roster each student has a share, whatever table it began with.
        match counts(COUNTED) {
            None => Self { blind, ..Self::default() },
            Some(counts) => Self { counted: counts.of, share_of: table.map_or(counts.of, |t| t.of), blind },
        }
    }

    /// What several figures of one measure say together: the name of the whole measure fits unless none of them sees it.
    pub fn together<'a>(figures: impl Iterator<Item = &'a Figure>) -> Self {
        let (shown, withheld): (Vec<&Figure>, Vec<&Figure>) = figures.partition(|f| f.shown.is_ok());
        let Some(first) = shown.first().or(withheld.first()).map(|f| f.meaning) else {
            return Self::default();
        };
        shown.iter().map(|f| f.meaning).fold(first, |told, one| {
            let blind = if told.blind == one.blind { told.blind } else { Blind::Partly };
            Self { blind, ..told }
        })
    }

    /// The word for files of what the figure leaves out; empty when it is nothing.
    pub fn leaves_out(self) -> &'static str {
        match self.blind {
            Blind::No => "",
            Blind::Partly => "computers_in_part",
            Blind::Wholly => "computers",
        }
    }
}

/// The last part of messages about whom is counted: `gap-of-households`.
pub fn counted_key(counted: Counted) -> &'static str {
    match counted {
        Counted::Students => "students",
        Counted::ChildrenInHouseholds => "children-in-households",
        Counted::Children => "children",
        Counted::Households => "households",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(kind: &str, of: Counted, leaves_out_computers: bool) -> RunInput {
        let counts = Some(Counts { of, leaves_out_computers });
        RunInput { kind: kind.to_owned(), source: String::new(), vintage: String::new(), rows: 1, counts }
    }

    #[test]
    fn without_a_roster_a_figure_says_whom_the_tables_count() {
        use Measure::{M1NoSubscriptionOrComputer as M1, M3NoWired as M3};
        let inputs = [
            input(COUNTED, Counted::ChildrenInHouseholds, false),
            input("model m1", Counted::ChildrenInHouseholds, false),
            input("model m3", Counted::Households, false),
        ];
        let of = |measure| Meaning::of(&inputs, measure, Some(Method::Area));
        assert_eq!(
            (of(M1).counted, of(M1).share_of),
            (Counted::ChildrenInHouseholds, Counted::ChildrenInHouseholds)
        );
        assert_eq!((of(M3).counted, of(M3).share_of), (Counted::ChildrenInHouseholds, Counted::Households));
        let with_roster = Meaning::of(&inputs[1..], M3, Some(Method::Area));
        assert_eq!(with_roster, Meaning::default());
    }

    #[test]
    fn answers_see_computers_where_the_table_does_not() {
        let inputs = [input("model m1", Counted::Households, true)];
        let blind = |method| Meaning::of(&inputs, Measure::M1NoSubscriptionOrComputer, method).blind;
        assert_eq!(blind(Some(Method::Area)), Blind::Wholly);
        assert_eq!(blind(Some(Method::Synthetic)), Blind::Wholly);
        assert_eq!(blind(Some(Method::Combined)), Blind::Partly);
        assert_eq!(blind(Some(Method::Survey)), Blind::No);
        assert_eq!(blind(None), Blind::No, "a withheld figure says nothing");
    }
}
