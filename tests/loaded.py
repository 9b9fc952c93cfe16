"""All that the program reads before it can answer, read once: see tests/forked.py."""

import gc

from hub.text import LOCALES, gettext, speaking
from hub.web.templates import ENVIRONMENT

for locale in LOCALES:
    with speaking(locale):
        gettext("Sign in")
for template in ENVIRONMENT.list_templates():
    ENVIRONMENT.get_template(template)
gc.collect()
gc.freeze()  # else its pages would be copied in each process, one after the other
