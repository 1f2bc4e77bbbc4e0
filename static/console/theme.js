// The theme switch without a page load. The server has already put the chosen theme on <html>, so nothing flashes.
import { word } from "./words.js";

const ORDER = ["system", "light", "dark"];
const ICONS = { system: "device-desktop", light: "sun", dark: "moon" };

export function theme() {
  return document.documentElement.dataset.theme ?? "system";
}

export function setTheme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  remember("theme", name);
  for (const button of document.querySelectorAll("button[name=theme]")) {
    if ("themeCycle" in button.dataset) showOnCycle(button, name);
    else button.setAttribute("aria-pressed", String(button.value === name));
  }
  // Charts are drawn in colours read from the page.
  document.dispatchEvent(new CustomEvent("leveret:theme"));
}

export function nextTheme() {
  setTheme(ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length]);
}

// The same cookie that the form sets.
export function remember(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `leveret_${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
}

function showOnCycle(button, name) {
  button.value = ORDER[(ORDER.indexOf(name) + 1) % ORDER.length];
  button.title = word("Theme: %(theme)s", { theme: word(name) });
  button.setAttribute("aria-label", button.title);
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#i-${ICONS[name]}`));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=theme]");
  if (!button) return;
  event.preventDefault();
  setTheme(button.value);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("leveret:theme"));
});
