// The parts of a result as tabs. Without scripts they follow each other, and the tabs are links.

/** Makes the links tabs; gives `show(element)`, which brings up the part that an element is in. */
export function startTabs() {
  const links = [...document.querySelectorAll("#tabs a:not(.to-pages)")];
  const parts = links.map((link) => document.querySelector(link.getAttribute("href")));
  document.body.classList.add("is-tabbed");
  const list = document.getElementById("tabs");
  const toPages = list.querySelector(".to-pages");

  function choose(index, focus = false) {
    links.forEach((link, other) => {
      const is = other === index;
      link.setAttribute("aria-selected", String(is));
      link.tabIndex = is ? 0 : -1;
      parts[other].hidden = !is;
    });
    document.body.dataset.shown = parts[index].id;
    if (focus) links[index].focus();
  }

  function show(element) {
    const index = parts.findIndex((part) => part.contains(element));
    if (index < 0) return false;
    choose(index);
    for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    return true;
  }

  const roles = document.createElement("div");
  roles.setAttribute("role", "tablist");
  roles.setAttribute("aria-label", list.getAttribute("aria-label"));
  roles.className = "tab-list";
  roles.append(...links);
  list.prepend(roles);
  list.append(toPages);
  links.forEach((link, index) => {
    link.id = `tab-${parts[index].id}`;
    link.setAttribute("role", "tab");
    link.setAttribute("aria-controls", parts[index].id);
    parts[index].setAttribute("role", "tabpanel");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      history.replaceState(null, "", link.getAttribute("href"));
      choose(index);
    });
  });
  roles.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement);
    choose((at + step + links.length) % links.length, true);
  });
  const named = parts.findIndex((part) => `#${part.id}` === location.hash);
  choose(Math.max(named, 0));
  if (named >= 0) window.scrollTo(0, 0); // where the part was before the others were put away
  return { show };
}
