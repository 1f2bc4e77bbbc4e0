// Dead letters: a letter opens beside the list without leaving it, and a selection acts in place.
import { openFrom } from "./dialogs.js";
import { press } from "./keys.js";
import { current, moveTo } from "./rows.js";
import { send } from "./send.js";
import { many } from "./words.js";

const place = document.getElementById("letter");
const selection = document.getElementById("selection");

async function open(url) {
  try {
    const response = await fetch(url, { headers: { "HX-Request": "true", "HX-Target": "div#letter" } });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    place.innerHTML = await response.text();
  } catch {
    location.assign(url);
    return;
  }
  history.replaceState(null, "", url);
  document.dispatchEvent(new CustomEvent("leveret:views"));
  const id = new URL(url, location.href).searchParams.get("at");
  moveTo(document.getElementById(`dead-${id}`));
}

function shut() {
  const link = place.querySelector("[data-letter-close]");
  if (!link) return false;
  history.replaceState(null, "", link.href);
  place.replaceChildren();
  document.dispatchEvent(new CustomEvent("leveret:views"));
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("a[data-letter], a[data-letter-close]");
  if (!link || !place) return;
  event.preventDefault();
  if ("letter" in link.dataset) open(link.href);
  else shut();
});

press(" ", () => {
  const link = current()?.querySelector("a[data-letter]");
  if (!link) return false;
  open(link.href);
});
press("Escape", shut);
press("r", () => place?.querySelector(".primary")?.click() ?? false);

document.addEventListener("leveret:selection", ({ detail: { ids } }) => {
  const count = selection?.querySelector("[data-picked]");
  if (count) count.textContent = many("%(number)s selected", "%(number)s selected", ids.length);
});

selection?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(selection);
  if ("ask" in event.submitter.dataset) {
    const url = new URL(event.submitter.formAction);
    for (const id of data.getAll("job")) url.searchParams.append("job", id);
    openFrom(url);
    return;
  }
  const response = await send(selection, event.submitter);
  if (response?.ok) selection.reset();
});
// A row that has left the dead letters has no box any more, and is selected no longer.
document.addEventListener("leveret:renewed", () => {
  for (const row of document.querySelectorAll("#dead tr.is-selected:not(:has(.check))")) row.classList.remove("is-selected");
});
selection?.addEventListener("reset", () => {
  for (const box of document.querySelectorAll("#dead input.check")) {
    box.checked = false;
    box.indeterminate = false;
    box.closest("tr")?.classList.remove("is-selected");
  }
});
