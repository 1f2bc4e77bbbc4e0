// The live views of this page: names them to the server, and puts each new rendering into its place.
import * as badge from "./badge.js";
import { isHolding, whenFree } from "./hold.js";
import { morph } from "./morph.js";
import { Socket } from "./socket.js";
import { age, clock, heardFromServer } from "./times.js";
import { toast } from "./toasts.js";
import { word } from "./words.js";

const LOST_AFTER = 2; // tries: a server that restarts is back before anybody should be alarmed; one that is silent may not be
let lastHeard = new Date(document.getElementById("live")?.dataset.loaded ?? Date.now());
let mode = "connecting";
let next = 0;
let counting = 0;
let named = "";

const views = () => [...document.querySelectorAll("[data-live]")];

function watch(always = false) {
  const list = views().map((one) => ({ id: one.id, token: one.dataset.live, seen: one.dataset.liveSeen ?? "" }));
  const names = list.map((one) => one.id + one.token).join();
  if (names === named && !always) return;
  named = names;
  socket.send({ type: "watch", views: list });
}

function hear(message) {
  lastHeard = new Date(message.at);
  heardFromServer(message.at);
  mode = message.mode;
  stopCounting();
  badge.hideLost();
  if (message.type === "hello") watch(true);
  if (message.type === "update") {
    for (const view of message.views) put(view);
    if (message.refused.length) outdated();
    socket.send({ type: "ack", n: message.n });
  } else if (message.type === "beat") {
    socket.send({ type: "ack" });
  }
  look();
}

function put({ ids, seen, html, error }) {
  for (const element of ids.map((id) => document.getElementById(id))) {
    if (!element) continue;
    element.classList.toggle("is-stale", error !== undefined);
    if (error !== undefined) element.dataset.liveError = error;
    else delete element.dataset.liveError;
    // Noted when it is in its place, not when it came: what is held was not seen.
    if (html === undefined) element.dataset.liveSeen = seen;
    else whenFree(element, () => morph(element, html).then(() => (element.dataset.liveSeen = seen)));
  }
}

function look() {
  if (isHolding()) badge.show("held", { at: lastHeard });
  else if (mode === "live" && document.querySelector("[data-live-error]")) badge.show("partly", { at: lastHeard });
  else badge.show(mode, { at: lastHeard });
}

let toldOutdated = false;
function outdated() {
  if (toldOutdated) return;
  toldOutdated = true;
  const action = { label: word("Load again"), run: () => location.reload() };
  toast({ text: word("This page is from before a change"), detail: word("It is not live any more."), tone: "error", action });
}

// Cut off: everything that is shown is old, and what is known of the servers is not known any more.
function cutOff({ tries, silent, next: at }) {
  next = at;
  if (tries < LOST_AFTER && !silent) {
    badge.show("connecting", { at: lastHeard });
    return;
  }
  badge.showLost({ at: lastHeard });
  for (const health of document.querySelectorAll(".health")) {
    for (const item of health.children) {
      item.firstElementChild.className = "dot is-off";
      item.lastElementChild.textContent = word("unknown");
    }
    delete health.closest("[data-live]")?.dataset.liveSeen;
  }
  stopCounting();
  const left = () => age((next - Date.now()) / 1000 + 0.99);
  const count = () => badge.showNext(next > Date.now() ? word("next try in %(age)s", { age: left() }) : word("trying"));
  count();
  counting = setInterval(count, 1000);
}

function stopCounting() {
  clearInterval(counting);
}

const LOGGED_OUT = ["You are logged out.", "Log in"];
const NOT_ALLOWED = ["Your account may not look at this any more.", "Load again"];
function refused(code) {
  stopCounting();
  const login = document.body.dataset.login;
  const text = word("What you see is from %(time)s and does not change.", { time: clock(lastHeard) });
  const [title, retry] = code === 4401 ? LOGGED_OUT : NOT_ALLOWED;
  badge.showLost({ at: lastHeard, title: word(title), text, retry: word(retry) });
  badge.onRetry(() => {
    if (code === 4401) location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
    else location.reload();
  });
}

function resting() {
  mode = "resting";
  badge.show("resting", { at: lastHeard });
}

const url = new URL(document.body.dataset.socket, location.href);
url.protocol = url.protocol.replace("http", "ws");
badge.show("connecting", { at: lastHeard });
const socket = new Socket(url, { message: hear, waiting: cutOff, refused, resting });
badge.onRetry(() => socket.retry());
document.addEventListener("leveret:hold", look);
document.addEventListener("htmx:after:swap", () => watch());
document.addEventListener("leveret:views", () => watch());
