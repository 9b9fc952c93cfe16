// Passkeys: ask our server what to sign, have the device sign it, send the answer as an ordinary form.
"use strict";

const bytes = text =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), mark => mark.charCodeAt(0));
const text = buffer =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

async function options(form) {
  const body = new URLSearchParams({ _token: form.elements._token.value });
  const answer = await fetch(form.dataset.options, { method: "POST", body });
  if (answer.redirected) location.assign(answer.url); // to show once more who is there
  if (answer.redirected || !answer.ok) throw answer.status === 429 ? "hurried" : "broken";
  const wanted = await answer.json();
  wanted.challenge = bytes(wanted.challenge);
  if (wanted.user) wanted.user.id = bytes(wanted.user.id);
  for (const key of wanted.allowCredentials || wanted.excludeCredentials || []) key.id = bytes(key.id);
  return wanted;
}

function json(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

function say(form, words) {
  const line = document.createElement("p");
  line.className = "err";
  line.textContent = words;
  form.querySelector("[role=alert]").replaceChildren(line);
}

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget, button = form.querySelector("button");
  button.disabled = true;
  try {
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: await options(form) });
    form.elements.credential.value = json(credential);
    form.submit();
  } catch (error) {
    const reasons = { NotAllowedError: "stopped", AbortError: "stopped", InvalidStateError: "known" };
    say(form, form.dataset[typeof error === "string" ? error : reasons[error.name] || "broken"]);
    button.disabled = false;
    button.focus();
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", send);
    form.hidden = false;
  }
  for (const words of document.querySelectorAll("[data-without-passkeys]")) words.hidden = true;
}
