"""What this slice does later or every so often."""

from hub.organisations import mails

jobs = [mails.claim_asked, mails.claim_answer]
