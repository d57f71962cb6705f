use super::*;
use tree::{File, Tree};

#[test]
fn the_house_is_tidy() {
    let tree = Tree::read();
    let broken: Vec<_> = RULES
        .iter()
        .flat_map(|(rule, check)| check(&tree).into_iter().map(move |c| format!("{rule}: {c}")))
        .collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

fn tree_of(path: &str, text: &str) -> Tree {
    Tree { files: vec![File { path: path.to_owned(), text: text.to_owned() }] }
}

#[test]
fn a_long_function_is_found() {
    let text = format!("fn long() {{\n{}}}\n", "    let x = 1;\n".repeat(80));
    assert_eq!(sizes::are_within_limits(&tree_of("crates/gap/src/x.rs", &text)).len(), 1);
    let text = format!("fn short() {{\n{}}}\n", "    let x = 1;\n".repeat(60));
    assert!(sizes::are_within_limits(&tree_of("crates/gap/src/x.rs", &text)).is_empty());
}

#[test]
fn a_clock_in_a_pure_crate_is_found() {
    assert_eq!(
        crates::pure_crates_are_pure(&tree_of("crates/gap/src/x.rs", "let t = SystemTime::now();")).len(),
        1
    );
    assert!(
        crates::pure_crates_are_pure(&tree_of("crates/cli/src/x.rs", "let t = SystemTime::now();"))
            .is_empty()
    );
}

#[test]
fn sql_in_a_page_is_found() {
    let text = "sqlx::query(\"SELECT 1\")";
    assert_eq!(slices::keep_sql_in_queries(&tree_of("crates/slices/roster/src/pages.rs", text)).len(), 1);
    assert!(slices::keep_sql_in_queries(&tree_of("crates/slices/roster/src/queries.rs", text)).is_empty());
}

#[test]
fn a_table_with_two_writers_is_found() {
    let mut tree = tree_of("crates/slices/roster/src/queries.rs", "\"INSERT INTO student (id)\"");
    tree.files.push(File {
        path: "crates/slices/survey/src/queries.rs".to_owned(),
        text: "\"UPDATE student SET x = 1\"".to_owned(),
    });
    assert_eq!(slices::own_their_tables(&tree).len(), 1);
}

#[test]
fn a_path_that_is_gone_is_found() {
    let tree = tree_of("ARCHITECTURE.md", "see `crates/nowhere/src/lib.rs`\n");
    assert_eq!(docs::paths_exist(&tree).len(), 1);
}

#[test]
fn a_junk_drawer_is_found() {
    assert_eq!(tree::names_say_something(&tree_of("crates/gap/src/utils.rs", "")).len(), 1);
}
