// The cursor and the selection of a list: table.rows with rows that have an id.
export const rows = () => [...document.querySelectorAll("table.rows[id] tbody tr[id]")];
export const current = () => document.querySelector("table.rows tr.is-at");

export function moveTo(row) {
  if (!row) return;
  current()?.classList.remove("is-at");
  row.classList.add("is-at");
  row.scrollIntoView({ block: "nearest" });
  // The link, not the row: what has focus must be something to press.
  row.querySelector("a[href]")?.focus({ preventScroll: true });
}

export function move(by) {
  const all = rows();
  const at = all.indexOf(current());
  moveTo(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + by))]);
}

const boxes = () => [...document.querySelectorAll("table.rows tbody input.check")];
let last = null;

function mark(box) {
  box.closest("tr")?.classList.toggle("is-selected", box.checked);
}

function tell() {
  const all = boxes();
  const ticked = all.filter((box) => box.checked);
  for (const head of document.querySelectorAll("table.rows thead input.check")) {
    head.checked = all.length > 0 && ticked.length === all.length;
    head.indeterminate = ticked.length > 0 && ticked.length < all.length;
  }
  document.dispatchEvent(new CustomEvent("leveret:selection", { detail: { ids: ticked.map((box) => box.value) } }));
}

export function select(row, { upTo = false } = {}) {
  const box = row?.querySelector("input.check");
  if (box) tick(box, !box.checked, upTo);
}

function tick(box, checked, upTo) {
  const all = boxes();
  const [from, to] = [all.indexOf(upTo ? last : box), all.indexOf(box)].sort((a, b) => a - b);
  for (const one of from < 0 ? [box] : all.slice(from, to + 1)) {
    one.checked = checked;
    mark(one);
  }
  last = box;
  tell();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("table.rows input.check");
  if (!box) return;
  if (box.closest("thead")) {
    for (const one of boxes()) {
      one.checked = box.checked;
      mark(one);
    }
    tell();
  } else {
    tick(box, box.checked, event.shiftKey);
  }
});
document.addEventListener("focusin", (event) => {
  const row = event.target.closest("table.rows[id] tbody tr[id]");
  if (row && row !== current()) {
    current()?.classList.remove("is-at");
    row.classList.add("is-at");
  }
});
