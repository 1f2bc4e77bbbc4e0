// Buttons that act through the page's one form, <button form="act" formaction="…">, without leaving the page.
// data-confirm asks first; data-plain lets the browser send the form as ever.
import { confirm } from "./dialogs.js";
import { send } from "./send.js";
import { toast } from "./toasts.js";
import { word } from "./words.js";

const WORDS = {
  403: ["Your account may not do this", "Nothing was changed."],
  404: ["It is gone", "Its retention has ended, or somebody discarded it."],
  409: ["It changed meanwhile", "Look at it again before you repeat this."],
};

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (form.id !== "act" || !submitter || submitter.hasAttribute("data-plain")) return;
  event.preventDefault();
  if (submitter.getAttribute("aria-disabled") === "true") return;
  const { confirm: title, confirmText: text, confirmVerb: verb } = submitter.dataset;
  if (title && !(await confirm({ title, text, verb, danger: "danger" in submitter.dataset }))) return;
  const response = await send(form, submitter);
  if (!response || response.ok || response.headers.get("HX-Trigger")) return;
  const [what, means] = WORDS[response.status] ?? ["It was not done", "The console answered %(status)s."];
  toast({ text: word(what), detail: word(means, { status: response.status }), tone: "error" });
});
