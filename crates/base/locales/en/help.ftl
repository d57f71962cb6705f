# What families read when something does not work
help-family-title = Does something not work?
help-family-lead = Tell us, and we will help you.
help-family-device = Which device?
help-family-trouble = What is wrong?
help-family-said = Is there more that we should know?
help-family-button = Tell the school
help-family-open = You told us on { $day } that { $device } does not work. Somebody will help you soon. You can also bring it to school.
help-family-empty = Choose what is wrong.
help-trouble-power = It does not turn on
help-trouble-internet = There is no Internet
help-trouble-slow = The Internet is slow
help-trouble-broken = It is broken or wet
help-trouble-other = Something else
# Staff
help-title = Help desk
help-lead = Trouble that households report with what they have. Go through the guide with them, swap the device if it must be, and close the case.
help-found = { $n ->
    [0] There is no open case.
    [one] There is { $shown } open case.
   *[other] There are { $shown } open cases.
}
help-open = Open cases
help-closed = Closed cases
help-trouble = Trouble
help-since = Reported
help-outcome = How it ended
help-said = In their own words
help-guide = Guide
help-note = Note
help-close = Close the case
help-swap = Swap the device at the counter
help-report = Report trouble
help-in-warranty = In warranty
help-outcome-fixed = It works again
help-outcome-swapped = Swapped
help-outcome-back = Brought back
help-outcome-nothing = Nothing was wrong
help-step-charge = Charge it for an hour, with its own charger.
help-step-cable = Try another cable and another socket.
help-step-reset = Hold the power button for 20 seconds.
help-step-line = Look at the line above: is it wanted and seen active? If not, see its orders.
help-step-restart = Turn it off, wait a minute, turn it on.
help-step-place = Put it at a window, on the side of the street.
help-step-name = Check the network’s name and password on the device.
help-step-cap = Look at the line’s use: has it reached the plan’s limit?
help-step-others = How many phones and computers use it at once?
help-step-look = Have it brought to school and look at it.
help-step-swap = Give out another one.
help-repairs = Repairs
help-waiting = Devices in repair that are still here
help-waiting-none = There is none.
help-warranty = Warranty
help-warranty-until = Warranty until { $day }
help-warranty-day = Last day of the warranty
help-warranty-pays = The maker pays
help-shop = Who repairs it
help-send = Send it away
help-sent = Sent
help-back = Back
help-away = Away
help-cost = Cost
help-repair-mended = Mended
help-repair-replaced = Replaced
help-repair-hopeless = Cannot be mended
help-wrong-trouble = Choose what is wrong.
help-wrong-shop = Say who repairs it. Only a device in repair is sent away.
help-wrong-day = Give a day, such as 2027-06-30.
