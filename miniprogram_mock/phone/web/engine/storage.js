/** Storage of one person's phone in localStorage, under a prefix. Values are JSON, as in WeChat. */

const MOST_BYTES = 10 * 1024 * 1024

export function createStorage(prefix) {
  const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix))
  const bytes = () => keys().reduce((sum, key) => sum + 2 * (key.length + (localStorage.getItem(key) ?? '').length), 0)
  return {
    get(name, otherwise) {
      const text = localStorage.getItem(prefix + name)
      return text === null ? otherwise : JSON.parse(text)
    },
    set: (name, value) => localStorage.setItem(prefix + name, JSON.stringify(value)),
    has: (name) => localStorage.getItem(prefix + name) !== null,
    remove: (name) => localStorage.removeItem(prefix + name),
    clear: () => keys().forEach((key) => localStorage.removeItem(key)),
    names: () => keys().map((key) => key.slice(prefix.length)),
    bytes,
    limit: MOST_BYTES,
  }
}
