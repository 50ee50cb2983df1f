/** The language of the console: Chinese, unless this browser chose English; remembered on this device. */

export const LANGUAGES = ["zh-CN", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

export const isLanguage = (key: string): key is Language => LANGUAGES.some((one) => one === key);

const KEY = "marque.language";

function remembered(): Language {
  try {
    const kept = localStorage.getItem(KEY);
    return kept !== null && isLanguage(kept) ? kept : "zh-CN";
  } catch {
    return "zh-CN";
  }
}

/** For as long as the page stands. */
export const language = remembered();

/** Take another language and load the page anew in it: every text, also the server's, is asked for again. */
export function chooseLanguage(next: Language): void {
  if (next === language) return;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    return; // A browser that forbids storage stays with Chinese: nobody could tell it after loading.
  }
  location.reload();
}

/** "中文", "English": each in its own words, so that everybody finds hers. */
export const nameOf = (one: Language): string => {
  const plain = one.slice(0, 2);
  return new Intl.DisplayNames(plain, { type: "language" }).of(plain) ?? one;
};
