//! The district's rules of lending, each a whole number with its bounds. The form, the table and the checks are made of one list.

/// The rules of a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// For how many days a device is lent.
    pub loan_days: i64,
    /// How the last day of a loan is found: 0 by days alone, 1 the next day with school, 2 the last day of school.
    pub due_rule: i64,
    /// How many mobile hotspots a household may have; 0 is no limit. Households are told apart by their address.
    pub household_limit: i64,
    /// So many days after its last day a loan is overdue.
    pub overdue_days: i64,
    /// So many days a household has after it was told, before its line is suspended.
    pub grace_days: i64,
    /// Whether lines are suspended at all: 0 or 1.
    pub suspend: i64,
    /// At most so many of a hundred active lines are suspended in a day without a person's approval.
    pub cap_percent: i64,
    /// What carriers may be asked for: 0 nothing, 1 to let lines work, 2 everything.
    pub carriers: i64,
    /// What a carrier said longer ago, hours, says nothing of now.
    pub fresh_hours: i64,
    /// For so many hours a line must be wanted not to work before its carrier is asked for that.
    pub quiet_hours: i64,
    /// How long a carrier may take to do what it was asked for, hours.
    pub settle_hours: i64,
    /// After so many days without use a line is idle; 0: none ever is.
    pub idle_days: i64,
    /// For so many days after it was asked whether something is broken, a household's idle line is left alone.
    pub help_days: i64,
    /// What a line costs in a month, cents; 0 is not known.
    pub line_cents: i64,
    /// For how many days an offer to a household holds.
    pub offer_days: i64,
    /// How often in 24 hours a carrier is asked to change a line.
    pub daily_orders: i64,
}

/// One rule.
pub struct Setting {
    /// Its name in tables, forms and messages.
    pub name: &'static str,
    /// What holds where nobody has said otherwise.
    pub default: i64,
    /// The least.
    pub least: i64,
    /// The most.
    pub most: i64,
    /// Its place.
    pub of: fn(&mut Rules) -> &mut i64,
}

const fn setting(
    name: &'static str,
    (default, least, most): (i64, i64, i64),
    of: fn(&mut Rules) -> &mut i64,
) -> Setting {
    Setting { name, default, least, most, of }
}

/// All of them, in the order of the form.
pub const SETTINGS: [Setting; 16] = [
    setting("loan_days", (180, 1, 1_096), |r| &mut r.loan_days),
    setting("due_rule", (0, 0, 2), |r| &mut r.due_rule),
    setting("household_limit", (1, 0, 20), |r| &mut r.household_limit),
    setting("offer_days", (7, 1, 60), |r| &mut r.offer_days),
    setting("overdue_days", (7, 1, 365), |r| &mut r.overdue_days),
    setting("grace_days", (14, 1, 365), |r| &mut r.grace_days),
    // 60 days and a notice: 89 FR 67303, the rule for hotspots of 2024. It is not in force any more, and a good habit.
    setting("idle_days", (60, 0, 365), |r| &mut r.idle_days),
    setting("help_days", (7, 1, 60), |r| &mut r.help_days),
    setting("line_cents", (0, 0, 100_000), |r| &mut r.line_cents),
    // Nobody is cut off before the district has said that it wants that.
    setting("suspend", (0, 0, 1), |r| &mut r.suspend),
    setting("cap_percent", (5, 0, 100), |r| &mut r.cap_percent),
    setting("carriers", (2, 0, 2), |r| &mut r.carriers),
    setting("fresh_hours", (72, 1, 720), |r| &mut r.fresh_hours),
    setting("quiet_hours", (24, 0, 720), |r| &mut r.quiet_hours),
    setting("settle_hours", (24, 1, 240), |r| &mut r.settle_hours),
    // A carrier allows five changes of a line in a day (Verizon ThingSpace, device actions).
    setting("daily_orders", (5, 2, 20), |r| &mut r.daily_orders),
];

impl Default for Rules {
    fn default() -> Self {
        let mut rules = Self {
            loan_days: 0,
            due_rule: 0,
            household_limit: 0,
            overdue_days: 0,
            grace_days: 0,
            suspend: 0,
            cap_percent: 0,
            carriers: 0,
            fresh_hours: 0,
            quiet_hours: 0,
            settle_hours: 0,
            offer_days: 0,
            idle_days: 0,
            help_days: 0,
            line_cents: 0,
            daily_orders: 0,
        };
        for setting in &SETTINGS {
            *(setting.of)(&mut rules) = setting.default;
        }
        rules
    }
}

impl Rules {
    /// Sets the rule with this name; whether there is one.
    pub fn set(&mut self, name: &str, value: i64) -> bool {
        let setting = SETTINGS.iter().find(|setting| setting.name == name);
        if let Some(setting) = setting {
            *(setting.of)(self) = value;
        }
        setting.is_some()
    }

    /// Each rule's name with its value.
    pub fn all(mut self) -> [(&'static str, i64); SETTINGS.len()] {
        SETTINGS.each_ref().map(|setting| (setting.name, *(setting.of)(&mut self)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_a_place_of_its_own_and_a_possible_default() {
        let mut rules = Rules::default();
        for (n, setting) in SETTINGS.iter().enumerate() {
            assert!((setting.least..=setting.most).contains(&setting.default), "{}", setting.name);
            assert!(rules.set(setting.name, n as i64 + 1_000));
        }
        let values: Vec<i64> = rules.all().iter().map(|(_, value)| *value).collect();
        assert_eq!(values, (1_000..1_000 + SETTINGS.len() as i64).collect::<Vec<_>>());
        assert!(!rules.set("fee", 1));
    }
}
