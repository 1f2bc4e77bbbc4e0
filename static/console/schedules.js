// The form of a schedule: what does not apply is out of the way, and the next runs are shown while it is typed.
const form = document.getElementById("schedule");
const PAUSE = 250;
let timer = 0;
let asked = 0;

async function preview() {
  const mine = ++asked;
  const headers = { "HX-Request": "true", "HX-Target": "div#preview" };
  const response = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), headers }).catch(() => null);
  // What was asked meanwhile is newer.
  if (!response?.ok || mine !== asked) return;
  document.getElementById("preview").innerHTML = await response.text();
  document.dispatchEvent(new Event("htmx:after:swap"));
}

function kind() {
  const chosen = form.elements.kind.value;
  for (const field of form.querySelectorAll("[data-kind]")) field.hidden = field.dataset.kind !== chosen;
}

for (const one of form.querySelectorAll("[data-scripted-away]")) one.hidden = true;
form.addEventListener("input", (event) => {
  if (event.target.name === "kind") kind();
  clearTimeout(timer);
  timer = setTimeout(preview, PAUSE);
});
kind();
// Whoever is quicker than this script, or comes back to the page, has typed already.
const isTyped = (one) => one.value !== one.defaultValue || one.checked !== one.defaultChecked;
if ([...form.querySelectorAll("input, textarea")].some(isTyped)) preview();
// Errors are for reading: the first one has the focus.
form.querySelector("[aria-invalid=true]")?.focus();
