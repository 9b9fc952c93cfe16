"""fediverse-pasture's six actors and their verifier behind a proxy; runs in an environment of its own.

Its packages want older ones than ours: `make` installs them from requirements.lock into .venv/pasture.
The first line of JSON that it prints says where it listens.
"""

import json
import socket
import sys

import uvicorn
from fediverse_pasture.verify_actor import build_app


def main() -> None:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # who asks before the first turn of the loop waits, and is not refused
    app = build_app(False, sys.argv[1], True, 20)
    print(json.dumps({"address": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listener])


if __name__ == "__main__":
    main()
