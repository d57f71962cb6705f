use super::counter::{act, inventory, scan};
use super::*;
use crate::access::Role;
use evenfield_policy::SecretKey;
use evenfield_slice_filtering::publish::look;
use jiff::ToSpan;

/// The calendar of the filtering settings says when school is over; loans and renewals go by it where the district wants that.
#[tokio::test]
async fn loans_end_with_the_school_year_where_the_district_wants_it() {
    harness::each(|db| async move {
        let today = crate::db::today();
        let last_day = today.checked_add(100.days()).expect("a day");
        let first_day = today.checked_sub(100.days()).expect("a day");
        let folder = tempfile::tempdir().expect("a folder");
        let policy = folder.path().join("policy.toml");
        let text = format!(
            "[default]\n\n[[district]]\nid = \"{HERE}\"\n\n[[calendar]]\nname = \"school\"\ntime_zone = \"America/New_York\"\n\
             district = \"{HERE}\"\nfirst_day = \"{first_day}\"\nlast_day = \"{last_day}\"\n"
        );
        std::fs::write(&policy, text).expect("written");
        let key = SecretKey::from_seed(&[5; 32]);
        let mut config = Config::local(db.url());
        config.data_dir = folder.path().join("data");
        config.filtering.policy = Some(policy.clone());
        config.filtering.key = Some(SecretKey::from_seed(&[5; 32]));
        let kit = Kit::on(db, config);
        kit.district(HERE, "Shore").await;
        kit.district(THERE, "Elsewhere").await;
        look(&kit.app, &policy, &key).await.expect("published");
        let staff = inventory(&kit).await;
        let clerk = kit.sign_in(Role::Clerk, HERE).await;
        let rules = format!("/d/{HERE}/lending/rules");
        staff.post(&rules, &[("loan_days", "7"), ("due_rule", "0")]).await;
        scan(&clerk, "S1", "HS-1").await;
        let due = "SELECT due_on FROM lending_loan";
        assert_eq!(text_of(&kit, due).await, today.checked_add(7.days()).expect("a day").to_string());
        staff.post(&rules, &[("due_rule", "2")]).await;
        let device = text_of(&kit, "SELECT id FROM lending_device WHERE barcode = 'HS-1'").await;
        assert!(act(&clerk, &[("act", "renew"), ("device", &device)]).await.0.contains("said=renewed"));
        assert_eq!(text_of(&kit, due).await, last_day.to_string(), "until the last day of school");
        assert_eq!(staff.post(&rules, &[("due_rule", "3")]).await.status, 422);
    })
    .await;
}

async fn text_of(kit: &Kit, sql: &'static str) -> String {
    super::text(&kit.app.db, sql).await
}
