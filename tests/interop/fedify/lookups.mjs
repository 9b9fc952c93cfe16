// What an activity names, asked for by anybody, while whoever sent it waits for our answer: many servers do so.
const ASKED = ["Create", "Update", "Announce"];

export async function lookUp(activity) {
  if (!activity || !ASKED.includes(activity.type)) return [];
  const named = [activity.actor, activity.id, activity.object?.id ?? activity.object];
  return Promise.all(named.map((uri) => ask(uri).catch((error) => ({ uri, problem: String(error) }))));
}

async function ask(uri) {
  const headers = { accept: "application/activity+json" };
  const answer = await fetch(uri, { headers, redirect: "manual", signal: AbortSignal.timeout(10_000) });
  const document = await answer.json();
  return { uri, status: answer.status, type: answer.headers.get("content-type"), id: document.id, context: document["@context"] };
}
