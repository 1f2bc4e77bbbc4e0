// The filter box suggests: what the server knows for the word at the caret, chosen by arrows, taken by Tab or a click.
const form = document.querySelector("form.filter[data-suggest]");
const input = form?.querySelector("[data-filter]");
const pop = form?.querySelector(".pop");
const PAUSE = 120;
let asking = null;
let timer = 0;

const options = () => [...pop.querySelectorAll("[role=option]")];
const chosen = () => pop.querySelector("[aria-selected=true]");

function choose(option) {
  chosen()?.classList.remove("is-on");
  chosen()?.setAttribute("aria-selected", "false");
  option?.classList.add("is-on");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function close() {
  clearTimeout(timer);
  asking?.abort();
  pop.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const asked = new URLSearchParams();
  for (const field of form.querySelectorAll("input[type=hidden]")) asked.append(field.name, field.value);
  asked.set("typed", input.value);
  asked.set("at", input.selectionStart ?? input.value.length);
  try {
    const response = await fetch(`${form.dataset.suggest}?${asked}`, { headers: { "HX-Request": "true" }, signal });
    if (!response.ok) return;
    const html = await response.text();
    if (signal.aborted || document.activeElement !== input) return;
    pop.innerHTML = html;
    pop.hidden = !options().length;
    input.setAttribute("aria-expanded", String(!pop.hidden));
    input.removeAttribute("aria-activedescendant");
  } catch {
    if (!signal.aborted) close();
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

function take(option) {
  const { start, end } = pop.querySelector("[role=listbox]").dataset;
  const more = "more" in option.dataset;
  const put = option.dataset.insert + (more ? "" : " ");
  const rest = input.value.slice(Number(end));
  input.value = input.value.slice(0, Number(start)) + put + (more ? rest : rest.trimStart());
  const caret = Number(start) + put.length;
  input.setSelectionRange(caret, caret);
  input.focus();
  if (more) ask();
  else close();
}

if (form) {
  // Its own list would lie over ours.
  input.removeAttribute("list");
  input.addEventListener("input", soon);
  input.addEventListener("focus", soon);
  input.addEventListener("blur", () => setTimeout(close, 100));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = pop.hidden ? [] : options();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!all.length) return void ask();
      const at = all.indexOf(chosen());
      choose(all[event.key === "ArrowDown" ? (at + 1) % all.length : (at <= 0 ? all.length : at) - 1]);
    } else if (event.key === "Tab" && !event.shiftKey && all.length && input.value) {
      event.preventDefault();
      take(chosen() ?? all[0]);
    } else if (event.key === "Enter" && chosen() && all.length) {
      event.preventDefault();
      take(chosen());
    } else if (event.key === "Escape" && !pop.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Backspace" && !input.value) {
      const last = [...form.querySelectorAll(".term a")].pop();
      if (last) location.assign(`${last.href}${last.href.includes("?") ? "&" : "?"}typing=1`);
    }
  });
  pop.addEventListener("pointerdown", (event) => event.preventDefault());
  pop.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}
