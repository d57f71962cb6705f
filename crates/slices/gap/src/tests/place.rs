//! A made-up district with an estimate, for the tests of this slice.

use super::super::queries::{NewRun, StudentChance, store_run};
use super::super::rules::RunInput;
use crate::db::Db;
use crate::testing::Kit;
use evenfield_gap::district::{SurveyAlone, SurveyMeasure};
use evenfield_gap::estimate::{Basis, Estimate, Link, Method};
use evenfield_gap::publish::{self, PublishRule, Release, alone, release};
use evenfield_model::{Barrier, Geography, GeographyKind, Measure};

pub const DISTRICT: &str = "5199999";

/// Schools: id, name, students. The last is too small for any figure.
pub const SCHOOLS: [(&str, &str, u32); 5] = [
    ("s1", "Cedar Elementary", 1_240),
    ("s2", "Harbor Middle", 860),
    ("s3", "=Millbrook High", 1_530),
    ("s4", "Neck Elementary", 240),
    ("s5", "Island School", 7),
];

/// Block groups on a grid of six by four.
pub const BLOCK_GROUPS: usize = 24;

/// The id of a block group of the grid.
pub fn block_group(n: usize) -> String {
    format!("51999990{:03}{}", n / 8 + 1, n % 8 + 1)
}

pub fn estimate(measure: Measure, kind: GeographyKind, id: &str, group: &str, share: (f64, u32)) -> Estimate {
    let (value, students) = share;
    let se = (value * (1.0 - value) / (f64::from(students) * 0.35).max(2.0)).sqrt();
    Estimate {
        measure,
        barrier: None,
        geography: Geography { kind, id: id.to_owned() },
        group: group.to_owned(),
        value,
        se,
        low90: (value - 1.645 * se).max(0.0),
        high90: (value + 1.645 * se).min(1.0),
        answers: students * 2 / 5,
        students,
        method: Method::Combined,
    }
}

/// The figures of the district, its schools and block groups, before the publication rule.
fn estimates() -> (Vec<Estimate>, Vec<Estimate>, Vec<Link>) {
    let mut figures = Vec::new();
    let mut barriers = Vec::new();
    for (m, measure) in Measure::ALL.into_iter().enumerate() {
        let base = [0.19, 0.27, 0.36, 0.24, 0.48, 0.41, 0.33][m];
        let school_share = |i: usize| base * [0.7, 1.0, 1.1, 1.5, 1.2][i];
        let lacking: f64 = SCHOOLS.iter().enumerate().map(|(i, s)| school_share(i) * f64::from(s.2)).sum();
        let students: u32 = SCHOOLS.iter().map(|s| s.2).sum();
        let whole = (lacking / f64::from(students), students);
        figures.push(estimate(measure, GeographyKind::District, DISTRICT, "all", whole));
        for (group, share, part) in [("frl:yes", 1.5, 3), ("frl:no", 0.5, 3), ("grade_band:high", 1.1, 4)] {
            let of = ((whole.0 * share).min(0.9), students / part);
            figures.push(estimate(measure, GeographyKind::District, DISTRICT, group, of));
        }
        for (barrier, share) in
            [(Barrier::NotAvailable, 0.34), (Barrier::NotAffordable, 0.46), (Barrier::Other, 0.2)]
        {
            let of = (share, lacking as u32);
            let e = estimate(measure, GeographyKind::District, DISTRICT, "all", of);
            barriers.push(Estimate { barrier: Some(barrier), ..e });
        }
        for (i, (id, _, students)) in SCHOOLS.iter().enumerate() {
            figures.push(estimate(measure, GeographyKind::School, id, "all", (school_share(i), *students)));
        }
        for n in 0..BLOCK_GROUPS {
            let share = (base * (0.4 + 1.4 * (n * 7 % BLOCK_GROUPS) as f64 / BLOCK_GROUPS as f64)).min(0.95);
            let students = if n == 9 { 6 } else { 30 + (n as u32 * 37) % 320 };
            figures.push(estimate(
                measure,
                GeographyKind::BlockGroup,
                &block_group(n),
                "all",
                (share, students),
            ));
        }
    }
    let whole = Geography { kind: GeographyKind::District, id: DISTRICT.to_owned() };
    let parts =
        SCHOOLS.iter().map(|s| Geography { kind: GeographyKind::School, id: s.0.to_owned() }).collect();
    (figures, barriers, vec![Link { whole, parts }])
}

/// The release of the made-up estimates.
pub fn made_up() -> Release {
    let (figures, barriers, links) = estimates();
    release(&figures, &barriers, &links, &PublishRule::default()).expect("a rule")
}

/// Sections: id, title, school, students. The last is too small for any figure.
pub const SECTIONS: [(&str, &str, &str, u32); 3] =
    [("x1", "Algebra", "s3", 31), ("x2", "Biology", "s3", 28), ("x3", "Latin", "s3", 6)];

/// The figures of the sections, after the rule.
pub fn sections() -> Vec<publish::Figure> {
    let of = |(i, (id, _, _, students)): (usize, (&str, &str, &str, u32))| {
        let share = (0.4 + 0.1 * i as f64, students);
        let mut of_section =
            estimate(Measure::M1NoSubscriptionOrComputer, GeographyKind::Section, id, "all", share);
        // Sure enough to be shown.
        (of_section.se, of_section.low90, of_section.high90) = (0.05, share.0 - 0.08, share.0 + 0.08);
        alone(&of_section, false, &PublishRule::default()).expect("a rule")
    };
    SECTIONS.into_iter().enumerate().map(of).collect()
}

/// The survey by itself: one measure shown, one withheld.
pub fn survey() -> SurveyAlone {
    let students: u32 = SCHOOLS.iter().map(|s| s.2).sum();
    let of = |measure, answers, share| {
        let whole = estimate(measure, GeographyKind::District, DISTRICT, "all", (share, students));
        let whole = Estimate { answers, method: Method::Survey, ..whole };
        SurveyMeasure {
            figure: alone(&whole, false, &PublishRule::default()).expect("a rule").to_record(),
            design_effect: 1.5,
            effective_answers: f64::from(answers) / 1.5,
            trimmed: 4,
            collapsed: 2,
            converged: true,
        }
    };
    let measures =
        vec![of(Measure::M1NoSubscriptionOrComputer, 1_551, 0.2), of(Measure::M4Below25x3, 9, 0.3)];
    SurveyAlone { students, answered: 1_600, measures }
}

/// Stores the made-up release as the latest run, at this time.
pub async fn store(db: &Db, finished_ms: i64) -> String {
    let inputs = [RunInput {
        kind: "B28005".into(),
        source: "Census ACS".into(),
        vintage: "2020-2024".into(),
        rows: 24,
        counts: None,
    }];
    let run = NewRun {
        district_id: DISTRICT,
        created_ms: finished_ms - 1_000,
        finished_ms,
        seed: u64::MAX,
        rule: PublishRule::default(),
        inputs: &inputs,
        sections: &sections(),
        survey: Some(&survey()),
    };
    let chance = |student_id| StudentChance {
        student_id,
        measure: Measure::M1NoSubscriptionOrComputer,
        probability: 0.25,
        low90: 0.1,
        high90: 0.5,
        basis: Basis::Model,
    };
    let mut write = db.write().await.expect("a write");
    let id = store_run(&mut write, &run, &made_up(), &[chance("a"), chance("b")]).await.expect("stored");
    write.commit().await.expect("a commit");
    id
}

/// A portal with the fictional district, its schools and boundaries, and no estimate yet.
pub async fn kit() -> Kit {
    let mut kit = Kit::new().await;
    kit.serve(crate::router(kit.app.clone()));
    kit.district(DISTRICT, "Millbrook County").await;
    let mut write = kit.app.db.write().await.expect("a write");
    sqlx::query("UPDATE district SET fictional = 1 WHERE id = $1")
        .bind(DISTRICT)
        .execute(&mut *write)
        .await
        .expect("fictional");
    for (id, name, _) in SCHOOLS {
        sqlx::query("INSERT INTO school (district_id, id, name) VALUES ($1, $2, $3)")
            .bind(DISTRICT)
            .bind(id)
            .bind(name)
            .execute(&mut *write)
            .await
            .expect("a school");
    }
    for (id, title, school, _) in SECTIONS {
        sqlx::query("INSERT INTO section (district_id, id, school_id, title) VALUES ($1, $2, $3, $4)")
            .bind(DISTRICT)
            .bind(id)
            .bind(school)
            .bind(title)
            .execute(&mut *write)
            .await
            .expect("a section");
    }
    for n in 0..BLOCK_GROUPS {
        let (west, south) = (-75.9 + 0.05 * (n % 6) as f64, 37.4 + 0.04 * (n / 6) as f64);
        let (east, north) = (west + 0.05, south + 0.04);
        let geojson = format!(
            r#"{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}"#
        );
        sqlx::query("INSERT INTO boundary (district_id, geography_kind, geography_id, name, geojson, load_id) VALUES ($1, 'block_group', $2, $3, $4, 'l')")
            .bind(DISTRICT)
            .bind(block_group(n))
            .bind(format!("Block group {}", n + 1))
            .bind(geojson)
            .execute(&mut *write)
            .await
            .expect("a boundary");
    }
    write.commit().await.expect("a commit");
    kit
}
