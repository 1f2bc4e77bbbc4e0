// Dialogs on <dialog>: focus stays inside, Escape closes, focus returns to where it was.
//   <a href="/menu" data-open="menu">          opens the dialog #menu that is in the page
//   <a href="/queues/media/purge" data-dialog>  fetches the page's dialog; without scripts the page itself opens
//   <button data-close>                        closes the dialog it is in
import { answered, send } from "./send.js";
import { toast } from "./toasts.js";
import { word } from "./words.js";

const ask = document.getElementById("ask");

export function open(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

export async function openFrom(url) {
  try {
    const response = await fetch(url, { headers: { "HX-Request": "true", "HX-Target": "dialog#ask" } });
    if (response.redirected || !response.ok) throw new Error(String(response.status));
    fill(await response.text());
    open(ask);
  } catch {
    // The page behind the link can say what is wrong better than a dialog could.
    location.assign(url);
  }
}

function fill(html) {
  ask.innerHTML = html;
  window.htmx?.process(ask);
  ask.setAttribute("aria-labelledby", ask.querySelector("h2[id]")?.id ?? "");
  ask.classList.toggle("sheet", Boolean(ask.querySelector("[data-sheet]")));
  ask.dispatchEvent(new CustomEvent("leveret:dialog", { bubbles: true }));
}

// Resolves to true or false. For words longer than a sentence, or a reason, use a page of its own with data-dialog.
export function confirm({ title, text = "", verb = word("Go on"), danger = false }) {
  const template = document.getElementById("confirm");
  ask.classList.remove("sheet");
  ask.replaceChildren(template.content.cloneNode(true));
  ask.setAttribute("aria-labelledby", "confirm-title");
  ask.querySelector("h2").textContent = title;
  ask.querySelector("p").textContent = text;
  const yes = ask.querySelector("[value=yes]");
  yes.textContent = verb;
  yes.classList.add(danger ? "danger" : "primary");
  ask.returnValue = "";
  open(ask);
  return new Promise((resolve) => {
    ask.addEventListener("close", () => resolve(ask.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const opener = event.target.closest("[data-open]");
  const dialog = opener && document.getElementById(opener.dataset.open);
  if (dialog && dialog.id !== "palette") {
    event.preventDefault();
    open(dialog);
    return;
  }
  const link = event.target.closest("a[data-dialog]");
  if (link) {
    event.preventDefault();
    const around = link.closest("dialog");
    if (around !== ask) around?.close();
    openFrom(link.href);
    return;
  }
  // A click on the backdrop is a click on the dialog itself, outside its content.
  const around = event.target;
  if (around instanceof HTMLDialogElement && around.open && !inside(around, event)) around.close();
  else event.target.closest("[data-close]")?.closest("dialog")?.close();
});

function inside(element, { clientX: x, clientY: y }) {
  const box = element.getBoundingClientRect();
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

ask?.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method === "dialog" || event.submitter?.hasAttribute("data-plain")) return;
  event.preventDefault();
  const response = await send(form, event.submitter);
  if (!response) return;
  if (response.status === 422) fill(await response.text());
  else if (response.ok) ask.close();
  else toast({ text: word("It was not done"), detail: answered(response), tone: "error" });
});
