// Requests to the service, with the token that says they come from our own pages.

/** The token that forms and requests carry. */
export const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

/** Sends JSON to the API; throws an Error with the sentence of its problem document. */
export async function send(method, path, body) {
  const headers = { "X-CSRF-Token": csrf(), "Content-Type": "application/json" };
  const answer = await fetch(path, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error((await answer.json()).detail ?? answer.statusText);
  return answer.status === 204 ? null : answer.json();
}

/** A part of a page, as a document to take elements from; null where it is not there any more. */
export async function fragment(path) {
  const answer = await fetch(path, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}
