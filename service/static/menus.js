// Menus close when one goes elsewhere, and open to the side where there is room.
const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("focusin", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});

function place(event) {
  const menu = event.target;
  if (!menu.matches?.("details.menu[open]")) return;
  menu.classList.remove("opens-right");
  const panel = menu.querySelector(":scope > :not(summary)");
  menu.classList.toggle("opens-right", panel.getBoundingClientRect().left < 0);
}

document.addEventListener("toggle", place, true); // it does not bubble
