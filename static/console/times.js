// <time data-when> in the viewer's own zone, and ticking. Says what dashboard/wording.py says.
import { figure, word } from "./words.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
// The moment at which a page that is cut off stands still.
let frozen = null;
// The server's clock minus this browser's, so that a browser whose clock is wrong still says how old things are.
let skew = 0;

const two = (n) => String(n).padStart(2, "0");

export function clock(date, withMillis = false) {
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withMillis ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
}

export function day(date) {
  return word("%(date)s %(year)s", { date: dayOfYear(date), year: date.getFullYear() });
}

export function dayOfYear(date) {
  return word("%(day)s %(month)s", { day: date.getDate(), month: word(MONTHS[date.getMonth()]) });
}

function stamp(date, today) {
  if (day(date) === day(today)) return clock(date);
  if (date.getFullYear() !== today.getFullYear()) return day(date);
  return `${dayOfYear(date)}, ${clock(date).slice(0, 5)}`;
}

export function age(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  if (whole < 1) return word("now");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 2 * 86400) return `${Math.floor(whole / 3600)} h`;
  return `${Math.floor(whole / 86400)} d`;
}

export function duration(seconds) {
  if (seconds < 0) seconds = 0;
  if (seconds < 0.0095) return seconds ? `${figure(seconds * 1000, 1)} ms` : "0 ms";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${figure(seconds, 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
  return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

function text(date, form, now) {
  const seconds = (now - date) / 1000;
  // "4 s ago" would become a lie; how long something had run by then stays true.
  if (frozen && (form === "relative" || form === "bare")) return clock(date);
  switch (form) {
    case "relative":
      if (Math.abs(seconds) < 1) return word("now");
      return word(seconds > 0 ? "%(age)s ago" : "in %(age)s", { age: age(seconds) });
    case "bare":
      return age(seconds);
    case "elapsed":
      return duration(seconds);
    case "clock":
      return clock(date);
    case "stamp":
      return stamp(date, new Date(Number(now)));
    case "exact":
      return clock(date, true);
    default:
      return `${day(date)}, ${clock(date).slice(0, 5)}`;
  }
}

export function tick(root = document) {
  const now = frozen ?? Date.now() + skew;
  for (const element of root.querySelectorAll("time[data-when]")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const wanted = text(date, element.dataset.when, now);
    if (element.textContent !== wanted) element.textContent = wanted;
    if (element.dataset.zoned !== element.dateTime) {
      element.dataset.zoned = element.dateTime;
      element.title = `${day(date)}, ${clock(date)}`;
    }
  }
}

export function heardFromServer(at) {
  skew = new Date(at) - Date.now();
}

export function freeze(at) {
  if (Number(frozen) === Number(at)) return;
  frozen = at;
  tick();
}

tick();
setInterval(() => document.hidden || frozen || tick(), 1000);
document.addEventListener("visibilitychange", () => document.hidden || tick());
document.addEventListener("htmx:after:swap", () => tick());
