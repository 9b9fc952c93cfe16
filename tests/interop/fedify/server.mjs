// A small server of the fediverse on Fedify, over TLS, with a second door for the test that started it.
// It prints one line of JSON when it is ready: its origin, and where the test may ask things of it.
// SCHEME names the HTTP signatures that it speaks: it sends them, and takes no other.
import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { configure, getConsoleSink } from "@logtape/logtape";

import { commands, following, makeFederation, NAME } from "./fediverse.mjs";
import { lookUp } from "./lookups.mjs";
import { examine } from "./signatures.mjs";
import { Store } from "./store.mjs";

const { ADDRESS, PORT = "0", CERTIFICATE, KEY, DATABASE, SCHEME, STRICT } = process.env;
const store = new Store(DATABASE);
const requests = [];

await configure({
  contextLocalStorage: new AsyncLocalStorage(),
  sinks: { console: getConsoleSink() },
  loggers: [
    { category: ["logtape", "meta"], sinks: ["console"], lowestLevel: "warning" },
    { category: "fedify", sinks: ["console"], lowestLevel: process.env.LOG_LEVEL ?? "warning" },
  ],
});

const server = createServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) }, answer);
const control = createPlainServer(obey);
await new Promise((ready) => server.listen(Number(PORT), ADDRESS, ready));
await new Promise((ready) => control.listen(0, "127.0.0.1", ready));
const origin = `https://${ADDRESS}:${server.address().port}`;
const federation = await makeFederation({ store, origin, firstKnock: SCHEME, strict: STRICT === "1" });
console.log(JSON.stringify({ origin, control: `http://127.0.0.1:${control.address().port}` }));

async function answer(incoming, outgoing) {
  const body = incoming.method === "POST" ? await text(incoming) : undefined;
  const request = new Request(`https://${incoming.headers.host}${incoming.url}`, {
    method: incoming.method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value])),
    body,
  });
  const context = federation.createContext(request, undefined);
  // For a post signed, as her inbox asks: the other one knows the keys of five minutes ago. For a question not,
  // or two of this kind would ask each other for ever.
  const isPost = incoming.method === "POST";
  const documentLoader = isPost ? await context.getDocumentLoader({ identifier: NAME }) : context.documentLoader;
  const seen = await examine({ documentLoader, contextLoader: context.contextLoader }, request);
  const lookups = await lookUp(seen.activity);
  const response = refusal(request, seen) ?? (await federation.fetch(request, { contextData: undefined }));
  const agent = incoming.headers["user-agent"];
  requests.push({ method: request.method, path: incoming.url, agent, ...seen, lookups, status: response.status });
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

// Fedify is content with a valid proof alone; most others are not, and neither is this server.
function refusal(request, { scheme, signer }) {
  const told = (reason) => Response.json({ error: reason }, { status: 401 });
  if (scheme && scheme !== SCHEME) return told(`this server does not know ${scheme}`);
  if (request.method === "POST" && !signer) return told("not signed");
  return null;
}

async function obey(incoming, outgoing) {
  const told = (status, value) => {
    outgoing.writeHead(status, { "content-type": "application/json" });
    outgoing.end(JSON.stringify(value ?? null));
  };
  try {
    const name = incoming.url.slice(1);
    if (name === "state") return told(200, state());
    const command = commands[name];
    if (!command) return told(404, { error: `alice cannot ${name}` });
    const details = JSON.parse(await text(incoming));
    return told(200, await command(federation.createContext(new URL(origin), undefined), store, details));
  } catch (error) {
    console.error(error);
    return told(500, { error: String(error) });
  }
}

const state = () => ({
  profile: store.get("profile", NAME),
  followers: store.all("follower").map((follower) => follower.actor),
  following: following(store).map((followed) => followed.actor),
  refused: store.all("following").filter((followed) => followed.accepted === false).map((followed) => followed.actor),
  seen: store.all("seen"),
  actors: store.all("actor"),
  gone: store.all("gone"),
  reactions: store.all("reaction"),
  answers: store.all("answer"),
  requests,
});
