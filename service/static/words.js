// What scripts say, in the language of the page. English is the source.
const language = document.documentElement.dataset.language;
const version = new URL(import.meta.url).pathname.match(/\/static\/([0-9a-f]{12})\//)?.[1] ?? "";

let messages = {};
let patterns = [];
if (language !== "en") {
  try {
    const { default: words } = await import(`/words/${language}.js?v=${version}`);
    messages = words.messages;
    patterns = words.sentences.map(([pattern, text]) => [new RegExp(`^${pattern}$`, "s"), text]);
  } catch (error) {
    console.error(error); // English is better than a page without scripts
  }
}

const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");

/** A message with its values. */
export const t = (message, values = {}) => filled(messages[message] ?? message, values);

/** A message with a number in it. */
export const n = (one, many, count, values = {}) =>
  filled(messages[one] ?? (count === 1 ? one : many), { count, ...values });

/** A sentence of the program, as the API gives it. */
export function sentence(text) {
  for (const [pattern, translation] of patterns) {
    const found = pattern.exec(text);
    if (!found) continue;
    const values = { ...found.groups };
    if (values.message) values.message = sentence(values.message);
    return filled(translation, values);
  }
  return text;
}

/** The part of a sentence after the name of its file, which the API puts in front. */
export const withoutName = (text, name) =>
  text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text;

const UNITS = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]];

/** A number of bytes as people read it. */
export function size(bytes) {
  for (const [unit, most] of UNITS) {
    if (bytes >= most) return `${Math.round((bytes / most) * 10) / 10} ${unit}`;
  }
  return `${bytes} B`;
}
