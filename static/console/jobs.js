// The list of jobs and the page of one: acts on a selection, and the keys for acts.
import { copy } from "./copy.js";
import { confirm } from "./dialogs.js";
import { press } from "./keys.js";
import { current } from "./rows.js";
import { answered, send } from "./send.js";
import { remember } from "./theme.js";
import { toast } from "./toasts.js";
import { many, word } from "./words.js";

const selection = document.getElementById("selection");
const picked = () => [...document.querySelectorAll("table.rows tbody input.check:checked")];

const SURE = {
  Cancel: (count) => ({
    title: many("Cancel %(number)s job?", "Cancel %(number)s jobs?", count),
    text: word("Those that wait are called off, those that run are asked to stop. They can be run again."),
    verb: many("Cancel %(number)s job", "Cancel %(number)s jobs", count),
  }),
  Discard: (count) => ({
    title: many("Discard %(number)s job?", "Discard %(number)s jobs?", count),
    text: word("Records, logs and results are deleted. Nothing brings them back."),
    verb: many("Discard %(number)s job", "Discard %(number)s jobs", count),
    danger: true,
  }),
};

selection?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { submitter } = event;
  const sure = SURE[submitter.dataset.act]?.(picked().length);
  if (sure && !(await confirm(sure))) return;
  const response = await send(selection, submitter);
  if (!response) return;
  if (response.ok) clear();
  else toast({ text: word("It was not done"), detail: answered(response), tone: "error" });
});

function clear() {
  for (const box of picked()) box.checked = false;
  for (const row of document.querySelectorAll("tr.is-selected")) row.classList.remove("is-selected");
  const all = document.querySelector("[data-pick-all]");
  if (all) all.checked = all.indeterminate = false;
  document.dispatchEvent(new CustomEvent("leveret:selection", { detail: { ids: [] } }));
}

selection?.addEventListener("reset", (event) => {
  event.preventDefault();
  clear();
});

// The bar counts by itself; this says it to those who do not see it, when they stop ticking.
let timer = 0;
function tell() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const count = picked().length;
    const said = count ? many("%(number)s job selected", "%(number)s jobs selected", count) : word("Nothing selected");
    document.getElementById("say").textContent = said;
  }, 800);
}
document.addEventListener("leveret:selection", tell);

// What was ticked or pressed in a row that the server does not offer to act on is left to the page.
function act(key) {
  if (picked().length) return selection?.querySelector(`[data-key="${key}"]`)?.click() ?? false;
  const within = current() ?? document.querySelector(".job-head");
  return within?.querySelector(`[data-key="${key}"]`)?.click() ?? false;
}
for (const key of "rncde") press(key, () => act(key));
press("y", () => {
  const id = current()?.querySelector(".id")?.title ?? document.getElementById("job-id")?.textContent;
  if (!id) return false;
  copy(id, word("Id copied"));
});
press("Escape", () => (picked().length ? clear() : false));

// The same cookie that the form sets; no list has to be loaded again for its rows to be lower.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-density]");
  if (!button) return;
  event.preventDefault();
  remember("density", button.value);
  if (button.value === "normal") delete document.documentElement.dataset.density;
  else document.documentElement.dataset.density = button.value;
  button.setAttribute("aria-pressed", String(button.value === "compact"));
  button.value = button.value === "compact" ? "normal" : "compact";
});

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// One picker at a time, and none after a click elsewhere.
document.addEventListener("click", (event) => {
  for (const pick of document.querySelectorAll("details.pick[open]")) if (!pick.contains(event.target)) pick.open = false;
});
document.addEventListener("keydown", (event) => {
  const pick = event.key === "Escape" && document.querySelector("details.pick[open]");
  if (!pick) return;
  pick.open = false;
  pick.querySelector("summary").focus();
});
