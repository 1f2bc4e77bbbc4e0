// One websocket that comes back: with growing, uneven pauses, at once when the network returns, and never while the
// tab is hidden. Whoever uses it hears of four things: open, message, waiting (closed, next try in …), refused.
const DEAD = 5000; // the server beats every 2 s
const LONGEST = 1500; // with the unevenness, a page agrees with a console that is back within two seconds
const GRACE = 3000; // a glance at another tab is not worth a reconnect

export class Socket {
  #url;
  #on;
  #socket = null;
  #tries = 0;
  #timers = { retry: 0, dead: 0, rest: 0 };
  #over = false;

  constructor(url, on) {
    this.#url = url;
    this.#on = on;
    document.addEventListener("visibilitychange", () => this.#visibility());
    addEventListener("online", () => this.retry());
    // An open socket would keep the page out of the back-forward cache.
    addEventListener("pagehide", () => this.#close());
    addEventListener("pageshow", (event) => event.persisted && this.retry());
    if (!document.hidden) this.#open();
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  retry() {
    if (this.#over || document.hidden || this.#socket?.readyState <= WebSocket.OPEN) return;
    this.#open();
  }

  #open() {
    this.#clear();
    const socket = (this.#socket = new WebSocket(this.#url));
    // A handshake that hangs is as dead as a link that hangs.
    this.#watch();
    socket.addEventListener("open", () => this.#watch());
    socket.addEventListener("message", (event) => {
      this.#tries = 0;
      this.#watch();
      this.#on.message(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => socket === this.#socket && this.#lost(event.code));
  }

  #watch() {
    clearTimeout(this.#timers.dead);
    this.#timers.dead = setTimeout(() => {
      const socket = this.#socket;
      this.#socket = null;
      socket?.close();
      this.#lost(0, true);
    }, DEAD);
  }

  #lost(code, silent = false) {
    this.#socket = null;
    this.#clear();
    if (code === 4401 || code === 4403) {
      this.#over = true;
      this.#on.refused(code);
      return;
    }
    if (document.hidden) return;
    const pause = Math.min(LONGEST, 500 * 2 ** this.#tries) * (0.7 + 0.6 * Math.random());
    this.#tries += 1;
    this.#timers.retry = setTimeout(() => this.#open(), pause);
    this.#on.waiting({ tries: this.#tries, silent, next: Date.now() + pause });
  }

  #visibility() {
    clearTimeout(this.#timers.rest);
    if (!document.hidden) this.retry();
    else this.#timers.rest = setTimeout(() => this.#rest(), GRACE);
  }

  #rest() {
    if (this.#over) return;
    this.#close();
    this.#on.resting();
  }

  #close() {
    const socket = this.#socket;
    this.#socket = null;
    this.#clear();
    socket?.close(1000);
  }

  #clear() {
    clearTimeout(this.#timers.retry);
    clearTimeout(this.#timers.dead);
  }
}
