//! From the text of the settings to [`Config`], or all that is wrong with it.

use super::fields::{Fields, Source};
use super::twice;
use super::{Block, Config, District, List, Names, Site, When, blocks, calendars};
use crate::Cover;
use crate::compile::BYPASS;
use crate::compile::meets::has_label;
use crate::lists::{Format, Options};
use core::net::IpAddr;
use evenfield_model::Problems;
use std::collections::BTreeSet;
use toml::de::DeTable;

/// Reads settings; `file` is the name for problems.
///
/// # Errors
/// Everything that is wrong, with the line, the setting, what was said and what was wanted.
pub fn read(file: &str, text: &str) -> Result<Config, Problems> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut source = Source { file, text, problems: Problems::default() };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            source.complain(at, "", format!("TOML: {}", error.message()));
            return Err(source.problems);
        }
    };
    let mut fields = Fields::new(&mut source, "", 0, table.get_ref());
    let config = config(&mut fields);
    fields.finish();
    check(&config, &mut source);
    if source.problems.is_empty() { Ok(config) } else { Err(source.problems) }
}

fn config(fields: &mut Fields<'_, '_>) -> Config {
    let mut config = Config {
        days: fields.whole("days", 1, 1_100).unwrap_or(400),
        close_bypass: fields.flag("close_bypass").unwrap_or(true),
        ..Config::default()
    };
    match fields.table("default", blocks::measures) {
        Some(default) => config.default = default,
        None => fields.complain("[default]: what holds for whoever is not known"),
    }
    fields.tables("list", |f| config.lists.extend(list(f)));
    fields.tables("ut1", |f| config.lists.extend(ut1(f)));
    fields.tables("scope", |f| config.blocks.push(blocks::scope(f)));
    fields.tables("override", |f| config.blocks.extend(blocks::temporary(f)));
    fields.tables("calendar", |f| config.calendars.extend(calendars::calendar(f)));
    fields.tables("site", |f| config.sites.extend(site(f)));
    fields.tables("district", |f| config.districts.extend(district(f)));
    config
}

fn list(fields: &mut Fields<'_, '_>) -> Option<List> {
    let (name, category) = (fields.need("name"), fields.need("category"));
    let version = fields.text("version");
    let (file, here) = (fields.text("file"), fields.patterns("names"));
    let format = fields.word("format", &Format::ALL.map(|f| (f.word(), f)));
    let covers = [("name", Cover::Exact), ("below", Cover::Below), ("both", Cover::Both)];
    let options = Options {
        cover: fields.word("cover", &covers),
        top_level: fields.flag("top_level").unwrap_or(false),
    };
    let names = match (file, here.is_empty()) {
        (Some(file), true) => Names::File(file, format.unwrap_or(Format::Domains), options),
        (None, false) => Names::Here(here),
        _ => {
            fields.complain("either `file` or `names`");
            return None;
        }
    };
    Some(List { name: name?, category: category?, names, version, line: fields.line() })
}

/// Folders of the University of Toulouse's lists, each with a file `domains`: a list for each folder that is taken.
fn ut1(fields: &mut Fields<'_, '_>) -> Vec<List> {
    let (folder, version) = (fields.need("folder"), fields.text("version"));
    let take = fields.each("take", "a folder's name, or `mixed_adult=adult` for another category", |text| {
        let (name, category) = text.split_once('=').unwrap_or((text, text));
        let plain = |word: &str| !word.is_empty() && !word.contains(['/', '\\', '.']);
        (plain(name) && plain(category)).then(|| (name.to_owned(), category.to_owned()))
    });
    let line = fields.line();
    let Some(folder) = folder else { return Vec::new() };
    let list = |(name, category): (String, String)| List {
        names: Names::File(format!("{folder}/{name}/domains"), Format::Domains, Options::default()),
        name: format!("ut1/{name}"),
        category,
        version: version.clone(),
        line,
    };
    take.into_iter().map(list).collect()
}

fn site(fields: &mut Fields<'_, '_>) -> Option<Site> {
    let name = fields.need("name");
    let prefixes = fields.each(
        "prefixes",
        "an address range: 10.1.0.0/16 or 2001:db8::/32, with nothing after its bits",
        prefix,
    );
    if prefixes.is_empty() {
        fields.complain("`prefixes`: the addresses of the place");
    }
    let (district, school) = (fields.text("district"), fields.text("school"));
    Some(Site { name: name?, prefixes, district, school })
}

fn prefix(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let address: IpAddr = address.parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(all), |bits| bits.parse().ok())?;
    let number = match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => u128::from(v6),
    };
    let rest = number.checked_shl(u32::from(bits)).unwrap_or(0);
    (bits <= all && rest == 0).then_some((address, bits))
}

fn district(fields: &mut Fields<'_, '_>) -> Option<District> {
    let id = fields.need("id");
    let (roster, devices) = (fields.text("roster"), fields.text("devices"));
    Some(District { id: id?, roster, devices })
}

/// What one part of the settings says of another.
fn check(config: &Config, source: &mut Source<'_>) {
    let mut complain = |line: u64, what: &str, said: &str, wanted: &str| {
        source.problems.push(source.file, line, what, said, wanted);
    };
    let categories: BTreeSet<&str> =
        config.lists.iter().map(|l| l.category.as_str()).chain([BYPASS]).collect();
    if categories.len() > 128 {
        complain(
            0,
            "list.category",
            &categories.len().to_string(),
            "at most 128 categories, with that of ways around",
        );
    }
    let mut names = BTreeSet::new();
    for list in &config.lists {
        if !names.insert(&list.name) {
            complain(list.line, "list.name", &list.name, "a name that no other list has");
        }
    }
    let measures = config.blocks.iter().map(|b| (b.line, &b.measures)).chain([(0, &config.default)]);
    for (line, measures) in measures {
        let all = measures.block.iter().chain(&measures.open).chain(&measures.must_block);
        for category in all.filter(|c| !categories.contains(c.as_str())) {
            complain(line, "block, open, must_block", category, "the category of a list");
        }
    }
    let districts: BTreeSet<&str> = config.districts.iter().map(|d| d.id.as_str()).collect();
    let sites: BTreeSet<&str> = config.sites.iter().map(|s| s.name.as_str()).collect();
    for Block { who, line, when, .. } in &config.blocks {
        if let Some(district) = who.district.as_ref().filter(|d| !districts.contains(d.as_str())) {
            complain(*line, "district", district, "the id of a [[district]]");
        }
        if let Some(site) = who.site.as_ref().filter(|s| !sites.contains(s.as_str())) {
            complain(*line, "site", site, "the name of a [[site]]");
        }
        if let When::During(any) = when {
            for label in any.iter().flatten().filter(|label| !is_known(config, label)) {
                complain(
                    *line,
                    "scope.during",
                    label,
                    "a label of a calendar: a period, window, turn, `lesson`, …",
                );
            }
        }
    }
    for district in config.calendars.iter().filter_map(|c| c.district.as_ref()) {
        if !districts.contains(district.as_str()) {
            complain(0, "calendar.district", district, "the id of a [[district]]");
        }
    }
    for (line, what, said, wanted) in twice::faults(config) {
        complain(line, what, &said, wanted);
    }
}

fn is_known(config: &Config, label: &str) -> bool {
    use crate::schedule::{AT_SCHOOL, LESSON, NO_SCHOOL, SCHOOL_DAY};
    [AT_SCHOOL, LESSON, NO_SCHOOL, SCHOOL_DAY].contains(&label)
        || config.calendars.iter().any(|year| has_label(year, label))
}
