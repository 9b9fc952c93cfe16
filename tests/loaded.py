"""All that the program reads before it can answer, read once: see tests/forked.py."""

import gc
from importlib import import_module

from hub.text import LOCALES, gettext, speaking
from hub.web.templates import ENVIRONMENT

for module in (
    "hub.serve",
    "hub.backups",
    "hub.db.dumps.postgres",
    "hub.db.dumps.sqlite",
    "hub.db.listening",
    "hub.setup.command",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
):
    import_module(module)
for locale in LOCALES:
    with speaking(locale):
        gettext("Sign in")
for template in ENVIRONMENT.list_templates():
    ENVIRONMENT.get_template(template)
gc.collect()
gc.freeze()  # else its pages would be copied in each process, one after the other
