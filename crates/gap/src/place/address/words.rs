//! Words of addresses and their standard forms.
//! Source: USPS Publication 28, Postal Addressing Standards, appendix B (directionals), C1 (street suffixes) and
//! C2 (secondary units); the spellings that occur in address points and rosters.

/// The standard form of a word in a table of `(standard, spellings)`.
fn standard(table: &[(&'static str, &[&str])], word: &str) -> Option<&'static str> {
    table
        .iter()
        .find(|(standard, all)| *standard == word || all.contains(&word))
        .map(|(standard, _)| *standard)
}

/// `N`, `SE` and so on.
pub(super) fn directional(word: &str) -> Option<&'static str> {
    const TABLE: &[(&str, &[&str])] = &[
        ("N", &["NORTH", "NO", "NORTE"]),
        ("S", &["SOUTH", "SO", "SUR"]),
        ("E", &["EAST", "ESTE"]),
        ("W", &["WEST", "OESTE"]),
        ("NE", &["NORTHEAST", "NORESTE"]),
        ("NW", &["NORTHWEST", "NOROESTE"]),
        ("SE", &["SOUTHEAST", "SURESTE"]),
        ("SW", &["SOUTHWEST", "SUROESTE"]),
    ];
    standard(TABLE, word)
}

/// `ST`, `AVE` and so on.
pub(super) fn suffix(word: &str) -> Option<&'static str> {
    const TABLE: &[(&str, &[&str])] = &[
        ("ALY", &["ALLEY", "ALLEE", "ALLY"]),
        ("ANX", &["ANNEX", "ANEX"]),
        ("ARC", &["ARCADE"]),
        ("AVE", &["AVENUE", "AV", "AVEN", "AVENU", "AVN", "AVNUE"]),
        ("BND", &["BEND"]),
        ("BLF", &["BLUFF"]),
        ("BLFS", &["BLUFFS"]),
        ("BLVD", &["BOULEVARD", "BOUL", "BOULV", "BLV", "BVD"]),
        ("BR", &["BRANCH", "BRNCH"]),
        ("BRG", &["BRIDGE", "BRDGE"]),
        ("BRK", &["BROOK"]),
        ("BYP", &["BYPASS", "BYPA", "BYPASS"]),
        ("CIR", &["CIRCLE", "CIRC", "CIRCL", "CRCL", "CRCLE"]),
        ("CLB", &["CLUB"]),
        ("COR", &["CORNER"]),
        ("CORS", &["CORNERS"]),
        ("CRSE", &["COURSE"]),
        ("CT", &["COURT", "CRT"]),
        ("CTS", &["COURTS"]),
        ("CV", &["COVE"]),
        ("CRK", &["CREEK"]),
        ("CRES", &["CRESCENT", "CRSENT", "CRSNT"]),
        ("CRST", &["CREST"]),
        ("XING", &["CROSSING", "CRSSNG"]),
        ("CURV", &["CURVE"]),
        ("DL", &["DALE"]),
        ("DR", &["DRIVE", "DRIV", "DRV"]),
        ("DRS", &["DRIVES"]),
        ("EST", &["ESTATE"]),
        ("ESTS", &["ESTATES"]),
        ("EXPY", &["EXPRESSWAY", "EXP", "EXPR", "EXPRESS", "EXPW"]),
        ("EXT", &["EXTENSION", "EXTN", "EXTNSN"]),
        ("FLS", &["FALLS"]),
        ("FRY", &["FERRY"]),
        ("FLD", &["FIELD"]),
        ("FLDS", &["FIELDS"]),
        ("FRST", &["FOREST"]),
        ("FRK", &["FORK"]),
        ("FWY", &["FREEWAY", "FREEWY", "FRWAY"]),
        ("GDN", &["GARDEN", "GARDN", "GRDEN"]),
        ("GDNS", &["GARDENS", "GRDNS"]),
        ("GTWY", &["GATEWAY", "GATEWY", "GTWAY"]),
        ("GLN", &["GLEN"]),
        ("GRN", &["GREEN"]),
        ("GRV", &["GROVE", "GROV"]),
        ("HBR", &["HARBOR", "HARB", "HRBOR"]),
        ("HVN", &["HAVEN"]),
        ("HTS", &["HEIGHTS", "HT", "HGTS"]),
        ("HWY", &["HIGHWAY", "HIGHWY", "HIWAY", "HIWY", "HWAY"]),
        ("HL", &["HILL"]),
        ("HLS", &["HILLS"]),
        ("HOLW", &["HOLLOW", "HLLW", "HOLLOWS"]),
        ("IS", &["ISLAND", "ISLND"]),
        ("JCT", &["JUNCTION", "JCTION", "JCTN"]),
        ("KNL", &["KNOLL", "KNOL"]),
        ("KNLS", &["KNOLLS"]),
        ("LK", &["LAKE"]),
        ("LKS", &["LAKES"]),
        ("LNDG", &["LANDING", "LNDNG"]),
        ("LN", &["LANE"]),
        ("LOOP", &["LOOPS"]),
        ("MNR", &["MANOR"]),
        ("MDW", &["MEADOW"]),
        ("MDWS", &["MEADOWS", "MEDOWS"]),
        ("ML", &["MILL"]),
        ("MTN", &["MOUNTAIN", "MNTAIN", "MNTN"]),
        ("ORCH", &["ORCHARD", "ORCHRD"]),
        ("PARK", &["PARKS", "PRK"]),
        ("PKWY", &["PARKWAY", "PARKWY", "PKWAY", "PKY"]),
        ("PASS", &[]),
        ("PATH", &["PATHS"]),
        ("PIKE", &["PIKES"]),
        ("PNE", &["PINE"]),
        ("PNES", &["PINES"]),
        ("PL", &["PLACE"]),
        ("PLN", &["PLAIN"]),
        ("PLZ", &["PLAZA", "PLZA"]),
        ("PT", &["POINT"]),
        ("PTS", &["POINTS"]),
        ("PRT", &["PORT"]),
        ("RNCH", &["RANCH"]),
        ("RDG", &["RIDGE", "RDGE"]),
        ("RIV", &["RIVER", "RVR"]),
        ("RD", &["ROAD"]),
        ("RDS", &["ROADS"]),
        ("RTE", &["ROUTE"]),
        ("ROW", &[]),
        ("RUN", &[]),
        ("SHR", &["SHORE", "SHOAR"]),
        ("SHRS", &["SHORES"]),
        ("SPG", &["SPRING", "SPNG"]),
        ("SPGS", &["SPRINGS", "SPNGS"]),
        ("SQ", &["SQUARE", "SQR", "SQRE", "SQU"]),
        ("STA", &["STATION", "STATN"]),
        ("ST", &["STREET", "STRT", "STR"]),
        ("SMT", &["SUMMIT"]),
        ("TER", &["TERRACE", "TERR"]),
        ("TRCE", &["TRACE"]),
        ("TRAK", &["TRACK"]),
        ("TRL", &["TRAIL", "TRAILS", "TR"]),
        ("TPKE", &["TURNPIKE", "TRNPK", "TURNPK"]),
        ("VLY", &["VALLEY"]),
        ("VW", &["VIEW"]),
        ("VLG", &["VILLAGE", "VILLAG"]),
        ("VIS", &["VISTA", "VIST"]),
        ("WALK", &["WALKS"]),
        ("WAY", &["WY"]),
        ("WHF", &["WHARF"]),
        ("WL", &["WELL"]),
    ];
    standard(TABLE, word)
}

/// Words after which the rest is a flat, a floor or a lot.
pub(super) fn is_unit(word: &str) -> bool {
    const TABLE: &[&str] = &[
        "APT",
        "APARTMENT",
        "BLDG",
        "BUILDING",
        "BSMT",
        "BASEMENT",
        "DEPT",
        "FL",
        "FLOOR",
        "FLR",
        "LOT",
        "LOWER",
        "LOWR",
        "PH",
        "PENTHOUSE",
        "RM",
        "ROOM",
        "SLIP",
        "SPC",
        "SPACE",
        "STE",
        "SUITE",
        "TRLR",
        "TRAILER",
        "UNIT",
        "UPPR",
        "UPPER",
    ];
    TABLE.contains(&word)
}

/// A word inside a street's name in its usual short form.
pub(super) fn name_word(word: &str) -> &str {
    match word {
        "SAINT" => "ST",
        "MOUNT" => "MT",
        "FORT" => "FT",
        "HIGHWAY" => "HWY",
        "ROUTE" => "RTE",
        "AND" => "&",
        other => other,
    }
}

/// `FIRST` as `1ST`, `TWENTIETH` as `20TH`.
pub(super) fn ordinal(word: &str) -> Option<u32> {
    const TABLE: [&str; 19] = [
        "FIRST",
        "SECOND",
        "THIRD",
        "FOURTH",
        "FIFTH",
        "SIXTH",
        "SEVENTH",
        "EIGHTH",
        "NINTH",
        "TENTH",
        "ELEVENTH",
        "TWELFTH",
        "THIRTEENTH",
        "FOURTEENTH",
        "FIFTEENTH",
        "SIXTEENTH",
        "SEVENTEENTH",
        "EIGHTEENTH",
        "NINETEENTH",
    ];
    const TENS: [&str; 8] = [
        "TWENTIETH",
        "THIRTIETH",
        "FORTIETH",
        "FIFTIETH",
        "SIXTIETH",
        "SEVENTIETH",
        "EIGHTIETH",
        "NINETIETH",
    ];
    let place = |table: &[&str]| table.iter().position(|known| *known == word).map(|place| place as u32);
    place(&TABLE).map(|place| place + 1).or_else(|| place(&TENS).map(|place| 10 * place + 20))
}

/// `TWENTY` as 20, the first half of `TWENTY FIRST`.
pub(super) fn tens(word: &str) -> Option<u32> {
    const TABLE: [&str; 8] = ["TWENTY", "THIRTY", "FORTY", "FIFTY", "SIXTY", "SEVENTY", "EIGHTY", "NINETY"];
    TABLE.iter().position(|known| *known == word).map(|place| 10 * place as u32 + 20)
}
