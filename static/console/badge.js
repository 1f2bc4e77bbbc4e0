// Says whether what is shown is now, and since when not.
import { clock, freeze } from "./times.js";
import { word } from "./words.js";

const badge = document.getElementById("live");
const lost = document.getElementById("lost");
const LOOKS = {
  connecting: ["is-off", "Connecting", "The page shows the moment it was loaded"],
  live: ["is-ok", "Live", "Updates arrive as they happen"],
  polling: ["is-warn", "Polling", "The store announces no changes; the console asks every second whether there are any"],
  partly: ["is-warn", "Partly live", "What is grey is old: its server does not answer"],
  blind: ["is-error", "Not live", "The store does not answer"],
  held: ["is-warn", "Held", "Updates wait until you let go of the selection"],
  resting: ["is-off", "Resting", "The tab was hidden"],
  lost: ["is-error", "Not live", "The connection to the console is lost"],
};

export function show(state, { at = null } = {}) {
  if (!badge) return;
  const [tone, name, title] = LOOKS[state];
  const bad = tone === "is-error";
  badge.classList.toggle("is-error", bad);
  badge.title = word(title);
  badge.querySelector(".dot").className = `dot ${tone}`;
  setText(badge.querySelector("b"), word(name));
  const note = badge.querySelector("[data-live-note]");
  note.classList.toggle("muted", !bad);
  setText(note, at ? (bad ? word("since %(time)s", { time: clock(at) }) : clock(at)) : "");
  document.body.dataset.link = state;
  freeze(state === "lost" ? at : null);
}

export function showLost({ at, text, title, next = "", retry = null }) {
  show("lost", { at });
  setText(lost.querySelector("[data-lost-title]"), title ?? word("The connection to the console is lost."));
  setText(lost.querySelector("[data-lost-text]"), text ?? word("What you see is from %(time)s and does not change.", { time: clock(at) }));
  setText(lost.querySelector("[data-lost-next]"), next);
  const button = lost.querySelector("[data-lost-retry]");
  if (retry) setText(button, retry);
  lost.hidden = false;
}

export function showNext(text) {
  setText(lost.querySelector("[data-lost-next]"), text);
}

export function hideLost() {
  if (lost) lost.hidden = true;
}

export function onRetry(run) {
  lost?.querySelector("[data-lost-retry]").addEventListener("click", run);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
