// <button data-copy="text"> or <button data-copy-from="id of an element">
import { toast } from "./toasts.js";
import { word } from "./words.js";

export async function copy(text, what = word("Copied")) {
  try {
    await navigator.clipboard.writeText(text);
    toast({ text: what });
  } catch {
    // No clipboard on plain HTTP: select it, so that the keys can.
    toast({ text: word("The browser does not allow copying here"), detail: text.slice(0, 200), tone: "warn" });
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
  copy(source ? source.textContent : button.dataset.copy, button.dataset.copied);
});
