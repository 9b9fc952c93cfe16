"""One request to a site on this loopback: python ask.py URL [AUTHORITY]; prints the status, then the body."""

import http.client
import socket
import ssl
import sys
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1])
connection = http.client.HTTPConnection(url.netloc, timeout=60)
connection.sock = socket.create_connection(
    ("127.0.0.1", url.port or {"http": 80, "https": 443}[url.scheme]), timeout=60
)
if url.scheme == "https":
    context = ssl.create_default_context(cafile=sys.argv[2])
    connection.sock = context.wrap_socket(connection.sock, server_hostname=url.hostname)
connection.request("GET", url.path or "/")
answer = connection.getresponse()
print(answer.status, answer.read().decode())
