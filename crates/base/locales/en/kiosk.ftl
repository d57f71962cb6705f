# Staff
kiosk-title = Kiosk
kiosk-lead = Scan the student’s card, then the device. If the server cannot be reached, go on: scans are kept in this browser and sent when it is back, each once. Do not close this page before none waits.
kiosk-no-script = The kiosk needs a script. The counter works without one.
kiosk-scan = Scan a student or a device
kiosk-sound = Sound
kiosk-last = Last scans
kiosk-waits = Scans that wait for the server: %
kiosk-kept = Kept
kiosk-sign-in = Sign in again in another window. What was scanned is kept.
kiosk-refused = The server did not take this scan:
kiosk-here = At the counter: %
kiosk-nobody = Nobody is at the counter.
kiosk-wrong = The scan could not be read.
kiosk-refused-late = Refused after an outage
kiosk-refused-lead = These were scanned while the server could not be reached, and were refused when it could. The devices may be out of the door. This list stays until it is worked off.
kiosk-worked = The list is worked off
