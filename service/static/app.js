// What all pages have. The archive and documents have a module of their own beside it.
import "./times.js";
import "./menus.js";
import "./confirm.js";
import "./copy.js";
