# What families read when they sign
sign-title-out = Sign for your device
sign-title-in = Sign that it is back
sign-agreement = What you agree to
sign-agree = I have read this and I agree.
sign-agree-empty = Check the box to say that you agree.
sign-return = The device is back at the school. Sign so that you have it in writing, too.
sign-name = Your name
sign-name-hint = Type your full name. It counts as your signature.
sign-name-empty = Type your name.
sign-draw = You can also sign here with your finger, a pen or the mouse.
sign-clear = Clear
sign-strokes = The drawing could not be read. Clear it and draw again, or leave it out.
sign-version = The text has changed while you read it. Please read it again.
sign-button = Sign
sign-done = Thank you. It is signed.
# Staff
sign-loan = Loan
sign-sign = Sign
sign-signatures = Signatures
sign-none = Nobody has signed for this loan.
sign-moment-out = At hand-over
sign-moment-in = At return
sign-by-counter = Signed at the counter.
sign-by-phone = Signed on the household’s own phone.
sign-with = with version { $version } of the agreement, { $language }
sign-drawn = The signature of { $name }
sign-square = Link to sign
sign-square-lead = Or let the household scan this with its own phone. It works for one hour.
sign-agreements = Agreements
sign-agreements-lead = What a household agrees to when it gets a device. Each version stays; with each loan is kept which one was signed.
sign-agreement-store = Put this version into force
sign-agreement-none = There is no agreement in this language.
sign-wrong-agreement = Give a text of at most 8,000 characters.
sign-versions = Versions
sign-version-number = Version
sign-since = In force since
sign-signed-loans = Loans signed
sign-unsigned = Loans that nobody has signed for
sign-unsigned-found = { $n ->
    [0] All open loans are signed.
    [one] { $shown } open loan is not signed.
   *[other] { $shown } open loans are not signed.
}
sign-too-late = Nothing was signed. Somebody else has signed already, or the device is not lent any more. Ask at the school.
sign-other-language = This text is not there in English yet. Please ask somebody at the school to read it with you.
sign-warn-missing = There is an agreement in one language alone. Families who read the other are shown that one.
sign-warn-older = The text in one language is older than in the other. Do they say the same?
