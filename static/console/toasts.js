// What was done, said once. Good news goes by itself; bad news stays until it is closed.
const STAY = 8000;
const ICONS = { ok: "circle-check", warn: "alert-triangle", error: "alert-circle", info: "info-circle" };

export function toast({ text, detail = "", tone = "ok", action = null }) {
  const element = document.getElementById("toast").content.cloneNode(true).firstElementChild;
  element.classList.add(`is-${tone}`);
  element.setAttribute("role", tone === "error" ? "alert" : "status");
  const use = element.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#i-${ICONS[tone] ?? ICONS.info}`));
  element.querySelector("span").textContent = text;
  const paragraph = element.querySelector("p");
  if (detail) paragraph.textContent = detail;
  else paragraph.remove();
  if (action) element.querySelector("[data-toast-close]").before(button(action, element));
  document.getElementById("toasts").append(element);
  leave(element);
  return element;
}

// { label, formaction } acts through the page's form; { label, run } calls a function.
function button({ label, formaction, run }, element) {
  const made = document.createElement("button");
  made.className = "btn";
  made.textContent = label;
  if (formaction) {
    made.setAttribute("form", "act");
    made.setAttribute("formaction", formaction);
  }
  made.addEventListener("click", () => {
    run?.();
    element.remove();
  });
  return made;
}

function leave(element) {
  if (element.classList.contains("is-error")) return;
  let timer = setTimeout(() => element.remove(), STAY);
  // Who reads it, or is on its button, is not hurried.
  for (const name of ["pointerenter", "focusin"]) element.addEventListener(name, () => clearTimeout(timer));
  for (const name of ["pointerleave", "focusout"]) {
    element.addEventListener(name, () => (timer = setTimeout(() => element.remove(), STAY / 2)));
  }
}

document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest(".toast").remove());
document.addEventListener("leveret:toast", (event) => toast(event.detail));
document.querySelectorAll("#toasts > .toast").forEach(leave);
