// Keys, by one table. They do nothing while somebody types, and not at all with <html data-keys="off">.
import { current, move, select } from "./rows.js";
import { nextTheme } from "./theme.js";

const bindings = new Map();

// press("r", run) or press("g j", run). run gets the event; where it returns false the key is the browser's.
export function press(keys, run) {
  bindings.set(keys, run);
}

const click = (selector) => document.querySelector(selector)?.click() ?? false;
const follow = (name) => () => click(`.nav a[data-key="${name}"]`);

for (const name of "ojfdqwseba") press(`g ${name}`, follow(name));
press("t", nextTheme);
press("?", () => click("[data-keys]"));
press("/", () => {
  const field = document.querySelector("[data-filter]");
  if (!field) return false;
  field.focus();
  field.select?.();
});
press("j", () => move(1));
press("k", () => move(-1));
press("x", () => select(current()));
press("X", () => select(current(), { upTo: true }));
press("Enter", (event) => (event.target === document.body ? (current()?.querySelector("a[href]")?.click() ?? false) : false));
press(".", () => click(".pill"));
press("[", () => click("a[rel=prev]"));
press("]", () => click("a[rel=next]"));

let first = "";
let timer = 0;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  if (document.documentElement.dataset.keys === "off" || document.querySelector("dialog[open]")) return;
  // A field of a dialog that has just closed keeps the focus until the next frame; nobody types there.
  const field = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (field?.checkVisibility()) return;
  const keys = first ? `${first} ${event.key}` : event.key;
  clearTimeout(timer);
  first = "";
  if (event.key === "g" && keys === "g") {
    first = "g";
    timer = setTimeout(() => (first = ""), 1200);
    return;
  }
  const run = bindings.get(keys);
  if (run && run(event) !== false) event.preventDefault();
});
