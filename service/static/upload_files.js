// Files out of a file dialog or a drop, with the folders they were in.

const CLUTTER = new Set(["thumbs.db", "desktop.ini", "ehthumbs.db"]);

/** Whether a program left it in a folder; the server would leave it out too. */
const isClutter = (path) =>
  path.includes("/") &&
  path.split("/").some((part) => {
    const name = part.toLowerCase();
    return name.startsWith(".") || name === "__macosx" || name.startsWith("~$") || CLUTTER.has(name);
  });

/** What was chosen in a file dialog. */
export const chosenFiles = (input) =>
  [...input.files]
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }))
    .filter(({ path }) => !isClutter(path));

/** What was dropped, folders with all that is in them. */
export async function droppedFiles(transfer) {
  // The list is gone once the event is over: entries are taken first.
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = await Promise.all(entries.map(files));
  return found.flat().filter(({ path }) => !isClutter(path));
}

async function files(entry) {
  if (!entry) return [];
  if (entry instanceof File) return [{ file: entry, path: entry.name }];
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  const found = [];
  for (const child of await children(entry)) found.push(...(await files(child)));
  return found;
}

/** All entries of a folder: browsers give them a hundred at a time. */
async function children(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}
