// The list of what is being uploaded: each file with its way to the server and through the reader.
import { setBusy } from "./events.js";
import { send } from "./http.js";
import { chosenFiles, droppedFiles } from "./upload_files.js";
import { Queue, Upload } from "./upload_queue.js";
import { line } from "./upload_line.js";
import { n } from "./words.js";

const ANNOUNCE_MS = 2000;

class Uploads {
  constructor(form, taken) {
    Object.assign(this, { form, taken, lines: new Map(), documents: new Map(), latest: new Map() });
    this.panel = document.getElementById("uploads");
    this.list = document.getElementById("uploads-list");
    this.total = document.getElementById("uploads-total");
    this.bar = document.getElementById("uploads-bar");
    this.cancelAll = document.getElementById("uploads-cancel");
    this.closeAll = document.getElementById("uploads-close");
    this.queue = new Queue(form.dataset.project, (upload) => this.told(upload));
    this.cancelAll.addEventListener("click", () => this.cancelRest());
    this.closeAll.addEventListener("click", () => this.close());
    window.addEventListener("beforeunload", (event) => {
      if (this.queue.isBusy) event.preventDefault();
    });
  }

  add(files) {
    if (!files.length) return;
    const password = this.form.elements.password.value;
    const uploads = files.map(({ file, path }) => new Upload(file, path, password));
    this.panel.hidden = false;
    for (const upload of uploads) {
      const own = line(upload, this);
      this.lines.set(upload, own);
      this.list.append(own.element);
    }
    this.queue.add(uploads);
    this.sum();
  }

  told(upload) {
    if (upload.state === "sent" || upload.state === "refused") this.remember(upload);
    this.lines.get(upload)?.show();
    this.sum();
  }

  /** The documents of an upload; what became of them meanwhile may have been told already. */
  remember(upload) {
    for (const item of upload.answer.items ?? []) {
      if (!item.document) continue;
      const known = this.latest.get(item.document.id);
      if (known) item.document = known;
      this.documents.set(item.document.id, upload);
      this.taken(item.document.id);
    }
  }

  /** A document has changed. */
  changed(document_) {
    this.latest.set(document_.id, document_);
    const upload = this.documents.get(document_.id);
    if (!upload) return;
    for (const item of upload.answer.items) {
      if (item.document?.id === document_.id) item.document = document_;
    }
    this.lines.get(upload).show();
    this.sum();
  }

  async unlock(upload, document_, password) {
    if (document_) await send("POST", `/api/v1/documents/${document_.id}/password`, { password });
    else this.queue.again(upload, password);
  }

  cancelRest() {
    // The last first: a place that becomes free is not taken by one that is to be cancelled too.
    for (const upload of [...this.lines.keys()].reverse()) {
      if (!upload.isOver) this.queue.cancel(upload);
    }
  }

  close() {
    this.panel.hidden = true;
    this.list.replaceChildren();
    this.lines.clear();
    this.documents.clear();
  }

  /** Counts of all files, for the eye at once and for the ear now and then. */
  sum() {
    const lines = [...this.lines.values()];
    const done = lines.filter((own) => own.isDone).length;
    const wrong = lines.filter((own) => own.isWrong).length;
    const share = lines.reduce((sum, own) => sum + own.share, 0) / (lines.length || 1);
    this.bar.value = share;
    this.cancelAll.hidden = !this.queue.isBusy;
    this.closeAll.hidden = this.queue.isBusy;
    setBusy(lines.length - done);
    const parts = [n("%(done)s of %(count)s file done", "%(done)s of %(count)s files done", lines.length, { done })];
    if (wrong) parts.push(n("%(count)s needs your attention", "%(count)s need your attention", wrong));
    this.announce(parts.join(" · "), done === lines.length);
  }

  announce(text, now) {
    clearTimeout(this.timer);
    const wait_ms = now ? 0 : Math.max(0, (this.announced ?? 0) + ANNOUNCE_MS - Date.now());
    this.timer = setTimeout(() => {
      this.announced = Date.now();
      if (this.total.textContent !== text) this.total.textContent = text;
    }, wait_ms);
  }
}

/** Makes the form live, and the whole page a place to drop files on. */
export function startUploads(taken) {
  const form = document.getElementById("upload");
  if (!form) return null;
  const uploads = new Uploads(form, taken);
  form.classList.add("is-live");
  form.querySelector(".drop-text").hidden = false;
  for (const input of form.querySelectorAll("input[type=file]")) {
    const take = () => {
      uploads.add(chosenFiles(input));
      input.value = "";
    };
    input.addEventListener("change", take);
    take(); // what was chosen before the scripts came
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  takeDrops(uploads);
  return uploads;
}

function takeDrops(uploads) {
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (is) => document.body.classList.toggle("is-over", is);
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  document.addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(false);
    uploads.add(await droppedFiles(event.dataTransfer));
  });
}

