// What each request carries to prove who sent it, verified by Fedify's own functions one by one:
// its inbox stops at the first that holds, and does not say which.
import { verifyProof, verifyRequestDetailed } from "@fedify/fedify";
import { Activity } from "@fedify/vocab";

// Keys of actors that are gone since: their last words are signed with them.
const keys = new Map();
const keyCache = {
  get: async (id) => keys.get(id.href) ?? undefined,
  set: async (id, key) => void keys.set(id.href, key),
};

export async function examine({ documentLoader, contextLoader }, request) {
  const loaders = { documentLoader, contextLoader, keyCache };
  const activity = request.method === "POST" ? await json(request) : null;
  return {
    scheme: schemeOf(request.headers),
    ...(await verifiedSigner(request, loaders)),
    proof: activity && (await proofOf(activity, loaders).catch((error) => `wrong: ${error}`)),
    activity,
  };
}

const json = (request) => request.clone().json().catch(() => null);

function schemeOf(headers) {
  if (headers.has("signature-input")) return "rfc9421";
  return headers.has("signature") ? "draft-cavage-http-signatures-12" : null;
}

async function verifiedSigner(request, loaders) {
  if (!schemeOf(request.headers)) return { signer: null };
  const result = await verifyRequestDetailed(request.clone(), loaders);
  if (result.verified) return { signer: result.key.ownerId?.href ?? null, key: result.key.id?.href ?? null };
  return { signer: null, problem: result.reason.type };
}

// "none", "verified" or "wrong": of every proof that the activity carries; "wrong" too where JSON-LD sees none.
async function proofOf(document, loaders) {
  if (!document.proof) return "none";
  const { signature: _, ...unsigned } = document;
  const activity = await Activity.fromJsonLd(unsigned, loaders);
  let proofs = 0;
  for await (const proof of activity.getProofs(loaders)) {
    proofs += 1;
    const key = await verifyProof(unsigned, proof, loaders);
    if (!key || !activity.actorIds.some((actor) => actor.href === key.controllerId?.href)) return "wrong";
  }
  return proofs ? "verified" : "wrong";
}
