//! The settings file that names the district's files.

use super::{LEAID, NAME, TERM};
use std::path::Path;

/// The settings, with the records in this file.
pub fn settings(records: &Path) -> String {
    let mut text = format!(
        "# A fictional district. The same keys name the files of a real one; see docs/config.md.\n\n\
         database = {:?}\ndata_dir = {:?}\n\n\
         [filtering]\npolicy = \"files/policy.toml\"\nkey = \"files/policy.key\"\n\
         https = \"https://dns.example.org/dns-query\"\ntls_domain = \"dns.example.org\"\naddresses = [\"192.0.2.53\"]\n\n\
         [[district]]\nleaid = \"{LEAID}\"\nname = \"{NAME}\"\nfictional = true\nterm = \"{TERM}\"\nas_of = \"2026-10-15\"\n",
        format!("sqlite:{}", records.display()),
        records.with_file_name("data").display().to_string(),
    );
    let mut load = |lines: &str| {
        let open = if lines.contains("source = ") { "\nlicence = \"fictional\"" } else { "" };
        text.push_str(&format!("\n[[district.load]]\n{lines}{open}\n"));
    };
    load("kind = \"roster\"\nfile = \"files/roster.zip\"\naddresses = \"files/addresses.csv\"");
    for (kind, file) in [
        ("block_group", "block_groups"),
        ("tract", "tracts"),
        ("attendance_zone", "attendance_zones"),
        ("district", "district"),
    ] {
        load(&format!(
            "kind = \"boundaries\"\nfile = \"files/{file}.geojson\"\ngeography = \"{kind}\"\nid = \"geoid\"\n\
             name = \"name\"\nsource = \"made up\"\nvintage = \"2026\""
        ));
    }
    load(
        "kind = \"address_points\"\nfile = \"files/address_points.csv\"\nsource = \"made up\"\nvintage = \"2026\"",
    );
    for table in ["B28005_tract", "B28002_block_group", "B19013_block_group"] {
        load(&format!(
            "kind = \"acs\"\nfile = \"files/acs5_2024_{table}.json\"\nsource = \"made up, in the shape of the ACS\"\n\
             vintage = \"2024\""
        ));
    }
    load(
        "kind = \"bdc_fixed\"\nfile = \"files/bdc_99_fixed_broadband.csv\"\nvintage = \"2026-06\"\n\
         source = \"made up, in the shape of the FCC's data\"",
    );
    load("kind = \"survey\"\nfile = \"files/survey.csv\"");
    load("kind = \"connectivity\"\nfile = \"files/connectivity.csv\"");
    text
}
