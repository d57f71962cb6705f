//! Which carrier serves a student's home, as carriers say it to the FCC: outdoors, by cells of some 300 m. What is not known is said to be
//! unknown, and never that somebody is not served.

/// What a provider claims in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// The FCC's number of the provider.
    pub provider: i64,
    /// 400: 4G; 500: 5G.
    pub technology: i64,
    /// Download, Mbit/s.
    pub down: f64,
    /// Upload, Mbit/s.
    pub up: f64,
}

impl Claim {
    /// Whether that serves a home: what the FCC counts as mobile coverage, 4G at 5/1 Mbit/s and 5G at 7/1 (FCC 24-27, paragraph 26).
    fn serves(&self) -> bool {
        let least = if self.technology == 500 { 7.0 } else { 5.0 };
        self.technology >= 400 && self.down >= least && self.up >= 1.0
    }
}

/// What there is to say of a carrier at a home.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// It claims to serve it, at this speed: download and upload, Mbit/s.
    Serves(f64, f64),
    /// It does not claim to.
    Not,
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Nobody has said which provider any carrier is.
    Providers,
    /// No claims of providers were loaded.
    Claims,
    /// Nobody knows where the home is.
    Home,
}

/// What is known of a home: the claims of its cell; none where nobody knows where it is.
pub struct Home<'a> {
    /// The claims.
    pub claims: Option<&'a [Claim]>,
    /// Whether any claims were loaded for the district.
    pub has_claims: bool,
}

/// What each carrier says of a home, the fastest first and those that do not serve it last.
///
/// # Errors
/// Why nothing can be said.
pub fn advise(carriers: &[(String, i64)], home: &Home<'_>) -> Result<Vec<(String, Says)>, Unknown> {
    if carriers.is_empty() {
        return Err(Unknown::Providers);
    }
    if !home.has_claims {
        return Err(Unknown::Claims);
    }
    let claims = home.claims.ok_or(Unknown::Home)?;
    let of = |(carrier, provider): &(String, i64)| {
        let serving = claims.iter().filter(|claim| claim.provider == *provider && claim.serves());
        let best = serving.max_by(|a, b| a.down.total_cmp(&b.down).then(a.up.total_cmp(&b.up)));
        (carrier.clone(), best.map_or(Says::Not, |claim| Says::Serves(claim.down, claim.up)))
    };
    let mut all: Vec<(String, Says)> = carriers.iter().map(of).collect();
    let down = |says: &Says| if let Says::Serves(down, _) = says { *down } else { -1.0 };
    all.sort_by(|a, b| down(&b.1).total_cmp(&down(&a.1)).then_with(|| a.0.cmp(&b.0)));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carrier_that_serves_comes_first_and_what_is_unknown_is_said() {
        let carriers = [("Blue".to_owned(), 1), ("Green".to_owned(), 2), ("Red".to_owned(), 3)];
        let claims = [
            Claim { provider: 1, technology: 400, down: 5.0, up: 1.0 },
            Claim { provider: 2, technology: 500, down: 35.0, up: 3.0 },
            Claim { provider: 2, technology: 400, down: 10.0, up: 1.0 },
            Claim { provider: 3, technology: 500, down: 6.0, up: 3.0 },
            Claim { provider: 4, technology: 500, down: 900.0, up: 90.0 },
        ];
        let home = |claims, has_claims| Home { claims, has_claims };
        let all = advise(&carriers, &home(Some(&claims), true)).expect("advice");
        let said: Vec<(&str, &Says)> = all.iter().map(|(carrier, says)| (carrier.as_str(), says)).collect();
        assert_eq!(
            said,
            [("Green", &Says::Serves(35.0, 3.0)), ("Blue", &Says::Serves(5.0, 1.0)), ("Red", &Says::Not)]
        );
        assert_eq!(advise(&[], &home(Some(&claims), true)), Err(Unknown::Providers));
        assert_eq!(advise(&carriers, &home(None, false)), Err(Unknown::Claims));
        assert_eq!(advise(&carriers, &home(None, true)), Err(Unknown::Home));
        let nobody = advise(&carriers, &home(Some(&[]), true)).expect("advice");
        assert!(nobody.iter().all(|(_, says)| *says == Says::Not));
    }
}
