// The enqueue form without leaving the page: rows and variants change in place, the payload is shown while it is typed.
import { many, word } from "./words.js";

const form = document.getElementById("draft");
const PAUSE = 250;
let timer = 0;
let asked = 0;

async function ask(target, submitter) {
  const body = new FormData(form, submitter);
  const headers = { "HX-Request": "true", "HX-Target": target };
  const url = submitter?.getAttribute("formaction") ?? form.dataset.draft;
  const response = await fetch(url, { method: "POST", body, headers });
  // 422 is the form again, with what is wrong.
  if (!response.ok && response.status !== 422) throw new Error(String(response.status));
  return response.text();
}

async function preview() {
  const shown = form.querySelector("[name=show]:checked")?.value;
  const mine = ++asked;
  const html = await ask("div#aside").catch(() => null);
  // What was asked meanwhile is newer.
  if (html === null || mine !== asked) return;
  document.getElementById("aside").innerHTML = html;
  scripted();
  const chosen = form.querySelector(`[name=show][value="${shown}"]`);
  if (chosen) chosen.checked = true;
}

async function change(submitter, focus) {
  clearTimeout(timer);
  asked += 1;
  const html = await ask("form#draft", submitter).catch(() => null);
  if (html === null) {
    if (submitter) form.requestSubmit(submitter);
    return;
  }
  form.innerHTML = html;
  ready();
  (document.getElementById(focus) ?? document.getElementById("f-json"))?.focus();
}

function ready() {
  if (!/Mac|iP(hone|ad)/.test(navigator.platform)) form.querySelector("#enqueue kbd").textContent = "Ctrl ↵";
  scripted();
  when();
}

function scripted() {
  for (const one of form.querySelectorAll("[data-scripted-away]")) one.hidden = true;
}

function when() {
  const run = form.querySelector("[name=run]:checked")?.value;
  for (const one of form.querySelectorAll("[data-when-run]")) one.hidden = one.dataset.whenRun !== run;
}

function count() {
  const n = form.elements.count.value.trim();
  const said = n ? many("Enqueue %(number)s job", "Enqueue %(number)s jobs", Number(n), { number: n }) : word("Enqueue ? jobs");
  form.querySelector("[data-count]").textContent = said;
}

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name !== "change" || button.dataset.failed) return;
  event.preventDefault();
  button.dataset.failed = "once"; // should the script's way fail, the browser's is next
  const [verb, name = ""] = button.value.split(" ");
  if (verb === "keep") return change(button, "preset-name");
  const rows = form.elements[name]?.value;
  change(button, verb === "add" ? `f-${name}.${rows}` : `f-${name.replace(/\.\d+$/, "")}`);
});
form.addEventListener("input", (event) => {
  if (event.target.name === "show") return;
  if (event.target.name === "count") count();
  if (event.target.name === "run") when();
  clearTimeout(timer);
  timer = setTimeout(preview, PAUSE);
});
form.addEventListener("change", (event) => {
  if ("submits" in event.target.dataset) document.getElementById("choose").requestSubmit();
  if ("changes" in event.target.dataset) change(event.target.parentElement.querySelector("[value=pick]"), event.target.id);
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.id === "preset-name") {
    // The form's own default is to enqueue.
    event.preventDefault();
    form.requestSubmit(document.getElementById("keep"));
    return;
  }
  if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) form.requestSubmit(document.getElementById("enqueue"));
});

// A preset was renamed or removed: the list shows it, and what is in the form stays.
document.getElementById("ask")?.addEventListener("close", ({ target }) => {
  const preset = target.querySelector("[data-preset]")?.dataset.preset;
  if (preset && form.elements.preset_name) change(null, `preset-${preset}`);
});

function touched(control) {
  const options = [...(control.options ?? [])];
  return control.value !== (control.defaultValue ?? control.value)
    || control.checked !== control.defaultChecked
    || options.some((one) => one.defaultSelected) && options.some((one) => one.selected !== one.defaultSelected);
}

// The chosen type and the form's may differ: it was chosen before this script was here to follow, or, when the page
// comes back from the browser's cache, before it was left. So may the fields and what is said of them.
addEventListener("pageshow", ({ persisted }) => {
  const chosen = document.getElementById("type");
  const shown = form.elements.type.value;
  if (chosen.value !== shown) {
    if (!persisted) return chosen.form.requestSubmit();
    chosen.value = shown;
  }
  if ([...form.elements].some(touched)) preview();
});

ready();
// Errors are for reading: the first one has the focus.
form.querySelector("[aria-invalid=true]")?.focus();
