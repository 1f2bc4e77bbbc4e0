import { toast } from "./toasts.js";
import { word } from "./words.js";

// Sends a form and does what the answer's headers say. The answer, or null when there was none.
export async function send(form, submitter) {
  submitter?.setAttribute("aria-disabled", "true");
  try {
    // Not submitter.formAction: without the attribute it is the page's own URL.
    const response = await fetch(submitter?.getAttribute("formaction") || form.action, {
      method: "POST",
      body: new FormData(form, submitter),
      headers: { "HX-Request": "true" },
    });
    follow(response);
    return response;
  } catch {
    const detail = word("The console does not answer. Whether it was done is not known; look before you repeat it.");
    toast({ text: word("No answer"), detail, tone: "error" });
    return null;
  } finally {
    submitter?.removeAttribute("aria-disabled");
  }
}

export function answered(response) {
  return word("The console answered %(status)s.", { status: response.status });
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
