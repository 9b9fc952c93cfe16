"""How tests start Chromium: quiet, and without what costs time and nobody sees."""

import os

# What costs a new window more than the page that it shows: its address bar is two pages of their own, and a
# process waits for a page that nobody will open.
UNSEEN = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI"),
    "SpareRendererForSitePerProcess",
]
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
    f"--disable-features={','.join(UNSEEN)}",
    "--js-flags=--no-opt",  # no script runs for so long that a second compiler would pay
    # Chromium refuses to put root into its sandbox.
    *([] if os.geteuid() else ["--no-sandbox"]),
]
# The tests talk to the site alone: no look-up, no update, no safe-browsing list.
SITE_ALONE = "--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
NOBODY = "--host-resolver-rules=MAP * ~NOTFOUND"
