//! The rules of lending of a district.

use crate::db::Write;
use crate::rules::settings::Rules;

type Result<T> = sqlx::Result<T>;

/// The rules of a district.
///
/// # Errors
/// The database's.
pub async fn rules<'e, E>(database: E, district: &str) -> Result<Rules>
where
    E: sqlx::Executor<'e, Database = sqlx::Any>,
{
    let stored: Vec<(String, i64)> =
        sqlx::query_as("SELECT rule, setting FROM lending_rule WHERE district_id = $1")
            .bind(district)
            .fetch_all(database)
            .await?;
    let mut rules = Rules::default();
    for (rule, setting) in stored {
        // A rule that another version of the program had is passed over.
        rules.set(&rule, setting);
    }
    Ok(rules)
}

/// Makes these the rules of a district.
///
/// # Errors
/// The database's.
pub async fn put_rules(tx: &mut Write, district: &str, rules: Rules, (by, ms): (&str, i64)) -> Result<()> {
    for (rule, setting) in rules.all() {
        sqlx::query(
            "INSERT INTO lending_rule (district_id, rule, setting, changed_ms, changed_by) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (district_id, rule) DO UPDATE SET setting = EXCLUDED.setting, changed_ms = EXCLUDED.changed_ms, \
             changed_by = EXCLUDED.changed_by",
        )
        .bind(district)
        .bind(rule)
        .bind(setting)
        .bind(ms)
        .bind(by)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
