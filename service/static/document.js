// A document: one part at a time, the paper beside it, and its reading while it lasts.
import { follow } from "./events.js";
import { startInspector } from "./inspector.js";
import { startPaper } from "./paper.js";
import { startTabs } from "./tabs.js";
import { t } from "./words.js";

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
    const answer = await fetch(`/api/v1/documents/${id}`);
    if (answer.ok) changed(await answer.json());
  };
  follow(progress.dataset.project, changed, look);
  look(); // it may have ended before the events began
}

if (document.getElementById("pages")) {
  const tabs = startTabs();
  const paper = startPaper();
  startInspector(tabs, paper);
}
if (progress && document.body.classList.contains("is-open")) watch();
document.body.dataset.ready = "yes"; // for whoever waits for the scripts
