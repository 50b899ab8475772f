// Documents as they change (server-sent events), for as long as the page is looked at.

/**
 * Calls `changed(document)` for every change in a project, and `again()` when the page is looked
 * at once more: what changed meanwhile was not told.
 */
export function follow(project, changed, again) {
  let source = null;
  const open = () => {
    source = new EventSource(`/api/v1/events?project=${encodeURIComponent(project)}`);
    source.addEventListener("document", (event) => changed(JSON.parse(event.data)));
  };
  const close = () => {
    source?.close();
    source = null;
  };
  // A browser has few connections to a server: pages that nobody sees give theirs back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && !busy()) close();
    else if (!document.hidden && !source) {
      open();
      again();
    }
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !source) {
      open();
      again();
    }
  });
  open();
}

let working = 0;
const busy = () => working > 0;

/** While this is more than 0 events are wanted though nobody looks. */
export const setBusy = (count) => {
  working = count;
};
