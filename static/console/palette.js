// Search or go to: the search page's own answer in a dialog, moved through by the arrow keys.
import { open } from "./dialogs.js";

const palette = document.getElementById("palette");
const input = palette?.querySelector("input");
const place = palette?.querySelector("[data-found]");
const url = document.querySelector("[data-open=palette]")?.getAttribute("href");
let asking = null;
let timer = 0;

const options = () => [...place.querySelectorAll("[role=option]")];
const chosen = () => place.querySelector("[aria-selected=true]");

function choose(option) {
  const before = chosen();
  before?.setAttribute("aria-selected", "false");
  before?.classList.remove("is-on");
  option?.setAttribute("aria-selected", "true");
  option?.classList.add("is-on");
  option?.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option?.id ?? "");
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial" };
    const response = await fetch(`${url}?q=${encodeURIComponent(input.value)}`, { headers, signal });
    if (response.headers.get("HX-Refresh")) location.reload();
    if (!response.ok) throw new Error(String(response.status));
    const html = await response.text();
    if (signal.aborted) return;
    place.innerHTML = html;
    choose(options()[0]);
  } catch {
    if (!signal.aborted) place.textContent = "";
  }
}

function show() {
  open(palette);
  input.select();
  ask();
}

input?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, 100);
});
input?.addEventListener("keydown", (event) => {
  const all = options();
  const at = all.indexOf(chosen());
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    choose(all[(at + step + all.length) % all.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if ((event.metaKey || event.ctrlKey) && chosen()?.href) window.open(chosen().href, "_blank", "noopener");
    else chosen()?.click();
  }
});
place?.addEventListener("pointermove", (event) => choose(event.target.closest("[role=option]") ?? chosen()));
// What it leads to may be a dialog of its own.
place?.addEventListener("click", (event) => event.target.closest("[role=option]") && setTimeout(() => palette.close()));

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open=palette]");
  if (!opener || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  show();
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  show();
});

// Keyboards without ⌘ show what they have.
if (!/Mac|iPhone|iPad/.test(navigator.platform)) {
  const rename = (root) => root.querySelectorAll("kbd[data-mod]").forEach((cap) => (cap.textContent = "Ctrl"));
  rename(document);
  document.addEventListener("leveret:dialog", (event) => rename(event.target));
}
