# What is handed over with a device.
kit-title = Kits
kit-lead = What is handed over with a device: a case, a charger, a cable. It is kept with each loan, and asked for at the return.
kit-parts = Parts
kit-part = Part
kit-part-hint = Such as a charger. One of the same name is changed.
kit-spares = In store
kit-lacking = Devices without
kit-part-store = Store the part
kit-of-kind = { $kind }: all other models
kit-missing = What did not come back?
kit-with = with { $parts }
kit-without = Parts that this device is without
kit-new = A new one from the store
kit-found = It is here again
kit-wrong = A part has a name, and there are 0 to 100,000 of it.
kit-none = None of it is in store, or the device has it already.
