// Brings one answer to the portal and learns what became of it: seals its items, uploads them, says "send", asks for the
// state. Nothing here touches the page. A lost connection stops nothing: it waits and goes on where it was, on its own or
// when it is told to; what was sealed stays sealed, so nothing is typed or encrypted twice.

import { Failure, failureOf, post, told } from "./protocol.js";
import { newID, sealItem } from "./seal.js";

const STALLED_SECONDS = 60; // an upload that moves nothing for so long is a lost connection

/// One answer on its way. `tell(phase, detail)`: "sealing"; "uploading" ({ done, all } bytes); "lost" ({ server }: it
/// goes on by itself); "waiting" (all is handed over: from now on the gateway has it).
export class Delivery {
  constructor(session, head, files, tell) {
    Object.assign(this, { session, tell, id: newID(), handedOver: false, accepted: false, wake: () => {} });
    this.items = [new Blob([JSON.stringify(head)]), ...files];
    this.all = this.items.reduce((sum, item) => sum + item.size, 0);
    this.done = 0; // bytes of items that are there
    this.stopper = new AbortController();
  }

  get path() { return `/api/letters/${this.session.id}/answers/${this.id}`; }
  get stopped() { return this.stopper.signal.aborted; }

  /// Gives { state: "sent" }, or { state: "refused", reason, text }. Throws Failure; AbortError after stop().
  async run() {
    for (let tries = 1; ; tries += 1) {
      await this.putItems();
      try {
        await this.persist(() => post(`${this.path}/send`, { ...this.session.proof, items: this.items.length }));
        break;
      } catch (failure) {
        // After a long break the portal has thrown the first items away: they are sealed and sent anew.
        if (failure.kind !== "incomplete" || tries === 3) { throw failure; }
        this.done = 0;
      }
    }
    this.accepted = true;
    this.tell("waiting", this);
    return this.outcome();
  }

  async putItems() {
    this.handedOver = false;
    for (let number = 0; number < this.items.length; number += 1) {
      const plain = this.items[number];
      this.tell(this.done === 0 ? "sealing" : "uploading", this);
      const sealed = await sealItem(this.session, this.id, number, plain, this.stopper.signal).catch((cause) => {
        throw this.stopped ? cause : new Failure("unreadable", { number });
      });
      await this.persist(() => this.putItem(number, sealed, plain.size));
      this.done += plain.size;
    }
    this.handedOver = true; // perhaps, from here on: once asked, only the state can tell
  }

  /// Goes on at once after a lost connection.
  goOn() { this.wake(); }

  /// Ends everything here; what the gateway has already, it keeps.
  stop() {
    this.stopper.abort();
    this.wake();
  }

  /// Stops, and takes back what was uploaded. False: the gateway has it already.
  async cancel() {
    this.stop();
    const asked = post(`${this.path}/cancel`, this.session.proof);
    if (!this.handedOver) { // the portal throws half an answer away in time, even if this is not heard
      asked.catch(() => {});
      return true;
    }
    await asked;
    try {
      return (await this.askState()).state === "uploading";
    } catch (failure) {
      return failure.kind === "gone"; // there is no such answer any more
    }
  }

  /// Asks until it is settled: every 2 s at first, then less and less often.
  async outcome() {
    for (let seconds = 2; ; seconds = Math.min(60, seconds * 1.3)) {
      const found = await this.persist(() => this.askState(), true);
      if (found.state === "sent" || found.state === "refused") { return found; }
      await this.pause(seconds);
    }
  }

  async askState() { return told(await post(this.path, this.session.proof)); }

  // Does it until it is done; only what trying again cannot mend is thrown.
  async persist(step, quietly) {
    for (let seconds = 2; ; seconds = Math.min(30, seconds * 2)) {
      try {
        if (this.stopped) { throw new DOMException("stopped", "AbortError"); }
        return await step();
      } catch (failure) {
        const mends = failure instanceof Failure && ["trouble", "resting"].includes(failure.kind) && !failure.final;
        if (this.stopped || !mends) { throw failure; }
        if (!quietly) { this.tell("lost", { server: failure.kind === "resting" || failure.server, done: this.done, all: this.all }); }
        await this.pause(failure.seconds || seconds);
      }
    }
  }

  pause(seconds) {
    return new Promise((resume) => {
      const timer = setTimeout(go, seconds * 1000);
      function go() {
        clearTimeout(timer);
        window.removeEventListener("online", go);
        resume();
      }
      window.addEventListener("online", go);
      this.wake = go;
    });
  }

  // fetch cannot tell how much of a body has gone; XMLHttpRequest can.
  putItem(number, sealed, plainBytes) {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      let timer;
      const lost = () => fail(new Failure("trouble", { server: false }));
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => request.abort(), STALLED_SECONDS * 1000);
      };
      const abort = () => request.abort();
      request.open("POST", `${this.path}/items/${number}`);
      request.setRequestHeader("content-type", "application/octet-stream");
      request.setRequestHeader("letterlock-proof", this.session.proof.auth);
      request.setRequestHeader("letterlock-link", this.session.proof.link);
      request.upload.onprogress = (event) => {
        watch();
        this.tell("uploading", { done: this.done + plainBytes * (event.loaded / sealed.size), all: this.all });
      };
      request.onload = () => {
        if (request.status === 204) { done(); } else { fail(failureOf(request.status, errorIn(request.responseText))); }
      };
      request.onerror = lost;
      request.onabort = lost;
      request.onloadend = () => {
        clearTimeout(timer);
        window.removeEventListener("offline", abort);
        this.stopper.signal.removeEventListener("abort", abort);
      };
      window.addEventListener("offline", abort); // at once, rather than when it has stalled for long enough
      this.stopper.signal.addEventListener("abort", abort);
      watch();
      request.send(sealed);
    });
  }
}

function errorIn(body) {
  try {
    return JSON.parse(body) || {};
  } catch {
    return {};
  }
}
