//! Every table, and how its rows belong to a district: the one list for moving a district between databases.
//!
//! A migration that adds a table adds its row here; a test compares the list with the databases.

use super::Backend;
use sqlx::{AnyConnection, Row};

/// How the rows of a table belong to a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// By this column, which holds the LEAID.
    Column(&'static str),
    /// They do not move with a district, for this reason.
    Stays(&'static str),
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// How its rows belong.
    pub belongs: Belongs,
}

const fn of_district(name: &'static str) -> Table {
    Table { name, belongs: Belongs::Column("district_id") }
}

const fn stays(name: &'static str, why: &'static str) -> Table {
    Table { name, belongs: Belongs::Stays(why) }
}

/// The tables, each after those that its rows refer to.
pub const TABLES: &[Table] = &[
    // 0001 core
    Table { name: "district", belongs: Belongs::Column("id") },
    // 0002 jobs
    stays("job", "work in progress; ask for it again where the district has moved to"),
    // 0003 audit
    stays("audit_head", "the end of this installation's own chain"),
    stays("audit_entry", "this installation's own chain; a district's entries leave through `audit_moved`"),
    of_district("audit_moved"),
    // 0004 accounts: people sign in to an installation, and may have roles in many districts of it.
    stays("installation", "about this installation"),
    stays("account", "people are invited anew where the district has moved to"),
    stays("account_role", "goes with the account"),
    stays("account_identity", "goes with the account"),
    stays("account_link", "a one-time secret"),
    stays("session", "a secret of a browser"),
    stays("sign_in_flow", "a secret of a browser"),
    // 0005 roster
    of_district("school"),
    of_district("student"),
    of_district("section"),
    of_district("enrollment"),
    of_district("staff"),
    of_district("roster_load"),
    of_district("roster_before"),
    stays("roster_staged", "an upload that nobody has accepted; it expires"),
    stays("roster_staged_part", "an upload that nobody has accepted; it expires"),
    // 0006 survey
    of_district("survey_term"),
    of_district("survey_code"),
    of_district("survey_load"),
    of_district("survey_answer"),
    // 0007 open data
    of_district("load"),
    of_district("load_problem"),
    of_district("boundary"),
    of_district("area_value"),
    of_district("address_point"),
    of_district("speed_tile"),
    of_district("speed_test"),
    // 0008 gap
    of_district("estimate_run"),
    of_district("figure"),
    of_district("barrier_figure"),
    of_district("student_probability"),
    // 0009 connectivity
    of_district("school_line"),
    // 0010 people
    of_district("section_figure"),
    // 0011 ground
    of_district("district_part"),
    of_district("mobile_cell"),
    of_district("directory_entry"),
    // 0016 filtering, 0017 devices, 0018 evidence
    of_district("filter_answer"),
    of_district("filter_request"),
    of_district("filter_device"),
    of_district("filter_measure"),
    of_district("filter_device_measure"),
    of_district("safety_step_entry"),
    // 0019 lending, 0020 loans
    of_district("lending_device"),
    of_district("carrier_line"),
    of_district("lending_loan"),
    of_district("lending_rule"),
    // 0021 orders
    of_district("lending_notice"),
    of_district("carrier_order"),
    of_district("carrier_change"),
    // 0022 plans
    of_district("plan_scenario"),
    of_district("plan_file"),
    of_district("plan_file_part"),
    of_district("plan_run"),
    of_district("plan_run_part"),
    of_district("plan_answer"),
    of_district("plan_acceptance"),
    of_district("outbox"),
    // 0066 projects
    of_district("project"),
    of_district("project_entry"),
    of_district("project_report"),
    // 0024 requests
    of_district("lending_score"),
    of_district("lending_ranking"),
    of_district("lending_request"),
    // 0025 usage, 0026 cards (columns alone)
    of_district("carrier_usage"),
    // 0027 records of lending
    of_district("lending_card"),
    of_district("carrier_seen"),
    of_district("lending_deed"),
    // 0028 households
    of_district("lending_household"),
    // 0029 rule sets
    of_district("lending_rule_set"),
    // 0030 carriers' plans
    of_district("carrier_plan"),
    of_district("lending_window"),
    // 0032 messages, 0033 links
    of_district("lending_contact"),
    of_district("message_stop"),
    of_district("message_setting"),
    of_district("message_text"),
    of_district("message"),
    // 0034 agreements, 0035 help, 0036 api
    of_district("lending_agreement"),
    of_district("lending_signature"),
    stays("lending_sign_link", "a secret that holds for an hour"),
    of_district("lending_case"),
    of_district("lending_repair"),
    of_district("lending_warranty"),
    // 0046 columns
    of_district("lending_columns"),
    // 0047 replies
    of_district("message_reply"),
    // 0048 coverage
    of_district("mobile_offer"),
    of_district("carrier_provider"),
    // 0049 kits
    of_district("lending_part"),
    of_district("lending_kit"),
    of_district("lending_loan_part"),
    of_district("lending_device_missing"),
    stays("api_token", "a secret of a program, which asks this installation"),
    stays("lending_answered", "what programs sent to this installation"),
    stays("webhook", "a receiver of this installation's own audit log"),
    stays("lending_link", "a secret that holds for an hour"),
    stays("policy_version", "what this installation published; a district's part is in filter_version"),
    // Of an edge's token a digest alone is stored, so that the edges go on where the district has moved to.
    of_district("edge"),
    // 0041 edge versions
    of_district("edge_version"),
    // 0043 district versions
    of_district("filter_version"),
    of_district("filter_text"),
];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TEXT.
    Text,
    /// BIGINT.
    Whole,
    /// DOUBLE PRECISION.
    Real,
}

/// A column, as the database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// What it holds; none when that is not portable.
    pub kind: Option<Kind>,
    /// Its place in the primary key, from 1; 0 when it is not in it.
    pub key: i64,
}

/// All columns of all tables, by table and in the order of the migrations.
///
/// # Errors
/// The database's.
pub async fn columns(
    database: impl sqlx::Executor<'_, Database = sqlx::Any>,
    backend: Backend,
) -> Result<Vec<Column>, sqlx::Error> {
    let sql = match backend {
        Backend::Sqlite => {
            "SELECT t.name AS table_name, c.name AS column_name, lower(c.type) AS type, c.pk AS place \
             FROM sqlite_master t, pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, c.cid"
        }
        Backend::Postgres => {
            "SELECT CAST(c.table_name AS TEXT) AS table_name, CAST(c.column_name AS TEXT) AS column_name, \
             CAST(c.data_type AS TEXT) AS type, CAST(COALESCE((SELECT k.ordinal_position \
                 FROM information_schema.key_column_usage k JOIN information_schema.table_constraints s \
                 ON s.constraint_name = k.constraint_name AND s.constraint_schema = k.constraint_schema \
                 AND s.table_name = k.table_name \
                 WHERE s.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema \
                 AND k.table_name = c.table_name AND k.column_name = c.column_name), 0) AS BIGINT) AS place \
             FROM information_schema.columns c JOIN information_schema.tables t \
               ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE' \
             WHERE c.table_schema = current_schema() ORDER BY c.table_name COLLATE \"C\", c.ordinal_position"
        }
    };
    let rows = sqlx::query(sql).fetch_all(database).await?;
    rows.iter()
        .map(|row| {
            let kind = match row.try_get::<String, _>("type")?.as_str() {
                "text" => Some(Kind::Text),
                "bigint" => Some(Kind::Whole),
                "double precision" => Some(Kind::Real),
                _ => None,
            };
            Ok(Column {
                table: row.try_get("table_name")?,
                name: row.try_get("column_name")?,
                kind,
                key: row.try_get("place")?,
            })
        })
        .collect()
}

/// The columns of one table.
///
/// # Errors
/// The database's.
pub async fn columns_of(
    connection: &mut AnyConnection,
    backend: Backend,
    table: &str,
) -> Result<Vec<Column>, sqlx::Error> {
    let mut all = columns(connection, backend).await?;
    all.retain(|column| column.table == table);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{Belongs, TABLES, columns};
    use crate::db::{Backend, Db, harness};
    use std::collections::BTreeSet;

    #[tokio::test]
    async fn the_list_names_every_table_once() {
        harness::each(|db| async move {
            let all = columns(db.read(), db.backend()).await.unwrap();
            let there: BTreeSet<&str> =
                all.iter().map(|c| c.table.as_str()).filter(|t| *t != "_sqlx_migrations").collect();
            let listed: BTreeSet<&str> = TABLES.iter().map(|t| t.name).collect();
            assert_eq!(listed.len(), TABLES.len(), "a table is listed twice");
            let missing: Vec<_> = there.difference(&listed).collect();
            let gone: Vec<_> = listed.difference(&there).collect();
            assert!(
                missing.is_empty(),
                "say in db/tables.rs how the rows of these belong to a district: {missing:?}"
            );
            assert!(gone.is_empty(), "listed, but made by no migration: {gone:?}");
            for table in TABLES {
                let of = |name: &'static str| all.iter().filter(move |c| c.table == name);
                assert!(
                    of(table.name).any(|c| c.key == 1),
                    "{} needs a primary key, by which rows are ordered",
                    table.name
                );
                match table.belongs {
                    Belongs::Column(column) => assert!(of(table.name).any(|c| c.name == column)),
                    Belongs::Stays(why) => assert!(!why.is_empty()),
                }
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_table_comes_after_those_it_refers_to() {
        let fresh = harness::Fresh::make(Backend::Sqlite).await;
        let db = Db::open(&fresh.url).await.unwrap();
        let place = |name: &str| TABLES.iter().position(|t| t.name == name);
        for table in TABLES {
            let parents: Vec<String> =
                sqlx::query_scalar("SELECT \"table\" FROM pragma_foreign_key_list($1)")
                    .bind(table.name)
                    .fetch_all(db.read())
                    .await
                    .unwrap();
            for parent in parents {
                assert!(
                    place(&parent) <= place(table.name),
                    "{} refers to {parent}: list it later",
                    table.name
                );
                let moves = |name: &str| {
                    TABLES.iter().any(|t| t.name == name && !matches!(t.belongs, Belongs::Stays(_)))
                };
                assert!(!moves(table.name) || moves(&parent), "{} moves, but {parent} stays", table.name);
            }
        }
        db.close().await;
    }
}
