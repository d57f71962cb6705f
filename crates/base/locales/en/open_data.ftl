data-title = Data
data-lead = What was loaded, when, from whom, under which licence, and with what problems.
data-none = Nothing has been loaded yet.
data-csv = Download this table as CSV
data-jobs = Work under way, and a new estimate
data-loads = Loads
data-what = What it is
data-source = Source
data-vintage = Year or date
data-licence = Licence
data-loaded = Loaded
data-rows = Rows
data-problems = Problems
data-own = The district
data-own-licence = Not public
data-coverage = Places with data
data-geography = Kind of place
data-boundaries = Boundaries
data-areas = Places with values
data-upload-title = Load open data
data-upload-lead = The file is checked first. If it has problems, you see all of them and nothing is stored.
data-geography-of = Boundaries, or the rows of a wide table, are of
data-vintage-hint = As the publisher names it, for example 2022 or 2025-06-30.
data-source-hint = Leave it blank for Census, FCC and NCES files.
data-file-hint = As it was downloaded, packed (.zip, .gz, .xz) or not; up to 256 MB.
data-accept = Store the good rows even if the file has problems
data-upload = Check and store
data-no-file = Choose a file first.
data-kind-wrong = Choose what the file is.
data-vintage-wrong = Give the year or date of the data, at most 40 letters.
data-known = This file was loaded before. Nothing was changed.
data-not-stored = The file has problems. Nothing was stored.
data-readable = { $n ->
    [one] 1 row can be read. To store it all the same, go back, mark “Store the good rows”, and send the file again.
   *[other] { $shown } rows can be read. To store them all the same, go back, mark “Store the good rows”, and send the file again.
}
data-back = Back to the data
data-kind-boundaries = Boundaries (GeoJSON, TopoJSON, zipped shapefile)
data-kind-acs = Census ACS table (API JSON or CSV)
data-kind-bdc-fixed = FCC fixed broadband availability (CSV)
data-kind-address-points = Address points of the district (CSV)
data-kind-membership = NCES membership (CSV)
data-kind-geocodes = NCES school locations (EDGE)
data-kind-tiles = Speed-test tiles (CSV)
data-kind-ndt7 = NDT7 speed tests (JSON or CSV)
data-kind-area-table = Another table of areas (area, measure, value)
data-kind-roster = Roster
data-kind-survey = Survey answers
data-geography-section = Classes
data-geography-school = Schools
data-geography-attendance-zone = Attendance zones
data-geography-block-group = Block groups
data-geography-tract = Tracts
data-geography-county = Counties
data-geography-district = Districts
data-geography-state = States
data-use = Used for
data-use-boundaries = The map, finding the block group of a home, and which areas belong to the district
data-use-relationship = Which areas belong to the district, and with which share of their children
data-use-acs = Figures of areas for M1, M2 and M3, and how many children live in each; other tables help to predict
data-use-bdc-fixed = Helps to predict the figures of areas: the share of homes that are offered service
data-use-bdc-mobile = Helps to predict the figures of areas: the share of their ground with 4G and 5G
data-use-form477 = Helps to predict the figures of areas: the share of their blocks with a provider at 25/3 Mbps
data-use-address-points = Finding the block group of each student’s address
data-use-directory = Names of districts and schools, and the check of schools on this page
data-use-membership = The check of schools on this page
data-use-geocodes = The check of schools on this page
data-use-tiles = Helps to predict the figures of areas: mean speeds that were measured there
data-use-ndt7 = The summary of speed tests on this page; tests carry no place, so no figure of the gap uses them
data-use-area-table = Helps to predict the figures of areas; lines named as in the ACS count as ACS, “children” as how many live there
data-use-roster = Who the students are, and where they live
data-use-survey = What families answered
data-kind-relationship = Areas of a district (NCES relationship file, or CSV)
data-kind-bdc-mobile = FCC mobile broadband coverage (CSV)
data-kind-form477 = FCC Form 477, by block (CSV)
data-kind-directory = NCES directory of districts or schools (CSV)
data-belongs = Which areas belong to the district
data-belongs-roster = { $n ->
    [one] The roster decides: an area counts as far as its 1 student lives there.
   *[other] The roster decides: an area counts as far as its { $shown } students live there.
}
data-belongs-parts = { $n ->
    [one] The relationship file decides: 1 block group, tract or county lies in the district, whole or in part.
   *[other] The relationship file decides: { $shown } block groups, tracts and counties lie in the district, whole or in part.
}
data-belongs-parts-state = { $n ->
    [one] Every area that was loaded counts for the state. The relationship file decides whether it lies in the 1 district that the file has.
   *[other] Every area that was loaded counts for the state. The relationship file decides in which of { $shown } districts it lies.
}
data-belongs-boundary = The district’s boundary decides: an area counts by the share of its ground that lies inside.
data-belongs-boundaries-state = { $n ->
    [one] Every area that was loaded counts for the state. The boundary of 1 district decides whether it lies there.
   *[other] Every area that was loaded counts for the state. The boundaries of { $shown } districts decide in which of them it lies.
}
data-belongs-nothing = Nothing that was loaded says so, and every area that was loaded counts. If those are more than the district, load a relationship file, or the boundaries of the district and of its areas.
data-belongs-nothing-state = Every area that was loaded counts for the state. For figures of its districts, load a relationship file, or the boundaries of districts and of areas.
data-speeds = Speed tests
data-speeds-download = { $tests } downloads were measured, with a median of { $median } Mbps. { $percent }% were below 25 Mbps.
data-speeds-upload = { $tests } uploads were measured, with a median of { $median } Mbps. { $percent }% were below 3 Mbps.
data-speeds-note = People choose when to test, so this says little about homes that did not.
data-schools = Schools by NCES and by the roster
data-schools-lead = A school that is on one list only, or with very different numbers of students, may be missing from the roster or have another NCES number.
data-school = School
data-school-state = In the NCES directory
data-school-open = Open
data-school-closed = Not open
data-school-unlisted = Not listed
data-school-counted = Students by NCES
data-school-enrolled = Students on the roster
data-locale = Kind of place
data-locale-city = City
data-locale-suburb = Suburb
data-locale-town = Town
data-locale-rural = Rural
data-locale-unknown = Not known
data-removal = Removal
data-remove = Remove
data-removed = Removed { $time } UTC
data-put-back = Put back
data-remove-title = Remove this load?
data-remove-about = { $n ->
    [one] { $kind }, { $vintage }: 1 row, loaded { $loaded } UTC.
   *[other] { $kind }, { $vintage }: { $rows } rows, loaded { $loaded } UTC.
}
data-remove-what = Its rows will no longer count, and a new estimate is made without them. Where an earlier load says something about the same places, that counts again. The load stays on the list, and you can put it back.
data-remove-yes = Remove it
data-remove-no = Keep it
data-empty-cells = { $n ->
    [one] (1 cell without a value)
   *[other] ({ $shown } cells without a value)
}
data-kind-wide-table = A table with a column for each measure
data-use-wide-table = As another table of areas
data-wide = Names in the file, where they are not the usual ones
data-wide-lead = For boundaries and for tables of areas. Leave blank what is as usual.
data-wide-id = Column or property with the place’s code
data-wide-id-hint = Of a table with a column for each measure, or of boundaries. Boundaries are looked through for the usual names, such as GEOID.
data-wide-name = Property with the place’s name
data-wide-name-hint = Of boundaries only.
data-wide-columns = Columns or measures to take
data-wide-columns-hint = One a line: the file’s column (in a table of area, measure and value, the measure), =, our name. For example: hhincE = income. A name alone stays as it is. Leave it blank to take all measures; of a table with a column for each, all columns that end in E and have their margin in one that ends in M.
data-wide-year = Only rows of the year
data-wide-year-hint = For a table of areas that holds several years in a column year or time. Without a year, a table with a column for each measure must hold one year, and of another table the newest year of each measure counts.
data-year-wrong = Give the year as a number, for example 2022.
data-columns-wrong = Write one column a line, for example hhincE = income.
