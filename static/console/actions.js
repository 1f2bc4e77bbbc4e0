// Buttons that act through the page's one form, <button form="act" formaction="…">, without leaving the page.
// data-confirm asks first; data-plain lets the browser send the form as ever.
import { confirm } from "./dialogs.js";
import { toast } from "./toasts.js";

// Sends a form and does what the answer's headers say. The answer, or null when there was none.
export async function send(form, submitter) {
  submitter?.setAttribute("aria-disabled", "true");
  try {
    const response = await fetch(submitter?.formAction || form.action, {
      method: "POST",
      body: new FormData(form, submitter),
      headers: { "HX-Request": "true" },
    });
    follow(response);
    return response;
  } catch {
    const detail = "The console does not answer. Whether it was done is not known; look before you repeat it.";
    toast({ text: "No answer", detail, tone: "error" });
    return null;
  } finally {
    submitter?.removeAttribute("aria-disabled");
  }
}

function follow(response) {
  const triggers = response.headers.get("HX-Trigger");
  if (triggers?.startsWith("{")) {
    for (const [name, detail] of Object.entries(JSON.parse(triggers))) {
      document.dispatchEvent(new CustomEvent(name, { detail }));
    }
  }
  const target = response.headers.get("HX-Redirect");
  if (target) location.assign(target);
  else if (response.headers.get("HX-Refresh") === "true") location.reload();
  else if (response.redirected) location.assign(response.url);
}

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
  const [what, means] = WORDS[response.status] ?? ["It was not done", `The console answered ${response.status}.`];
  toast({ text: what, detail: means, tone: "error" });
});
