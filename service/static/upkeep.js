// What no event tells: documents that others delete, and values to filter by that are new.
import { fragment } from "./http.js";

const LOOK_MS = 20_000;
const GROW_MS = 2000;
const TOGETHER = 100;

/** Ids of documents that are not there any more. */
async function goneOf(project, ids) {
  const query = new URLSearchParams({ project });
  for (const id of ids) query.append("id", id);
  const answer = await fetch(`/archive/gone?${query}`);
  return answer.ok && !answer.redirected ? answer.json() : [];
}

function remove(row) {
  const near = row.nextElementSibling ?? row.previousElementSibling;
  const held = row.contains(document.activeElement);
  row.remove();
  if (held) near?.querySelector("a")?.focus();
}

/** Takes rows away whose documents are deleted, and calls `changed()` then; gives a look at once. */
export function watchRows(rows, project, changed) {
  const look = async () => {
    if (document.hidden) return;
    const ids = [...rows.querySelectorAll("tr")].map((row) => row.dataset.id);
    let any = false;
    for (let from = 0; from < ids.length; from += TOGETHER) {
      for (const id of await goneOf(project, ids.slice(from, from + TOGETHER))) {
        const row = document.getElementById(`row-${id}`);
        if (row) remove(row);
        any = true;
      }
    }
    if (any) changed();
  };
  const quietly = () => look().catch(() => {}); // without a connection: the next time
  setInterval(quietly, LOOK_MS);
  return quietly;
}

let timer = 0;

/** Brings the choices of the filters up to date, soon; what is chosen stays. */
export function growChoices(query) {
  timer ||= setTimeout(grow, GROW_MS, query);
}

async function grow(query) {
  timer = 0;
  const found = await fragment(`/archive/choices?${query}`).catch(() => null);
  for (const fresh of found?.querySelectorAll("select") ?? []) {
    const own = document.getElementById(fresh.id);
    if (own === document.activeElement || own.length === fresh.length) continue;
    const { value } = own;
    own.replaceChildren(...fresh.children);
    own.value = value;
  }
}
