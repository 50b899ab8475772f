// A document: one part at a time, the paper beside it, and its reading while it lasts.
import { follow } from "./events.js";
import { startInspector } from "./inspector.js";
import { startPaper } from "./paper.js";
import { startTabs } from "./tabs.js";
import { t } from "./words.js";

const LOOK_MS = 20_000;
const progress = document.getElementById("progress");

/** Shows how far the reading is; loads the page again when it has ended. */
function watch() {
  const { document: id } = progress.dataset;
  const text = document.getElementById("progress-text");
  const bar = document.getElementById("progress-bar");
  const over = (document_) => !document_.reading_again && ["done", "failed"].includes(document_.state);
  const changed = (document_) => {
    if (document_.id !== id) return;
    if (over(document_)) location.reload();
    if (document_.state !== "reading" || !document_.pages) return;
    const { pages_done: done, pages } = document_;
    bar.max = pages;
    bar.value = done;
    text.textContent = t("Page %(done)s of %(pages)s", { done, pages });
  };
  const look = async () => {
    const now = await present();
    if (now) changed(now);
  };
  follow(progress.dataset.project, changed, look);
  look(); // it may have ended before the events began
}

// --- what others do with it meanwhile ---

const meanwhile = document.getElementById("meanwhile");

/** The document as it is now; null where that cannot be told. Says so where it is deleted. */
async function present() {
  const answer = await fetch(`/api/v1/documents/${meanwhile.dataset.document}`).catch(() => null);
  if (answer?.status === 404) {
    if (progress) progress.hidden = true;
    say(t("This document has been deleted."), "/archive", t("To the archive"));
  }
  return answer?.ok ? answer.json() : null;
}

function say(sentence, address, name) {
  if (!meanwhile.hidden) return;
  const link = document.createElement("a");
  Object.assign(link, { href: address, textContent: name });
  meanwhile.querySelector("p").replaceChildren(sentence, " ", link);
  meanwhile.hidden = false;
}

async function compare() {
  if (document.hidden || !meanwhile.hidden) return;
  const now = await present();
  if (!now?.finished_at || Date.parse(now.finished_at) === Date.parse(meanwhile.dataset.read)) return;
  say(t("It was read again meanwhile."), location.pathname, t("Show the new result"));
}

if (document.getElementById("pages")) {
  const tabs = startTabs();
  const paper = startPaper();
  startInspector(tabs, paper);
}
if (progress && document.body.classList.contains("is-open")) watch();
else document.addEventListener("visibilitychange", compare);
setInterval(document.body.classList.contains("is-open") ? present : compare, LOOK_MS);
document.body.dataset.ready = "yes"; // for whoever waits for the scripts
