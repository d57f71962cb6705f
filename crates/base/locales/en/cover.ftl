# Which carrier serves a student's home.
cover-title = Carriers at this home
cover-yes = Serves
cover-serves = { $carrier } tells the FCC that it serves this place outdoors with { $down } Mbit/s down and { $up } up ({ $day }). Indoors it may be less.
cover-not = { $carrier } does not tell the FCC that it serves this place ({ $day }).
cover-unknown-providers = Which carrier serves this home is not known: say on the page of plans which FCC provider each carrier is.
cover-unknown-claims = Which carrier serves this home is not known: the FCC’s mobile coverage is not loaded.
cover-unknown-home = Which carrier serves this home is not known: nobody knows where it is.
cover-providers = Which provider a carrier is
cover-providers-lead = With the FCC’s number of each carrier and the FCC’s mobile coverage, the counter says which carrier serves a student’s home. The number is the provider ID in the files of the FCC’s National Broadband Map.
cover-provider = FCC provider number
