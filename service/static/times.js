// Times by the clock of the reader: the server writes them by its own.
const two = (number) => String(number).padStart(2, "0");

/** Rewrites the times in a part of the page. */
export function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    element.textContent = `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
    element.title = at.toString();
  }
}

localTimes(document);
