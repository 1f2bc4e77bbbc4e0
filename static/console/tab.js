// The browser's tab says how many groups of failures are open, to those who look at another one. Where the count is
// unknown, what was last known stays.
const icon = document.querySelector("link[rel=icon]");
const side = document.querySelector(".side");
const { title } = document;
const calm = icon.href;

function mark() {
  const count = side.querySelector("[data-failing]")?.dataset.failing;
  if (count === undefined) return;
  const [text, href] = Number(count) ? [`(${count}) ${title}`, icon.dataset.failing] : [title, calm];
  if (document.title !== text) document.title = text;
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
}

if (icon && side) {
  mark();
  const changes = { subtree: true, childList: true, attributeFilter: ["data-failing"] };
  new MutationObserver(mark).observe(side, changes);
}
