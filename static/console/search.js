// A search that goes on by itself: each step is a request, and its answer takes the place of the one before. Stopping is
// not asking again; nothing runs on the server between two steps.
import { whenFree } from "./hold.js";
import { morph } from "./morph.js";
import { word } from "./words.js";

const SAY_EVERY = 10_000;
const say = document.getElementById("say");
let asking = null;
let said = 0;

const banner = () => document.getElementById("searching");

function tell(always = false) {
  const now = Date.now();
  if (!always && now - said < SAY_EVERY) return;
  said = now;
  const { found, looked } = banner().dataset;
  say.textContent = word("%(looked)s jobs looked at, %(found)s found", { looked, found });
}

function show(running) {
  const on = document.getElementById("search-on");
  const stop = document.getElementById("search-stop");
  if (on) on.hidden = running;
  if (stop) stop.hidden = !running;
}

async function put(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const { list: name } = banner().dataset;
  const list = document.getElementById(name);
  const [newList, newBanner] = [fresh.getElementById(name), fresh.getElementById("searching")];
  if (!newList || !newBanner) throw new Error("not a step of a search");
  const focus = document.activeElement?.id;
  banner().replaceWith(document.importNode(newBanner, true));
  show(true);
  if (focus === "search-stop") document.getElementById("search-stop")?.focus();
  await new Promise((resolve) => {
    whenFree(list, () => {
      list.dataset.live = newList.dataset.live;
      list.dataset.liveSeen = newList.dataset.liveSeen;
      morph(list, newList.innerHTML).then(resolve);
    });
  });
  document.dispatchEvent(new CustomEvent("leveret:views"));
}

async function run() {
  asking = new AbortController();
  const { signal } = asking;
  show(true);
  try {
    while (!signal.aborted && banner()?.dataset.on) {
      await visible();
      const headers = { "HX-Request": "true", "HX-Request-Type": "partial" };
      const response = await fetch(banner().dataset.on, { headers, signal });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const html = await response.text();
      if (signal.aborted) return;
      await put(html);
      tell();
    }
    if (banner()) tell(true);
  } catch {
    // The link is still there: it goes on from the last answer.
  } finally {
    show(false);
  }
}

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}

document.addEventListener("click", (event) => {
  if (event.target.closest("#search-stop")) {
    asking?.abort();
    show(false);
    document.getElementById("search-on")?.focus();
  } else if (event.target.closest("#search-on") && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    run();
    document.getElementById("search-stop")?.focus();
  }
});
if (banner()?.dataset.on) run();
