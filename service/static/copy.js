// Secrets that are shown once get a button to copy them.
import { t } from "./words.js";

for (const secret of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break; // not without https
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = t("Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(secret.textContent);
    button.textContent = t("Copied");
  });
  secret.after(button);
}
