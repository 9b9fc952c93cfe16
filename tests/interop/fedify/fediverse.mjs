// One person of the fediverse on Fedify: who they are, what they published, what reached them.
import {
  createFederation,
  exportJwk,
  generateCryptoKeyPair,
  importJwk,
  MemoryKvStore,
} from "@fedify/fedify";
import {
  Accept,
  Activity,
  Announce,
  Create,
  Delete,
  Endpoints,
  Follow,
  isActor,
  Join,
  Leave,
  Like,
  Mention,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Reject,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";

export const NAME = "alice";
const URI = /^https:\/\//;

export async function makeFederation({ store, origin, firstKnock, strict }) {
  const federation = createFederation({
    kv: new MemoryKvStore(),
    origin,
    firstKnock,
    allowPrivateAddress: true,
    signatureTimeWindow: { minutes: 5 },
  });
  if (store.get("profile", NAME) === undefined) {
    store.put("profile", NAME, { name: "Alice", summary: "", deleted: false });
    for (const algorithm of ["RSASSA-PKCS1-v1_5", "Ed25519"]) {
      const { privateKey, publicKey } = await generateCryptoKeyPair(algorithm);
      store.put("key", algorithm, [await exportJwk(privateKey), await exportJwk(publicKey)]);
    }
  }
  serve(federation, { store, strict });
  listen(federation, store);
  return federation;
}

const keyPairs = (store) =>
  Promise.all(
    store.all("key").map(async ([secret, open]) => ({
      privateKey: await importJwk(secret, "private"),
      publicKey: await importJwk(open, "public"),
    })),
  );

// ------------------------------------------------------------------ documents

function serve(federation, { store, strict }) {
  const signed = async (context) => !strict || (await context.getSignedKey()) !== null;
  federation
    .setActorDispatcher("/users/{identifier}", async (context, name) => {
      if (name !== NAME) return null;
      if (store.get("profile", NAME).deleted) return new Tombstone({ id: context.getActorUri(NAME) });
      return actorOf(context, store);
    })
    .setKeyPairsDispatcher(() => keyPairs(store))
    .mapHandle((_, name) => name)
    .authorize(signed);
  federation
    .setObjectDispatcher(Note, "/notes/{id}", (context, { id }) => {
      const note = store.get("note", id);
      return note && !note.deleted && !note.secret ? noteOf(context, note) : null;
    })
    .authorize(signed);
  federation.setOutboxDispatcher("/users/{identifier}/outbox", (context) => ({
    items: notes(store).map((note) => createOf(context, note)),
  })).setCounter(() => notes(store).length);
  federation
    .setFollowersDispatcher("/users/{identifier}/followers", () => ({
      items: store.all("follower").map(recipientOf),
    }))
    .setCounter(() => store.all("follower").length);
  federation
    .setFollowingDispatcher("/users/{identifier}/following", () => ({
      items: following(store).map((followed) => new URL(followed.actor)),
    }))
    .setCounter(() => following(store).length);
}

const notes = (store) => store.all("note").filter((note) => !note.deleted && !note.secret);
export const following = (store) => store.all("following").filter((followed) => followed.accepted);

async function actorOf(context, store) {
  const { name, summary } = store.get("profile", NAME);
  const keys = await context.getActorKeyPairs(NAME);
  return new Person({
    id: context.getActorUri(NAME),
    preferredUsername: NAME,
    name,
    summary,
    url: new URL(`/@${NAME}`, context.origin),
    inbox: context.getInboxUri(NAME),
    endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
    outbox: context.getOutboxUri(NAME),
    followers: context.getFollowersUri(NAME),
    following: context.getFollowingUri(NAME),
    publicKey: keys[0].cryptographicKey,
    assertionMethods: keys.map((key) => key.multikey),
  });
}

const instant = (text) => (text ? Temporal.Instant.from(text) : null);
const urlOf = (text) => (text ? new URL(text) : null);

function addresses(context, note) {
  if (note.secret) return { tos: note.mentions.map((mention) => new URL(mention.actor)) };
  return {
    tos: [PUBLIC_COLLECTION],
    ccs: [context.getFollowersUri(NAME), ...note.mentions.map((mention) => new URL(mention.actor))],
  };
}

function noteOf(context, note) {
  return new Note({
    id: context.getObjectUri(Note, { id: note.id }),
    url: new URL(`/@${NAME}/${note.id}`, context.origin),
    attribution: context.getActorUri(NAME),
    content: note.content,
    mediaType: "text/html",
    replyTarget: urlOf(note.inReplyTo),
    published: instant(note.published),
    updated: instant(note.updated),
    tags: note.mentions.map(({ actor, handle }) => new Mention({ href: new URL(actor), name: handle })),
    ...addresses(context, note),
  });
}

const createOf = (context, note) =>
  new Create({
    id: new URL(`/notes/${note.id}/activity`, context.origin),
    actor: context.getActorUri(NAME),
    object: noteOf(context, note),
    published: instant(note.published),
    ...addresses(context, note),
  });

// ------------------------------------------------------------------ what arrives

const recipientOf = ({ actor, inbox, sharedInbox }) => ({
  id: new URL(actor),
  inboxId: new URL(inbox),
  endpoints: sharedInbox ? { sharedInbox: new URL(sharedInbox) } : null,
});

const stored = (actor) => ({
  actor: actor.id.href,
  inbox: actor.inboxId.href,
  sharedInbox: actor.endpoints?.sharedInbox?.href ?? null,
  name: String(actor.name ?? ""),
  summary: String(actor.summary ?? ""),
});

function listen(federation, store) {
  federation
    .setInboxListeners("/users/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => ({ identifier: NAME }))
    .on(Follow, async (context, follow) => {
      const actor = await follow.getActor(context);
      if (context.parseUri(follow.objectId)?.identifier !== NAME || !actor?.inboxId) return;
      store.put("follower", actor.id.href, stored(actor));
      await send(context, actor, new Accept({ ...fresh(context), object: follow }));
    })
    .on(Accept, (_, accept) => answered(store, accept, true))
    .on(Reject, (_, reject) => answered(store, reject, false))
    .on(Create, async (context, create) => keep(store, await create.getObject(context)))
    .on(Update, async (context, update) => keep(store, await update.getObject(context)))
    .on(Delete, (_, { objectId, actorId }) => {
      const note = store.get("seen", objectId.href);
      if (note) store.put("seen", objectId.href, { ...note, deleted: true });
      if (objectId.href === actorId.href) forget(store, actorId.href);
    })
    .on(Like, (_, like) => reacted(store, "Like", like))
    .on(Announce, (_, announce) => reacted(store, "Announce", announce))
    .on(Undo, async (context, undo) => {
      const undone = await undo.getObject(context);
      if (undone instanceof Follow) store.remove("follower", undone.actorId.href);
      else if (undone?.id) store.remove("reaction", undone.id.href);
    })
    .on(Activity, () => {});
}

// By the id of what was asked: a Follow, or a Join.
function answered(store, { actorId, objectId }, accepted) {
  if (objectId) store.put("answer", objectId.href, { asked: objectId.href, actor: actorId.href, accepted });
  const asked = store.get("following", actorId.href);
  if (asked?.follow === objectId?.href) store.put("following", actorId.href, { ...asked, accepted });
}

function keep(store, object) {
  if (isActor(object)) store.put("actor", object.id.href, stored(object));
  else if (object?.id) store.put("seen", object.id.href, described(object));
}

const described = (object) => ({
  id: object.id.href,
  type: object.constructor.name,
  name: object.name ? String(object.name) : null,
  content: String(object.content ?? ""),
  author: object.attributionId?.href ?? null,
  inReplyTo: object.replyTargetId?.href ?? null,
  updated: object.updated?.toString() ?? null,
  deleted: false,
});

function reacted(store, type, activity) {
  const [actor, object] = [activity.actorId.href, activity.objectId.href];
  store.put("reaction", activity.id.href, { id: activity.id.href, type, actor, object });
}

function forget(store, actor) {
  store.remove("follower", actor);
  store.remove("following", actor);
  store.put("gone", actor, actor);
}

// ------------------------------------------------------------------ what alice does

const fresh = (context, path = `/activities/${crypto.randomUUID()}`) => ({
  id: new URL(path, context.origin),
  actor: context.getActorUri(NAME),
});

const send = (context, recipients, activity) =>
  context.sendActivity({ identifier: NAME }, recipients, activity, { preferSharedInbox: true });

// Everybody whom a public post concerns: followers, and whoever is named or answered in it.
const readers = (store, others) => [...store.all("follower").map(recipientOf), ...others.filter(Boolean).map(recipientOf)];

// An actor or a post elsewhere, as alice may see it: by handle or URI, asked for with her signature.
export async function find(context, text) {
  const documentLoader = await context.getDocumentLoader({ identifier: NAME });
  const found = await context.lookupObject(URI.test(text) ? new URL(text) : text, { documentLoader });
  if (found === null) throw new Error(`nothing is behind ${text}`);
  return found;
}

async function findAuthor(context, object) {
  const documentLoader = await context.getDocumentLoader({ identifier: NAME });
  return stored(await object.getAttribution({ ...context, documentLoader }));
}

export const commands = {
  async follow(context, store, { whom }) {
    const actor = await find(context, whom);
    const follow = new Follow({ ...fresh(context), object: actor.id });
    store.put("following", actor.id.href, { ...stored(actor), follow: follow.id.href, accepted: null });
    await send(context, actor, follow);
    return { actor: actor.id.href, follow: follow.id.href };
  },

  // Some servers forget the id of what they take back, and make up another.
  async unfollow(context, store, { whom, forgetful = false }) {
    const actor = await find(context, whom);
    const { follow } = store.get("following", actor.id.href);
    const id = forgetful ? fresh(context).id : new URL(follow);
    const object = new Follow({ ...fresh(context), id, object: actor.id });
    store.remove("following", actor.id.href);
    await send(context, actor, new Undo({ ...fresh(context), object }));
  },

  // As an administrator of Mastodon does it: of a relay one follows the public collection, at its own inbox.
  async subscribe(context, store, { relay }) {
    const follow = new Follow({ ...fresh(context), object: PUBLIC_COLLECTION });
    store.put("mine", `Follow ${relay}`, follow.id.href);
    await send(context, relayOf(relay), follow);
    return { uri: follow.id.href };
  },

  async unsubscribe(context, store, { relay }) {
    const id = new URL(store.get("mine", `Follow ${relay}`));
    const object = new Follow({ ...fresh(context), id, object: PUBLIC_COLLECTION });
    await send(context, relayOf(relay), new Undo({ ...fresh(context), object }));
  },

  // A group, or something that has an author, who decides.
  async join(context, store, { uri }) {
    const thing = await find(context, uri);
    const host = isActor(thing) ? stored(thing) : await findAuthor(context, thing);
    const join = new Join({ ...fresh(context), object: thing.id, published: Temporal.Now.instant() });
    store.put("mine", `Join ${uri}`, { id: join.id.href, author: host });
    await send(context, recipientOf(host), join);
    return { uri: join.id.href };
  },

  async part(context, store, { uri }) {
    const { author } = store.get("mine", `Join ${uri}`);
    const leave = new Leave({ ...fresh(context), object: new URL(uri), published: Temporal.Now.instant() });
    await send(context, recipientOf(author), leave);
  },

  async post(context, store, { text, mention = [], inReplyTo = null }) {
    const target = inReplyTo && (await find(context, inReplyTo));
    const mentions = await Promise.all(
      mention.map(async (handle) => ({ ...stored(await find(context, handle)), handle })),
    );
    const author = target && (await findAuthor(context, target));
    if (author) mentions.push({ ...author, handle: author.actor });
    const id = crypto.randomUUID();
    const published = Temporal.Now.instant().toString();
    const content = `<p>${text}</p>`;
    const note = store.put("note", id, { id, content, mentions, inReplyTo, published, updated: null });
    await send(context, readers(store, mentions), createOf(context, note));
    return { uri: context.getObjectUri(Note, { id }).href };
  },

  // In private: what is answered may be for her alone, so nobody is asked for it.
  async whisper(context, store, { text, to, inReplyTo = null }) {
    const mentions = [{ ...stored(await find(context, to)), handle: to }];
    const id = crypto.randomUUID();
    const published = Temporal.Now.instant().toString();
    const content = `<p>${text}</p>`;
    const note = { id, content, mentions, inReplyTo, published, updated: null, secret: true };
    await send(context, mentions.map(recipientOf), createOf(context, store.put("note", id, note)));
    return { uri: context.getObjectUri(Note, { id }).href };
  },

  async edit(context, store, { uri, text }) {
    const note = store.get("note", context.parseUri(new URL(uri)).values.id);
    const updated = Temporal.Now.instant().toString();
    store.put("note", note.id, Object.assign(note, { content: `<p>${text}</p>`, updated }));
    const update = new Update({ ...fresh(context), object: noteOf(context, note), ...addresses(context, note) });
    await send(context, readers(store, note.mentions), update);
  },

  async delete(context, store, { uri }) {
    const note = store.get("note", context.parseUri(new URL(uri)).values.id);
    store.put("note", note.id, Object.assign(note, { deleted: true }));
    const object = new Tombstone({ id: new URL(uri) });
    const gone = new Delete({ ...fresh(context), object, ...addresses(context, note) });
    await send(context, readers(store, note.mentions), gone);
  },

  like: (context, store, { uri }) => react(context, store, { type: Like, uri, audience: {} }),

  boost: (context, store, { uri }) =>
    react(context, store, {
      type: Announce,
      uri,
      audience: { to: PUBLIC_COLLECTION, cc: context.getFollowersUri(NAME), published: Temporal.Now.instant() },
    }),

  unlike: (context, store, { uri }) => unreact(context, store, { type: Like, uri }),

  unboost: (context, store, { uri }) => unreact(context, store, { type: Announce, uri }),

  async profile(context, store, { name, summary }) {
    store.put("profile", NAME, { name, summary, deleted: false });
    const update = new Update({
      ...fresh(context),
      object: await actorOf(context, store),
      to: PUBLIC_COLLECTION,
    });
    await send(context, readers(store, following(store)), update);
  },

  // As others do it: the actor is gone from the web before the news of it is sent.
  async leave(context, store) {
    store.put("profile", NAME, { ...store.get("profile", NAME), deleted: true });
    const gone = new Delete({ ...fresh(context), object: context.getActorUri(NAME), to: PUBLIC_COLLECTION });
    await send(context, readers(store, following(store)), gone);
  },

  async look(context, _, { uri }) {
    const object = await find(context, uri);
    return { type: object.constructor.name, document: await object.toJsonLd(context) };
  },
};

const relayOf = (relay) => ({ id: new URL(relay), inboxId: new URL(`${relay}/inbox`), endpoints: null });

async function react(context, store, { type, uri, audience }) {
  const object = await find(context, uri);
  const author = await findAuthor(context, object);
  const reaction = new type({ ...fresh(context), object: object.id, ...audience });
  store.put("mine", `${type.name} ${uri}`, { id: reaction.id.href, author });
  await send(context, type === Announce ? readers(store, [author]) : recipientOf(author), reaction);
  return { uri: reaction.id.href };
}

async function unreact(context, store, { type, uri }) {
  const { id, author } = store.get("mine", `${type.name} ${uri}`);
  const object = new type({ ...fresh(context), id: new URL(id), object: new URL(uri) });
  const undo = new Undo({ ...fresh(context), object, ...(type === Announce ? { to: PUBLIC_COLLECTION } : {}) });
  await send(context, type === Announce ? readers(store, [author]) : recipientOf(author), undo);
}
