// Questions before what cannot be undone. Without scripts the server asks on a page of its own.
import { csrf } from "./http.js";
import { t } from "./words.js";

function element(tag, text, more = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  return Object.assign(made, more);
}

/** Asks; true where the answer is yes. */
function ask(question, yes) {
  const dialog = document.createElement("dialog");
  const form = element("form", "", { method: "dialog", className: "buttons" });
  form.append(
    element("button", t("Cancel"), { value: "no", autofocus: true }),
    element("button", yes, { value: "yes", className: "danger" }),
  );
  const words = element("p", question, { id: "question" });
  dialog.setAttribute("aria-labelledby", "question");
  dialog.append(words, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function hidden(name, value) {
  return element("input", "", { type: "hidden", name, value });
}

/** Sends the form of a button as if the page in between had been answered with yes. */
function confirmed(button) {
  const { form } = button;
  if (button.dataset.post) {
    form.setAttribute("method", "post");
    form.setAttribute("action", button.dataset.post);
    form.append(hidden("csrf", csrf()));
  }
  if (button.name) form.append(hidden(button.name, button.value));
  form.append(hidden("confirmed", "yes"));
  form.submit();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-confirm]");
  if (!button) return;
  event.preventDefault();
  if (await ask(button.dataset.confirm, button.textContent.trim())) confirmed(button);
});
