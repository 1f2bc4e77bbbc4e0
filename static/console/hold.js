// While somebody selects text or presses inside an element, it waits; the latest rendering is put in when they let go.
const waiting = new Map();
let pressed = null;

const selecting = (element) => {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return false;
  return selection.getRangeAt(0).intersectsNode(element);
};

// A list that follows would carry ticked rows away.
const picking = (element) => element.querySelector("[data-hold-picked] tbody .check:checked") !== null;

export const isHeld = (element) =>
  (pressed !== null && element.contains(pressed)) || selecting(element) || picking(element);

// Runs at once, or when the element is let go; a later one for the same element replaces it.
export function whenFree(element, run) {
  if (!isHeld(element)) {
    waiting.delete(element);
    run();
    return;
  }
  waiting.set(element, run);
  tell();
}

export const isHolding = () => waiting.size > 0;

function release() {
  for (const [element, run] of [...waiting]) {
    if (isHeld(element)) continue;
    waiting.delete(element);
    if (element.isConnected) run();
  }
  tell();
}

function tell() {
  document.dispatchEvent(new CustomEvent("leveret:hold"));
}

document.addEventListener("pointerdown", (event) => (pressed = event.target));
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    pressed = null;
    // After the click that this release makes.
    setTimeout(release);
  });
}
document.addEventListener("leveret:selection", () => waiting.size && release());
document.addEventListener("selectionchange", () => waiting.size && release());
