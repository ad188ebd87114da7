// The feed of snapshots: connects, notices silence, connects again, and fills the gap from the gateway's history.

import { get } from "./api.js";

/** Longer silence than this is a dead connection, whatever the browser thinks. */
const SILENCE_MS = 10_000;
/** A tab that nobody sees lets go of its connection: a browser has six for a host. */
const HIDDEN_MS = 30_000;

export class Live extends EventTarget {
  #source = null;
  #timer = 0;
  #attempt = 0;
  #waiting = null;
  #heard = performance.now();

  constructor(history) {
    super();
    this.history = history;
    this.snapshot = null;
    this.received = 0;
    this.state = "connecting";
    setInterval(() => this.#watch(), 1000);
    document.addEventListener("visibilitychange", () => this.#visibility());
  }

  /** Milliseconds since the last snapshot came, by the clock of this machine. */
  get age() {
    return this.received ? performance.now() - this.received : Infinity;
  }

  open() {
    this.close();
    this.#heard = performance.now();
    const source = new EventSource("/api/v1/live");
    this.#source = source;
    source.addEventListener("open", () => this.#catchUp());
    source.addEventListener("snapshot", (event) => this.#take(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      this.#become("lost");
      if (source.readyState === EventSource.CLOSED) this.#later();
    });
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  async #catchUp() {
    this.#attempt = 0;
    const missing = this.history.last ? Math.ceil(this.age / 1000) + 5 : 900;
    if (missing < 8) return;
    this.#waiting = [];
    try {
      this.history.load(await get("/api/v1/history", { seconds: Math.min(900, Math.max(10, missing)) }));
    } catch {
      // Then the charts begin now, or have a gap.
    }
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const snapshot of waiting) this.#take(snapshot);
  }

  #take(snapshot) {
    this.#heard = this.received = performance.now();
    this.snapshot = snapshot;
    this.#become("live");
    // Figures are shown at once; points wait for the history that comes before them.
    if (this.#waiting) {
      if (this.#waiting.length < 60) this.#waiting.push(snapshot);
    } else {
      this.history.push(snapshot);
    }
    this.dispatchEvent(new Event("snapshot"));
  }

  #watch() {
    if (this.#source && performance.now() - this.#heard > SILENCE_MS) {
      this.#become("lost");
      this.close();
      this.#later();
    }
    this.dispatchEvent(new Event("tick"));
  }

  #later() {
    this.close();
    this.#attempt += 1;
    this.#timer = setTimeout(async () => {
      // An event source does not tell why it was refused; a plain request does, and leads to the login.
      try {
        await get("/api/v1/snapshot");
      } catch {
        // The event source finds out by itself.
      }
      this.open();
    }, Math.min(10_000, 500 * 2 ** this.#attempt));
  }

  #visibility() {
    clearTimeout(this.hiding);
    if (document.hidden) this.hiding = setTimeout(() => this.close(), HIDDEN_MS);
    else if (!this.#source) this.open();
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
