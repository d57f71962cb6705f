# Staff
program-title = Programs
program-lead = Other programs of the district ask the interface with a token, or are told of what happens. Each look at a student’s loans is written down with the token’s name.
program-tokens = Tokens
program-name = What it is for
program-name-hint = Such as the data warehouse or the self-service kiosk.
program-scopes = What it may do
program-scope-devices = Look at devices
program-scope-loans = Look at loans
program-scope-lines = Look at carriers’ lines
program-scope-requests = Look at requests
program-scope-help = Look at cases of the help desk
program-scope-scan = Lend and take back by a scan
program-scope-devices-write = Take in files of devices
program-scope-loans-write = Renew loans, say that devices are lost or found, store notices
program-scope-lines-write = Hold, release and end lines, take in carriers’ files
program-scope-requests-write = Take in requests and take them back, make offers
program-made = Made
program-used = Shown last, UTC
program-revoke = Take it back
program-revoked = Taken back
program-token-make = Make a token
program-secret-token = This is the token. Copy it now: it is shown this once and stored nowhere.
program-secret-webhook = This is the secret with which messages to the receiver are signed. Copy it now: it is shown this once.
program-hooks = Receivers
program-hooks-lead = A receiver is told of what happens, by signed messages (webhooks). They hold ids, no names.
program-url = Address
program-url-hint = https, on one of these hosts: { $hosts }
program-events = Of what
program-told = Told last, UTC
program-failed = { $n ->
    [one] { $shown } try failed
   *[other] { $shown } tries failed
}
program-stop = Stop it
program-stopped = Stopped
program-no-hosts = The server’s settings name no host to which messages may go.
program-hook-make = Add the receiver
program-wrong-token = Say what the token is for, and what it may do.
program-wrong-hook = Give an address with https on a host that the settings name, and choose of what it is told.
