// Puts a new rendering into its place without harm: what the reader has opened, typed, ticked, focused or selected
// stays. The morph itself is htmx's; here is what it must leave alone.
import { tick } from "./times.js";

const OURS = ["is-at", "is-selected"];
const FIELDS = "input, textarea, select";
let morphing = false;

window.htmx?.registerExtension("leveret", {
  htmx_before_morph_node(old, { newNode }) {
    if (!morphing) return true;
    if (old.localName === "time" && old.dateTime === newNode.getAttribute("datetime")) return false;
    if (old.localName === "dialog" && old.open) return false;
    // What a script has drawn there is no rendering of ours; it takes the new figures by itself.
    if (old.matches("[data-chart]")) return false;
    if (old.matches(FIELDS) && (old === document.activeElement || isTouched(old))) return false;
    for (const name of OURS) if (old.classList.contains(name)) newNode.classList.add(name);
    return true;
  },
  htmx_before_morph_attr(old, { attrName }) {
    if (!morphing) return true;
    if (attrName === "open" && old.localName === "details") return false;
    return !attrName.startsWith("data-ui-");
  },
});

function isTouched(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.localName === "select") return [...field.options].some((one) => one.selected !== one.defaultSelected);
  return field.value !== field.defaultValue;
}

export async function morph(element, html) {
  // A log that is read at its end stays there; one that is read elsewhere keeps its place by itself.
  const ends = [...element.querySelectorAll("[data-keep-end]")].filter(isAtEnd);
  morphing = true;
  try {
    await window.htmx.swap({ sourceElement: element, target: element, swap: "innerMorph", text: html });
  } finally {
    morphing = false;
  }
  tick(element);
  for (const one of ends) one.scrollTop = one.scrollHeight;
  element.dispatchEvent(new CustomEvent("leveret:renewed", { bubbles: true }));
}

const isAtEnd = (one) => one.scrollHeight - one.scrollTop - one.clientHeight < 8;
