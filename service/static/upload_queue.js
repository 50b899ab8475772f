// Files on their way to the API: a few at a time, sent again where the network fails.
import { csrf } from "./http.js";

const AT_ONCE = 3;
const PAUSES_S = [1, 2, 4, 8, 16, 30];
const TOO_MANY = 429;

/** A random name for a request: one that is sent again is not done again. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs https
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * One file. `state`: waiting, sending, pausing, sent, refused, broken, cancelled. `share` is how
 * much is sent, `answer` what the API said.
 */
export class Upload {
  constructor(file, path, password) {
    Object.assign(this, { file, path, password, key: newKey() });
    Object.assign(this, { state: "waiting", share: 0, tries: 0, answer: null, request: null });
  }

  get isOver() {
    return ["sent", "refused", "broken", "cancelled"].includes(this.state);
  }
}

export class Queue {
  /** `told(upload)` is called whenever something changes. */
  constructor(project, told) {
    Object.assign(this, { project, told, waiting: [], sending: new Set() });
    this.pausing = new Set();
    window.addEventListener("online", () => this.next());
  }

  add(uploads) {
    this.waiting.push(...uploads);
    this.next();
  }

  get isBusy() {
    return this.waiting.length + this.sending.size + this.pausing.size > 0;
  }

  next() {
    while (this.sending.size < AT_ONCE && this.waiting.length && navigator.onLine) {
      this.send(this.waiting.shift());
    }
  }

  cancel(upload) {
    this.waiting = this.waiting.filter((other) => other !== upload);
    this.sending.delete(upload);
    this.pausing.delete(upload);
    this.set(upload, "cancelled");
    upload.request?.abort();
    clearTimeout(upload.timer);
    this.next();
  }

  again(upload, password = upload.password) {
    Object.assign(upload, { password, key: newKey(), tries: 0, share: 0, answer: null });
    this.set(upload, "waiting");
    this.add([upload]);
  }

  set(upload, state) {
    upload.state = state;
    this.told(upload);
  }

  send(upload) {
    this.sending.add(upload);
    const body = new FormData();
    body.append("project", this.project);
    if (upload.password) body.append("password", upload.password);
    body.append("file", upload.file, upload.path);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/documents");
    request.responseType = "json";
    request.setRequestHeader("X-CSRF-Token", csrf());
    request.setRequestHeader("Idempotency-Key", upload.key);
    request.upload.addEventListener("progress", (event) => {
      upload.share = event.loaded / event.total;
      this.told(upload);
    });
    request.addEventListener("load", () => this.ended(upload, request));
    request.addEventListener("error", () => this.pause(upload, null));
    upload.request = request;
    this.set(upload, "sending");
    request.send(body);
  }

  ended(upload, request) {
    const { status } = request;
    if (status === TOO_MANY || status >= 502) {
      this.pause(upload, Number(request.getResponseHeader("Retry-After")));
      return;
    }
    upload.answer = request.response ?? { detail: request.statusText };
    upload.share = 1;
    this.sending.delete(upload);
    this.set(upload, status < 400 ? "sent" : "refused");
    this.next();
  }

  /** Waits and sends again with the same key; a server that asks to wait is not counted. */
  pause(upload, seconds) {
    this.sending.delete(upload);
    if (upload.state === "cancelled") return;
    if (!seconds && upload.tries >= PAUSES_S.length) {
      this.set(upload, "broken");
      this.next();
      return;
    }
    this.set(upload, "pausing");
    const wait_s = Math.min(seconds || PAUSES_S[upload.tries++], 60);
    this.pausing.add(upload);
    upload.timer = setTimeout(() => {
      this.pausing.delete(upload);
      this.add([upload]);
    }, wait_s * 1000);
    this.next();
  }
}
