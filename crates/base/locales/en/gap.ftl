# The homework gap: home, map, table, places, methods.

gap-home-title = The homework gap
gap-home-eyebrow = The homework gap
gap-sentence = About { $count } of { $students } { $of } ({ $share }, between { $low } and { $high }) { $means }.
gap-sentence-share = { $share } of { $of } (between { $low } and { $high }) { $means }.
gap-short = { $share } (between { $low } and { $high })
gap-means-m1 = have no Internet subscription or no computer at home
gap-means-m2 = have no Internet subscription or no computer at home, or only a phone’s data plan
gap-means-m3 = have no cable, fiber or DSL line at home
gap-means-m4a = have Internet at home that is slower than 25 Mbps down or 3 Mbps up, or none
gap-means-m4b = have Internet at home that is slower than 100 Mbps down or 20 Mbps up, or none
gap-means-m5 = have less than 25 Mbps down or 12 Mbps up for each student at home
gap-means-m6 = do schoolwork at home on a shared device, on a phone, or on none
gap-means-m1-blind = have no Internet subscription at home
gap-means-m2-blind = have no Internet subscription at home, or only a phone’s data plan
gap-measure-m1-blind = No Internet subscription (computers not counted)
gap-measure-m2-blind = No Internet or only phone data (computers not counted)
gap-of-students = students
gap-of-children-in-households = children under 18 in households
gap-of-children = children
gap-of-households = households
gap-count-students = Students
gap-count-children-in-households = Children under 18 in households
gap-count-children = Children
gap-count-households = Households
gap-share-of = Share of { $of }
gap-row-of = of { $of }
gap-row-partly-blind = the census part does not see computers
gap-note-no-roster = There is no roster, so these figures count { $of }, not students.
gap-note-share = In each area the share is of { $share }. Areas are put together by how many { $count } live there, so the whole is not the share of all { $share }.
gap-note-blind = The census table behind this asks about subscriptions and not about computers. Homes with a subscription and no computer are not in it, so the share by the whole measure can be higher.
gap-note-partly-blind = The census table behind this asks about subscriptions and not about computers; only families’ answers tell of computers. So the share can be somewhat higher.
gap-note-term = The answers are those of the survey term { $term }: { $answers } students.
gap-place-block-group = Block Group { $n }, Tract { $tract }, { $county }
gap-place-county = county { $code }
gap-place-tract = Tract { $tract }, { $county }
gap-made-on = Estimated on { $day }.
gap-how-made = How this figure is made
gap-no-estimate = There is no estimate yet. Load the roster, the survey and open data, then start one.
gap-no-boundaries = There are no boundaries of these places, so there is no map. The table below has the same figures.
gap-no-rows = There are no figures for this choice.
gap-no-groups = No figures by group have been published for this measure.
gap-no-figure = No figure

gap-measure-m1 = No Internet subscription or no computer
gap-measure-m2 = No Internet, no computer, or only phone data
gap-measure-m3 = No wired Internet
gap-measure-m4a = Slower than 25/3 Mbps
gap-measure-m4b = Slower than 100/20 Mbps
gap-measure-m5 = Slower than 25/12 Mbps per student
gap-measure-m6 = Shared device, phone or none
gap-barrier-not-available = Not available at the address
gap-barrier-not-affordable = Costs too much
gap-barrier-not-desired = Not wanted
gap-barrier-other = Another reason

gap-group-all = All students
gap-group-frl-yes = Free or reduced-price lunch
gap-group-frl-no = No free or reduced-price lunch
gap-group-ell-yes = English learners
gap-group-ell-no = Not English learners
gap-group-iep-yes = With an IEP
gap-group-iep-no = Without an IEP
gap-group-elementary = Through grade 5
gap-group-middle = Grades 6 to 8
gap-group-high = Grades 9 and up
gap-group-ungraded = No grade given

gap-kind-section = Classes
gap-kind-school = Schools
gap-kind-attendance-zone = Attendance zones
gap-kind-block-group = Block groups
gap-kind-tract = Census tracts
gap-kind-county = Counties
gap-kind-district = District
gap-kind-state = State

gap-method-survey = Survey
gap-method-area = Census and other open data
gap-method-combined = Survey and open data
gap-method-synthetic = Predicted from similar places

gap-withheld-primary = Not shown: too few people or answers
gap-withheld-complementary = Not shown: it would give away another figure
gap-withheld-cv = Not shown: too uncertain

gap-choose-measure = Measure
gap-choose-kind = Places
gap-choose-group = Students
gap-show = Show
gap-unknown-measure = There is no such measure. Choose one from the list.
gap-unknown-kind = There is no such kind of place. Choose one from the list.
gap-unknown-sort = The table cannot be sorted that way. Use the links in its header.

gap-map-title = { $measure }: { $kind }
gap-table-title = { $measure }: { $kind }
gap-map-see-table = The table has the same figures.
gap-legend-class = { $low } to { $high }
gap-legend-uncertain = Uncertain: interval wider than 20 points
gap-legend-withheld = Not shown, to protect families or because too uncertain
gap-open-map = Open the map
gap-as-map = Show as a map
gap-as-table = Show as a table
gap-find-area = Find a place on the map
gap-all-areas = All places
gap-zoom-in = Zoom in
gap-zoom-out = Zoom out
gap-close = Close
gap-same-as-table = The same figures as a table
gap-csv = Download as CSV
gap-csv-all = Download all figures as CSV
gap-no-shapes = No boundaries of these places are loaded, so there are no shapes: no map and no GeoJSON of them.
gap-geojson = Download as GeoJSON
gap-pages = Pages of the table

gap-column-place = Place
gap-column-measure = Measure
gap-column-group = Students
gap-column-barrier = Reason
gap-column-chart = Chart
gap-column-share = Share
gap-column-interval = 90% interval
gap-column-count = Number
gap-column-answers = Answers
gap-column-method = Made from

gap-chart-note = The dot is the estimate. The bar is its 90% interval.
gap-chart-note-compared = The dot is the estimate, the bar its 90% interval, the upright line the whole district.
gap-chart-note-place = The dot is the estimate, the bar its 90% interval, the upright line all students here.
gap-every-measure = Every way to measure it
gap-every-measure-why = “No Internet at home” can mean many things. Each measure counts one of them.
gap-every-measure-caption = Every measure: its share and interval
gap-whole-district = The whole district
gap-whole-district-link = Groups, reasons and schools
gap-a-school = School
gap-schools = Schools
gap-by-group = By group of students: { $measure }
gap-why = Why they go without
gap-why-caption = Of the students counted by this measure, the share with each reason

gap-next = What to do next
gap-step-load-roster = Load the roster: schools, students and classes.
gap-step-renew-roster = Load a new roster: this one is { $days } days old.
gap-step-first-estimate = Start the first estimate.
gap-step-renew-estimate = Start a new estimate: data came in after the last one.
gap-step-load-boundaries = Load boundaries, so that figures can be put on a map.
gap-step-place-addresses = { $n ->
    [one] Look at 1 address that could not be found on the map.
   *[other] Look at { $shown } addresses that could not be found on the map.
}
gap-step-give-addresses = { $n ->
    [one] Add home addresses to the roster, or load coordinates: 1 student has neither.
   *[other] Add home addresses to the roster, or load coordinates: { $shown } students have neither.
}
gap-step-start-survey = Start the survey: no family has answered yet this term.
gap-step-raise-response = { $schools ->
    [one] Ask again at { $school }: only { $percent } of its students have an answer.
   *[other] Ask again at { $schools } schools. The lowest is { $school }: only { $percent } of its students have an answer.
}
gap-step-gather-speeds = Gather speeds: nothing yet says how fast the lines at home are.

gap-column-section = Class
gap-sections-own = My classes
gap-sections-of = Classes of { $school }
gap-sections-lead = For teachers of the class alone. Please do not pass these figures on: with other figures they could tell on a family.
gap-sections-audited = Who looks at classes is written down.
gap-sections-none = The roster names no class that you teach. Your classes are found by the e-mail address of your account, which must be the one on the roster. Ask who loads the roster.
gap-sections-none-of-school = The roster has no class of this school.
gap-sections-without = Classes without figures

gap-survey-link = The survey by itself
gap-survey-title = The survey by itself
gap-survey-lead = What families’ answers alone say, before open data is added, and how much to trust them.
gap-survey-none = The latest estimate had no answers to go by.
gap-survey-students = Students on the roster
gap-survey-answered = Students with an answer
gap-survey-weights = Families who answer are not like all families. So answers from groups that answered less count more: they are weighted until they add up to the enrollment by school, grade, lunch status, English learners and IEP at once.
gap-survey-caption = The survey by itself, beside survey and open data together
gap-survey-note = In brackets: the 90% interval.
gap-survey-alone = Survey by itself
gap-survey-combined = With open data
gap-survey-effect = Design effect
gap-survey-effective = Worth this many answers
gap-survey-effect-text = Weighting costs precision. The design effect (Kish) says how much: with a design effect of 2, the answers are worth half as many answers that needed no weights.
gap-silent = If those who did not answer are different
gap-silent-text = Weights can only mend what the roster knows. Families without Internet answer less often, also among families that look alike on the roster. This table shows the share if students without an answer are more, or less, likely to be counted by the measure than like students with one.
gap-silent-none = For this measure there is no share of the survey to start from.
gap-silent-title = { $measure }: what if?
gap-silent-caption = Share of all students by what is taken to be true of those who did not answer: { $measure }
gap-silent-if = If students without an answer are
gap-silent-share = Share of students
gap-times = { $times } times as likely
gap-tipping = The share rises above { $line }, the top of the interval of survey and open data together, only if students without an answer are at least { $times } times as likely.
gap-tipping-already = By the survey itself the share is above { $line }, the top of the interval of survey and open data together, even if students without an answer are as likely as those with one.
gap-tipping-never = The share stays below { $line }, the top of the interval of survey and open data together, whatever is true of students without an answer.
gap-weights = How the weights came out: { $trimmed } were so large that they were cut; { $collapsed } groups had too few answers and were put together with others.
gap-weights-not-met = How the weights came out: { $trimmed } were so large that they were cut; { $collapsed } groups had too few answers and were put together with others. The weighted answers do not add up to the enrollment exactly.

gap-state-title = All districts
gap-state-lead = The districts that you may see, one row each.
gap-state-part = Most districts have no share that can be added here. In those that have one:
gap-state-made-up = { $district } (fictional)
gap-state-fictional = Some of these districts are fictional: their students, families and schools are made up by a computer program.
gap-state-counted = All districts whose share is shown, together: { $shown } of { $all }. A district whose share is not shown, is shown only as “this or less” or “this or more”, or is of others than in most districts, is not in it.
gap-state-independent = The interval takes each district’s error to have nothing to do with the others’.
gap-state-alike = If all of them were off the same way, it would be between { $low } and { $high }.
gap-state-without = Districts without a figure
gap-chart-note-state = The dot is the estimate, the bar its 90% interval, the upright line all districts together.

methods-title = How figures are made
methods-lead = Each figure here is an estimate: a best guess from all that is known, with a range that says how sure it is. This page says what each one counts and where it comes from.
methods-measures = What each measure counts
methods-measures-why = Published numbers for the homework gap differ more than threefold, mostly because they count different things. So each figure here names its measure.
methods-measures-caption = The measures
methods-code = Code
methods-counts = Counts students who
methods-source = Source
gap-counts-m1 = live in a home with no Internet subscription, or with no computer.
gap-counts-m2 = are counted by m1, or whose home has only a cellular data plan.
gap-counts-m3 = have no cable, fiber-optic or DSL service at home.
gap-counts-m4a = have service below 25 Mbps down or 3 Mbps up, the FCC’s mark from 2015 to 2024, or no service.
gap-counts-m4b = have service below 100 Mbps down or 20 Mbps up, the FCC’s mark since March 2024, or no service.
gap-counts-m5 = have less than 25 Mbps down or 12 Mbps up for each student who lives there, as CoSN advises, or no service.
gap-counts-m6 = do schoolwork away from school on a shared device, on a smartphone, or on none.
gap-source-m1 = Census ACS table B28005; survey: Internet access and device.
gap-source-m2 = Census ACS tables B28005 and B28002; survey: kind of Internet.
gap-source-m3 = Census ACS table B28002; survey: kind of Internet.
gap-source-m4a = Survey: speeds that families measured or told, and the kind of Internet.
gap-source-m4b = Survey: speeds that families measured or told, and the kind of Internet.
gap-source-m5 = Survey: speeds, and how many students share them.
gap-source-m6 = Survey: learning device and whether it is shared.
methods-how = How a figure is made
methods-how-areas = For each small area, open data gives a share and its error. Small areas have large errors, so each one borrows strength from areas like it (the Fay-Herriot model). An area with no sample gets a prediction.
methods-how-answers = Families’ answers to the survey count for what they say. Families who answered stand in for like students who did not.
methods-how-both = Both are combined for each student: an answer where there is one, otherwise a probability from the area, the school and the roster.
methods-how-up = Students are added up to classes, schools, attendance zones, areas and the district. Names play no part.
methods-interval = What the interval means
methods-interval-text = “Between 17% and 22%” is a 90% interval: if we could do the whole thing again many times, about 9 of 10 such ranges would hold the true share. When the intervals of two places overlap a lot, do not rank one above the other.
methods-interval-map = On maps, a place whose interval is wider than { $wide } points is hatched.
methods-barriers = Reasons
methods-barriers-text = A family without Internet is asked why. The reasons are those of the Ed-Fi and CEDS standards: not available, not affordable, not desired, other. Shares are of the students whom the measure counts, not of all students.
methods-withheld = What is not shown
methods-withheld-text = A number about a few students can give a family away. So a figure is not shown, on any page or in any file, when:
methods-withheld-primary = it is about fewer than { $students } students, or it rests on fewer than { $answers } answers alone;
methods-withheld-complementary = with it, one that is withheld for that reason could be worked out, by taking it away from a total;
methods-withheld-cv = it is too uncertain: its standard error is more than { $percent } of the share, and its interval is wide. Such a figure is left out because it would mislead, not because it is secret: where everything around it is shown, it can be worked out, as uncertain as it is.
methods-withheld-coded = Very low and very high shares are shown as “this or less” or “this or more”. All shares are rounded, more so for few students.
methods-limits = What to keep in mind
methods-limits-answers = Families without Internet answer less often. If they differ from those who answer in ways that the roster does not show, the true gap can be larger than the estimate.
methods-limits-areas = Census figures are averages over five years and over all children of an area, not only those in this district’s schools.
methods-limits-availability = FCC data says what a provider offers at an address, not what a family pays for or what reaches the device.
methods-data = The data behind the latest estimate
methods-data-day = The latest estimate was made on { $day }.
methods-data-caption = Data that went in
methods-data-kind = Data
methods-data-vintage = As of
methods-data-rows = Rows
methods-data-table = Census ACS table { $table }
methods-data-counted = Whom figures count, without a roster
methods-data-bdc-fixed = FCC fixed broadband availability
methods-data-bdc-mobile = FCC mobile broadband coverage
methods-data-form477 = FCC Form 477, by block
methods-data-tiles = Speed-test tiles
methods-data-ndt7 = NDT7 speed tests
methods-data-area-table = A table of areas of the district’s own
methods-data-wide-table = A table of areas of the district’s own, a column for each measure
methods-data-model = Figures of areas: { $measure }
methods-data-with = Predicted with { $covariates }
methods-data-no-computers = This table asks about subscriptions and not about computers, so the share can be higher
methods-covariate-of-tract = { $what } in the census tract
methods-covariate-of-county = { $what } in the county
methods-covariate-acs = Census ACS line { $line }
methods-covariate-income = median household income
methods-covariate-speed-down = measured download speed
methods-covariate-speed-up = measured upload speed
methods-covariate-speed-latency = measured delay
methods-covariate-mobile-4g = area with 4G coverage
methods-covariate-mobile-5g = area with 5G coverage
methods-covariate-mobile-5g-fast = area with 5G coverage of 35/3 Mbps
methods-covariate-form477-served = blocks with a provider of 25/3 Mbps
methods-covariate-form477-providers = number of providers
methods-covariate-form477-fastest = fastest download speed on offer
methods-covariate-wired = addresses that are offered { $speed } Mbps by wire
methods-covariate-fixed-wireless = addresses that are offered { $speed } Mbps by fixed wireless
methods-covariate-satellite = addresses that are offered { $speed } Mbps by satellite
methods-covariate-terrestrial = addresses that are offered { $speed } Mbps by wire or fixed wireless
gap-idle-lines = { $n ->
    [one] { $n } lent line is not used.
   *[other] { $n } lent lines are not used.
}
gap-idle-cost = { $n ->
    [one] { $n } lent line is not used. It costs ${ $cost } a month.
   *[other] { $n } lent lines are not used. They cost ${ $cost } a month.
}
