// The archive: rows that change by themselves, choosing rows, more rows, uploads.
import { follow } from "./events.js";
import { growChoices, watchRows } from "./upkeep.js";
import { fragment } from "./http.js";
import { localTimes } from "./times.js";
import { startUploads } from "./uploads.js";
import { t, n } from "./words.js";

const table = document.getElementById("documents");
const rows = document.getElementById("rows");
const form = document.getElementById("selection");
const WAIT_MS = 400;
const TOGETHER = 100;

// --- rows that change ---

const changed = new Set();
let timer = 0;

function later(id) {
  changed.add(id);
  if (!timer) timer = setTimeout(refresh, WAIT_MS);
}

async function refresh() {
  const ids = [...changed].slice(0, TOGETHER);
  for (const id of ids) changed.delete(id);
  timer = changed.size ? setTimeout(refresh, WAIT_MS) : 0;
  const query = new URLSearchParams(table.dataset.query);
  query.delete("cursor");
  for (const id of ids) query.append("id", id);
  const found = await fragment(`/archive/rows?${query}`);
  if (found) show(found);
}

function show(found) {
  const first = rows.firstElementChild;
  for (const row of [...found.querySelectorAll("#rows > tr")]) {
    const old = document.getElementById(row.id);
    localTimes(row);
    if (row.dataset.state === "done") growChoices(table.dataset.query);
    if (old) replace(old, row);
    else if (table.dataset.newest === "yes") {
      row.classList.add("is-new");
      rows.insertBefore(row, first);
    }
  }
  around(found);
}

/** What stands around the rows. */
function around(found) {
  swap(found, "glance");
  swap(found, "count");
  document.getElementById("nothing").hidden = rows.childElementCount > 0;
  if (rows.childElementCount) filled();
  count();
}

function replace(old, row) {
  row.querySelector("[name=ids]").checked = old.querySelector("[name=ids]").checked;
  const focused = old.contains(document.activeElement) && document.activeElement.tagName;
  old.replaceWith(row);
  if (focused) row.querySelector(focused)?.focus();
}

function swap(found, id) {
  const fresh = found.getElementById(id);
  if (fresh) document.getElementById(id)?.replaceWith(fresh);
}

function filled() {
  document.getElementById("archive-list").hidden = false;
  document.querySelector(".empty")?.remove();
}

/** A page more needs no new row from the server. */
function onChange(document_) {
  uploads?.changed(document_);
  const row = document.getElementById(`row-${document_.id}`);
  const bar = row?.querySelector("progress");
  const pages = row?.querySelector(".of");
  if (bar && pages && row.dataset.state === document_.state && document_.state === "reading") {
    bar.max = document_.pages || 1;
    bar.value = document_.pages_done;
    pages.textContent = t("%(done)s of %(pages)s", {
      done: document_.pages_done,
      pages: document_.pages,
    });
    return;
  }
  if (row || table.dataset.newest === "yes") later(document_.id);
}

function again() {
  for (const row of rows.querySelectorAll("tr[data-open]")) later(row.dataset.id);
  look();
}

const look = watchRows(rows, form.dataset.project, async () => {
  const query = new URLSearchParams(table.dataset.query);
  query.append("id", "none"); // the numbers alone
  const found = await fragment(`/archive/rows?${query}`);
  if (found) around(found);
});

// --- choosing rows ---

const all = document.getElementById("tick-all");
const chosen = document.getElementById("chosen");
const ticks = () => [...rows.querySelectorAll("[name=ids]")];
let last = null;

function count() {
  const boxes = ticks();
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked > 0 && ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
  const text = ticked ? n("%(count)s chosen", "%(count)s chosen", ticked) : "";
  if (chosen.textContent !== text) chosen.textContent = text;
  for (const button of form.querySelectorAll("[data-needs-choice]")) button.disabled = !ticked;
}

function choose(event) {
  if (event.target.name !== "ids") return;
  const boxes = ticks();
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(event.target)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) {
    for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
  }
  last = event.target;
  count();
}

rows.addEventListener("click", choose);
all.hidden = false;
all.addEventListener("change", () => {
  for (const box of ticks()) box.checked = all.checked;
  count();
});

// --- more rows ---

document.addEventListener("click", async (event) => {
  const link = event.target.closest("#more");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  link.setAttribute("aria-busy", "true");
  const found = await fragment(link.getAttribute("href").replace("/archive?", "/archive/rows?"));
  if (!found) return;
  const fresh = [...found.querySelectorAll("#rows > tr")];
  for (const row of fresh) localTimes(row);
  rows.append(...fresh.filter((row) => !document.getElementById(row.id)));
  swap(found, "paging");
  fresh[0]?.querySelector("a")?.focus();
  count();
});

for (const choice of document.querySelectorAll(".filters select")) {
  choice.addEventListener("change", () => choice.form.requestSubmit());
}

const uploads = startUploads(later);
count();
follow(form.dataset.project, onChange, again);
document.body.dataset.ready = "yes"; // for whoever waits for the scripts
