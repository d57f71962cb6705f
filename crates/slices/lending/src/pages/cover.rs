//! What the counter says of carriers at a student's home.

use crate::error::Result;
use crate::layout::Frame;
use crate::queries;
use crate::rules::coverage::{Home, Says, Unknown, advise};

/// A carrier with what there is to say of it.
pub struct Advice {
    /// Whether it claims to serve the home.
    pub serves: bool,
    /// In words.
    pub text: String,
}

/// What is known: the day of the claims, and what each carrier says.
type Known = (String, std::result::Result<Vec<(String, Says)>, Unknown>);

async fn known(tx: &mut sqlx::AnyConnection, district: &str, student: &str) -> Result<Known> {
    let carriers = queries::carrier_providers(tx, district).await?;
    let vintage = queries::claims_of(tx, district).await?;
    let claims = match (&vintage, carriers.is_empty()) {
        (Some(vintage), false) => queries::claims_at_home(tx, district, (student, vintage)).await?,
        _ => None,
    };
    let home = Home { claims: claims.as_deref(), has_claims: vintage.is_some() };
    Ok((vintage.unwrap_or_default(), advise(&carriers, &home)))
}

/// What there is to say at the counter; nothing where the district uses neither claims nor carriers' numbers.
pub async fn advice(tx: &mut sqlx::AnyConnection, p: &Frame, student: &str) -> Result<Vec<Advice>> {
    let (vintage, said) = known(tx, p.district_id(), student).await?;
    let unknown = |key: &str| vec![Advice { serves: false, text: p.t(key) }];
    Ok(match said {
        Err(Unknown::Providers) if vintage.is_empty() => Vec::new(),
        Err(Unknown::Providers) => unknown("cover-unknown-providers"),
        Err(Unknown::Claims) => unknown("cover-unknown-claims"),
        Err(Unknown::Home) => unknown("cover-unknown-home"),
        Ok(all) => {
            let one = |(carrier, says): (String, Says)| {
                let of = |key: &str, speeds: Option<(f64, f64)>| {
                    let (down, up) = speeds.unwrap_or_default();
                    let values = [
                        ("carrier", carrier.as_str().into()),
                        ("down", down.to_string().into()),
                        ("up", up.to_string().into()),
                        ("day", vintage.as_str().into()),
                    ];
                    p.tvs(key, &values)
                };
                match says {
                    Says::Serves(down, up) => {
                        Advice { serves: true, text: of("cover-serves", Some((down, up))) }
                    }
                    Says::Not => Advice { serves: false, text: of("cover-not", None) },
                }
            };
            all.into_iter().map(one).collect()
        }
    })
}

/// Whether the carrier of a card is known not to claim the student's home, though another carrier of the district does or may.
pub async fn is_known_not_to_serve(
    tx: &mut sqlx::AnyConnection,
    district: &str,
    (card, student): (Option<&str>, &str),
) -> Result<bool> {
    let Some(card) = card else { return Ok(false) };
    let (_, said) = known(tx, district, student).await?;
    let Ok(all) = said else { return Ok(false) };
    let line = queries::line_of_card(&mut *tx, district, card).await?;
    Ok(line
        .is_some_and(|line| all.iter().any(|(carrier, says)| *carrier == line.carrier && *says == Says::Not)))
}
