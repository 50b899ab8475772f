// The pictures of the pages: their size, and which box is looked at.

const STEPS = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4];

/** Starts the pane; gives `light(id, scroll)` and `isBeside()`. */
export function startPaper() {
  const pane = document.getElementById("sheets");
  const beside = window.matchMedia("(min-width: 64.01rem)");
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let zoom = 1;
  let lit = null;

  function setZoom(value) {
    const middle = (pane.scrollTop + pane.clientHeight / 2) / pane.scrollHeight;
    zoom = value;
    pane.style.setProperty("--zoom", String(zoom));
    pane.scrollTop = middle * pane.scrollHeight - pane.clientHeight / 2;
    pane.scrollLeft = (pane.scrollWidth - pane.clientWidth) / 2;
  }

  const larger = () => setZoom(STEPS.find((step) => step > zoom) ?? zoom);
  const smaller = () => setZoom(STEPS.findLast((step) => step < zoom) ?? zoom);
  const fit = () => setZoom(1);
  for (const [id, work] of [["zoom-in", larger], ["zoom-out", smaller], ["zoom-fit", fit]]) {
    document.getElementById(id).addEventListener("click", work);
  }
  document.querySelector(".zoom").hidden = false;
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey) return;
    const work = { "+": larger, "=": larger, "-": smaller, 0: fit }[event.key];
    if (work) work();
  });

  /** Moves the pane alone, so that the page stays where it is. */
  function reveal(element) {
    if (!beside.matches) return;
    const own = element.getBoundingClientRect();
    const frame = pane.getBoundingClientRect();
    const inside = own.top >= frame.top + 20 && own.bottom <= frame.bottom - 20 &&
      own.left >= frame.left && own.right <= frame.right;
    if (inside) return;
    pane.scrollBy({
      top: own.top - frame.top - frame.height / 2 + own.height / 2,
      left: own.left < frame.left || own.right > frame.right ? own.left - frame.left - 40 : 0,
      behavior: calm.matches ? "auto" : "smooth",
    });
  }

  /** Lights a box, and no other; null lights none. */
  function light(id, { scroll = true } = {}) {
    lit?.classList.remove("is-on");
    lit = id ? document.getElementById(id) : null;
    lit?.classList.add("is-on");
    if (lit && scroll) reveal(lit);
  }

  const links = [...document.querySelectorAll(".page-links a")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const { page } = entry.target.dataset;
      const link = links.find((one) => one.textContent === page);
      link?.classList.toggle("is-seen", entry.isIntersecting);
    }
  }, { root: pane, rootMargin: "-45% 0px -45% 0px" });
  for (const sheet of pane.querySelectorAll(".sheet")) seen.observe(sheet);

  /** Brings a page or a box to view, by the id in a link. */
  function go(id) {
    const target = document.getElementById(id);
    if (!target) return;
    if (target.matches("rect")) light(id);
    if (beside.matches && target.matches(".sheet")) {
      pane.scrollTop += target.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    } else if (!beside.matches) target.scrollIntoView({ block: "center" });
  }

  return { light, go, isBeside: () => beside.matches };
}
