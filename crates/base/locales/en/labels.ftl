# Staff
label-title = Labels to print
label-lead = One for each device of the list. In the print window choose actual size and no margins.
label-sheet = Sheet
label-sheet-letter30 = 30 on a Letter sheet, 2 5/8 by 1 inch
label-sheet-letter10 = 10 on a Letter sheet, 4 by 2 inches
label-sheet-letter80 = 80 on a Letter sheet, 1 3/4 by 1/2 inch
label-sheet-roll = Roll, 2 1/4 by 1 1/4 inches
label-code = What is on them
label-code-both = Bars and a square
label-code-bars = Bars (Code 128)
label-code-square = A square (QR code)
label-skip = Labels of the first sheet that are used
label-found = { $n ->
    [one] { $shown } label.
   *[other] { $shown } labels.
}
label-cut = The first { $n } are shown. Search for fewer.
