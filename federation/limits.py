"""Every bound of the protocol, by name and with its unit: each can be tested at the limit and beyond it."""

from datetime import timedelta

# Signatures
CLOCK_SKEW = timedelta(hours=1)  # how far ahead of ours another server's clock may be
SIGNATURE_LIFETIME = timedelta(hours=12)  # a signed request is not accepted later than this
SIGNATURE_HEADER_CHARS = 8_192  # one header that we parse: Signature, Signature-Input, a digest
SIGNED_COMPONENTS = 32  # header names and derived components that one signature covers
ACTOR_KEYS = 10  # public keys that one actor may list
RSA_BITS = range(2_048, 8_193)  # shorter can be broken, longer is slow to verify
RSA_EXPONENT_BITS = 33  # a bigger public exponent makes verification as slow as signing
KEY_TEXT_CHARS = 4_096  # a PEM or Multikey text
PUBLIC_KEYS_REMEMBERED = 1_024  # parsed keys kept in memory, a few kB each
PRIVATE_KEYS_REMEMBERED = 512

# Documents: what is longer is cut, what is more is left out; a URI that is longer is no URI
TYPES = 8  # entries of a type array that are looked at
TYPE_CHARS = 200
NAME_CHARS = 2_048  # names of actors and documents, words of tags
SUMMARY_CHARS = 20_480  # what an actor says of itself, and a content warning
CONTENT_CHARS = 200_000
ALT_CHARS = 10_000  # description of a picture
USERNAME_CHARS = 128
LANGUAGE_CHARS = 35  # the longest tag that BCP 47 asks everyone to hold
DATE_CHARS = 64
RECIPIENTS = 250  # of to, and as many of cc
TAGS = 100
MENTIONS = 50  # of the tags, those that name an actor
ATTACHMENTS = 20
PROFILE_FIELDS = 50
ALSO_KNOWN_AS = 256
IMPLEMENTED = 100  # specifications that a server says it implements
OBJECTS = 50  # things that one activity is about: a report names several
COLLECTION_ITEMS = 200  # of one page
NESTING = 4  # Announce, Create and Note are three
TOTAL = 2**31 - 1  # a count that the other server claims

# WebFinger
RESOURCE_CHARS = 2_048  # `resource` of a query
JRD_LINKS = 100

# The network
URI_CHARS = 2_048
SHORT_URI_CHARS = 256  # one that is no longer is remembered with its parts ...
URIS_REMEMBERED = 4_096  # ... while it is among the last so many
CONNECT_SECONDS = 5  # a free connection, the name, TCP and TLS
READ_SECONDS = 10  # between two pieces of an answer
FETCH_SECONDS = 30  # all of it, redirects included
REDIRECTS = 3
JSON_BYTES = 1_048_576  # of a document, after decompression
MEDIA_BYTES = 8 * 1_048_576  # of a picture, after decompression
ANSWER_HEADERS = 64
ANSWER_HEADER_BYTES = 8_190  # each
CONNECTIONS = 100
CONNECTIONS_PER_HOST = 2
NAME_THREADS = 8  # that look up names, for each client
FAILED_NAME_SECONDS = 60  # a name that could not be looked up is not tried again
FAILED_NAMES_REMEMBERED = 1_000
FETCHES_PER_REQUEST = 20  # what one incoming message may make us fetch
RETRY_AFTER = timedelta(days=7)  # a longer wait is not believed

# Parsing
JSON_DEPTH = 64  # levels of nesting
JSON_INTEGER = 2**53 - 1  # either sign; beyond it some programs round (RFC 7493)
JSON_NUMBER_CHARS = 64

# Resolving
FAILED_FETCH_SECONDS = 300  # a URI that failed is not asked for again
FAILED_FETCHES_REMEMBERED = 10_000
NEW_HOSTS_PER_DOMAIN = 10  # never seen before, below one registrable domain ...
NEW_HOSTS_SECONDS = 60  # ... within this time
DOMAINS_REMEMBERED = 10_000
HANDLE_CHARS = 512

# Keys and deliveries
KEY_REFETCH = timedelta(minutes=5)  # a key that does not fit is asked for once in this time
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
PROOF_LIFETIME = timedelta(days=12)  # of what others pass on; processed ids are kept for longer
LONGEST_WISH = timedelta(days=1)  # of a Retry-After that a post obeys
GIVE_UP = timedelta(days=8)  # a post that could not be sent for so long is dropped
HOST_ASLEEP = timedelta(days=1)  # of failures: from then on one probe in PROBE
PROBE = timedelta(days=1)
AWAY = timedelta(minutes=10)  # of failures: little has gathered for a host that was down for less
RAMP = timedelta(minutes=1)  # a host that came back gets twice as much after each

# The gate
GATE_SECONDS = 12  # for the key of one post: who waits for our answer has a deadline too
KEY_FETCHES = 8  # at once, of hosts that we know
KEY_FETCHES_OF_STRANGERS = 12  # at once, of all others
KEY_FETCHES_PER_HOST = 2  # at once
WAITING_POSTS = 64  # for the keys of others; as many for those of hosts that we know
WAITING_POSTS_PER_HOST = 24
POSTS = 256  # that are checked and stored at once, those included that wait for a key
INBOX_BODY_SECONDS = 15  # until the last byte of a post has come

# Serving
ANSWERS_REMEMBERED = 1_000  # ready answers to those who do not sign ...
ANSWER_BYTES_REMEMBERED = 8 * 1_048_576  # ... of all together
ANSWER_SECONDS = 5  # so long one is given again without a question
LOOK_UPS = 8  # of what is not remembered, at once ...
LOOK_UPS_WAITING = 200  # ... so many more wait for their turn ...
LOOK_UP_SECONDS = 2.0  # ... for so long
BUSY_SECONDS = 30  # until whoever found no place may come back
PUBLIC_SECONDS = 120  # so long others may keep what is public
ACCEPT_CHARS = 1_024  # of a header Accept, the part that is read
QUERY_FIELDS = 20
REFUSALS_LOGGED = 100  # lines about what others sent wrongly, within ...
REFUSALS_LOGGED_SECONDS = 60  # ... this time; each host and reason once
