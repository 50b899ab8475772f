// Looking at a field: its box on the paper, its details, the way back from a box to its field.
import { t } from "./words.js";

const HOVER_MS = 90;

/** Starts it; `tabs` and `paper` are the other two panes. */
export function startInspector(tabs, paper) {
  const data = document.querySelector(".data");
  const panel = document.getElementById("inspector");
  const { document: id } = document.getElementById("pages").dataset;
  let chosen = null; // the element that stays lit
  let timer = 0;

  const boxed = (event) => event.target.closest?.("[data-box]");

  function hover(event) {
    const element = boxed(event);
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (element) paper.light(element.dataset.box, { scroll: paper.isBeside() });
      else paper.light(chosen?.dataset.box ?? null, { scroll: false });
    }, HOVER_MS);
  }

  data.addEventListener("mouseover", hover);
  data.addEventListener("mouseleave", hover);
  data.addEventListener("focusin", (event) => {
    const element = boxed(event);
    if (element) paper.light(element.dataset.box);
    if (element?.matches(".grid [data-field]")) choose(element);
  });

  const same = (field) => data.querySelectorAll(`[data-field="${CSS.escape(field)}"]`);

  /** Keeps an element lit, everywhere it is shown, and tells what is known of its field. */
  function choose(element) {
    for (const one of data.querySelectorAll(".is-on")) one.classList.remove("is-on");
    chosen = element;
    element.classList.add("is-on");
    if (element.dataset.box) paper.light(element.dataset.box);
    if (!element.dataset.field) {
      fill(element.title);
      panel.hidden = !element.title;
      return;
    }
    for (const one of same(element.dataset.field)) one.classList.add("is-on");
    tell(element.dataset.field);
  }

  function tell(field) {
    const row = document.getElementById(`field-${field}`);
    const part = (name) => {
      const made = document.createElement("span");
      const from = row.querySelector(`[data-part=${name}]`).cloneNode(true);
      made.append(...from.childNodes);
      return made;
    };
    const line = document.createElement("div");
    line.className = "inspector-line";
    line.append(part("printed"), part("sure"), part("mark"), part("others"));
    const label = part("label");
    label.lang = "zh";
    fill(label, line, ...picture(row, field));
    panel.hidden = false;
  }

  function fill(...parts) {
    const close = document.createElement("button");
    close.type = "button";
    close.className = "quiet inspector-close";
    close.textContent = "×";
    close.ariaLabel = t("Close");
    close.addEventListener("click", () => {
      panel.hidden = true;
    });
    panel.replaceChildren(close, ...parts);
  }

  /** Where the paper is not beside it, the piece of it where the field stands. */
  function picture(row, field) {
    if (!row.dataset.box || paper.isBeside()) return [];
    const image = new Image();
    image.alt = t("Where it stands on the page");
    image.src = `/api/v1/documents/${id}/fields/${encodeURIComponent(field)}/crop?margin=12`;
    return [image];
  }

  /** Goes to a field from a box or a link: to its place in the grid where it has one. */
  function goTo(target) {
    const row = document.getElementById(target);
    if (!row) return;
    const field = row.dataset.field;
    const place = field ? (data.querySelector(`.grid [data-field="${CSS.escape(field)}"]`) ?? row) : row;
    tabs.show(place);
    place.scrollIntoView({ block: "center" });
    const link = place.matches(".grid td") ? place.querySelector("a") : place;
    link.focus({ preventScroll: true });
    choose(place);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const hash = link?.getAttribute("href").slice(1);
    if (!link || event.ctrlKey || event.metaKey) return;
    if (link.matches("[data-show]")) {
      event.preventDefault();
      paper.go(hash);
    } else if (link.matches("[data-goto]")) {
      event.preventDefault();
      goTo(hash);
    } else if (link.closest(".grid")) {
      event.preventDefault();
      choose(link.closest("[data-field]"));
    } else if (hash.startsWith("check-")) {
      event.preventDefault();
      const check = document.getElementById(hash);
      tabs.show(check);
      check.scrollIntoView({ block: "center" });
    }
  });

  data.addEventListener("click", (event) => {
    const element = boxed(event);
    if (element && !event.target.closest("a, summary, button")) choose(element);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) panel.hidden = true;
  });

  /** Goes where the address leads. */
  function arrive() {
    const target = decodeURIComponent(location.hash.slice(1));
    const element = document.getElementById(target);
    if (target.startsWith("field-")) goTo(target);
    else if (element?.closest(".paper")) paper.go(target);
    else if (element) tabs.show(element);
  }

  for (const grid of data.querySelectorAll(".grid")) walk(grid);
  window.addEventListener("hashchange", arrive);
  arrive();
  // The browser goes there too when all is loaded: to the list, where the grid says more.
  if (document.readyState !== "complete") {
    window.addEventListener("load", () => setTimeout(arrive), { once: true });
  }
}

/** A grid is one stop of the tab key; arrows go from cell to cell. */
function walk(grid) {
  const table = [...grid.tBodies[0].rows].map((row) => [...row.querySelectorAll("td a")]);
  const all = table.flat();
  const enter = (link) => {
    for (const one of all) one.tabIndex = -1;
    link.tabIndex = 0;
  };
  if (all.length) enter(all[0]);
  grid.addEventListener("focusin", (event) => {
    if (all.includes(event.target)) enter(event.target);
  });
  grid.addEventListener("keydown", (event) => {
    const row = table.findIndex((links) => links.includes(event.target));
    if (row < 0) return;
    const column = table[row].indexOf(event.target);
    const next = {
      ArrowRight: () => table[row][column + 1],
      ArrowLeft: () => table[row][column - 1],
      ArrowDown: () => table[row + 1]?.[column],
      ArrowUp: () => table[row - 1]?.[column],
      Home: () => table[row][0],
      End: () => table[row].at(-1),
    }[event.key]?.();
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}
