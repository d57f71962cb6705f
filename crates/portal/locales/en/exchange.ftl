exchange-problems-caption = { $n ->
    [one] 1 problem
   *[other] { $n } problems
}
exchange-problems-more = The first { $n } are shown here.
exchange-problems-csv = Download the problems as CSV
exchange-file = File
exchange-line = Line
exchange-column = Column
exchange-said = The file says
exchange-wanted = What is wanted
