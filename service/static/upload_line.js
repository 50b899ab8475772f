// One line of the list of uploads.
import { n, sentence, size, t, withoutName } from "./words.js";

const SHOWN = 20; // refused files of one archive
const ASKS = /give the (password|right one)/;

function element(tag, text = "", more = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  return Object.assign(made, more);
}

const isRead = ({ state }) => state === "done" || state === "failed";

class Line {
  constructor(upload, uploads) {
    Object.assign(this, { upload, uploads });
    const template = document.getElementById("upload-item");
    this.element = template.content.firstElementChild.cloneNode(true);
    const find = (name) => this.element.querySelector(name);
    this.name = find(".upload-name");
    this.state = find(".upload-state");
    this.bar = find("progress");
    this.action = find(".upload-action");
    this.name.textContent = upload.path;
    this.name.title = upload.path;
    this.bar.setAttribute("aria-label", t("Progress of %(name)s", { name: upload.path }));
    find(".upload-size").textContent = size(upload.file.size);
    this.show();
  }

  get items() {
    return this.upload.answer?.items ?? [];
  }

  get documents() {
    return this.items.filter((item) => item.document).map((item) => item.document);
  }

  get refused() {
    return this.items.filter((item) => item.problem);
  }

  /** What is said of all of it: of an archive that which is about itself, and not about a file. */
  get refusal() {
    return this.refused.find(({ name }) => name === this.upload.path) ?? this.refused[0];
  }

  get isDone() {
    return this.upload.isOver && this.documents.every(isRead);
  }

  get isWrong() {
    const { state } = this.upload;
    const failed = this.documents.some((document_) => document_.state === "failed");
    return state === "refused" || state === "broken" || failed || this.refused.length > 0;
  }

  /** How far it is: half of the way is to the server, half through the reader. */
  get share() {
    const { upload, documents } = this;
    if (upload.isOver && !documents.length) return 1;
    const read = documents.map((d) => (isRead(d) ? 1 : d.pages_done / (d.pages || 1)));
    const sum = read.reduce((total, share) => total + share, 0);
    return upload.share / 2 + (documents.length ? sum / documents.length / 2 : 0);
  }

  show() {
    this.state.textContent = this.words();
    this.state.classList.toggle("is-wrong", this.isWrong);
    const waits = this.documents.some((d) => d.state === "queued");
    if (waits && !this.documents.some((d) => d.state === "reading")) this.bar.removeAttribute("value");
    else this.bar.value = this.share;
    this.bar.hidden = this.isDone;
    this.showActions();
    this.showRefused();
  }

  words() {
    const { state, share } = this.upload;
    if (state === "waiting") return t("waits");
    if (state === "sending") return t("uploading, %(percent)s%", { percent: Math.floor(share * 100) });
    if (state === "pausing") return t("the connection failed: tried again soon");
    if (state === "broken") return t("the connection failed");
    if (state === "cancelled") return t("cancelled");
    if (!this.documents.length) return this.reason(this.refusal?.problem ?? this.upload.answer);
    return this.documents.length === 1 ? this.ofOne(this.documents[0]) : this.ofMany();
  }

  reason(problem) {
    return sentence(withoutName(problem.detail ?? "", this.upload.path));
  }

  ofOne(document_) {
    if (document_.state === "failed") return sentence(document_.error ?? "");
    if (document_.state === "done") return this.result(document_);
    if (document_.state === "reading" && document_.pages) {
      const { pages_done: done, pages } = document_;
      return t("being read, page %(done)s of %(pages)s", { done, pages });
    }
    return document_.state === "reading" ? t("being read") : t("waits to be read");
  }

  result(document_) {
    const count = document_.needs_review ?? 0;
    const there = this.there(document_);
    if (!document_.form) return [...there, t("read, no form recognised")].join(t("; "));
    const found = count
      ? n("read, %(count)s field to review", "read, %(count)s fields to review", count)
      : t("read, nothing to review");
    return [...there, found].join(t("; "));
  }

  /** That the project had the file before, and under which name where that is another. */
  there({ name }) {
    const item = this.items.find((one) => one.document);
    if (item.status !== "duplicate") return [];
    return [item.name === name ? t("was there already") : t("was there already as %(name)s", { name })];
  }

  ofMany() {
    const read = this.documents.filter(isRead).length;
    const count = this.documents.length;
    return n("%(read)s of %(count)s document read", "%(read)s of %(count)s documents read", count, { read });
  }

  showActions() {
    const { state } = this.upload;
    const wanted = this.isDone ? (state === "broken" ? "again" : "look") : this.upload.isOver ? "" : "cancel";
    if (this.shown !== wanted) {
      this.shown = wanted;
      this.action.replaceChildren(...this.actions(wanted));
    }
    this.showUnlock();
  }

  actions(wanted) {
    if (wanted === "cancel") return [this.button(t("Cancel"), () => this.uploads.queue.cancel(this.upload))];
    if (wanted === "again") return [this.button(t("Try again"), () => this.uploads.queue.again(this.upload))];
    if (wanted !== "look" || this.documents.length !== 1) return [];
    const { path } = this.upload;
    const href = `/documents/${this.documents[0].id}`;
    return [element("a", t("Open"), { href, ariaLabel: t("Open %(name)s", { name: path }) })];
  }

  button(text, work) {
    const label = `${text}${t(": ")}${this.upload.path}`;
    const made = element("button", text, { type: "button", ariaLabel: label });
    made.addEventListener("click", work);
    return made;
  }

  /** The document that a password would open, null for a file that was not taken at all. */
  get locked() {
    const document_ = this.documents.find((d) => d.error_code === "encrypted" && d.state === "failed");
    if (document_) return { document_ };
    // Of what is locked in other ways (Office, AES) no password helps: the sentence says what does.
    const file = this.refused.some(({ problem }) => ASKS.test(problem.detail));
    return file && !this.documents.length ? { document_: null } : null;
  }

  showUnlock() {
    const { locked } = this;
    if (!locked) {
      this.form?.remove();
      this.form = null;
      return;
    }
    if (this.form) return;
    const template = document.getElementById("upload-unlock");
    this.form = template.content.firstElementChild.cloneNode(true);
    this.form.addEventListener("submit", (event) => this.unlock(event, locked.document_));
    this.element.append(this.form);
  }

  async unlock(event, document_) {
    event.preventDefault();
    const field = this.form.elements.password;
    try {
      await this.uploads.unlock(this.upload, document_, field.value);
      this.form?.remove();
      this.form = null;
    } catch (error) {
      field.setCustomValidity(sentence(error.message));
      field.reportValidity();
      field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
    }
  }

  /** Files of an archive that were not taken, each with its reason. */
  showRefused() {
    if (this.list || !this.refused.length || this.items.length < 2) return;
    this.list = element("ul", "", { className: "upload-refused" });
    for (const { name, problem } of this.refused.slice(0, SHOWN)) {
      this.list.append(element("li", `${name}${t(": ")}${sentence(withoutName(problem.detail, name))}`));
    }
    const rest = this.refused.length - SHOWN;
    if (rest > 0) this.list.append(element("li", n("and %(count)s more", "and %(count)s more", rest)));
    this.element.append(this.list);
  }
}

/** The line of an upload; `show` brings it up to date. */
export const line = (upload, uploads) => new Line(upload, uploads);
