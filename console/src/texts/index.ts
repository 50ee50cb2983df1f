/**
 * The words of the console in the language that this browser chose; every page takes them from here, and from nowhere else.
 *
 * They are there before any module that uses them runs, so that a constant may hold them; a change of language loads the page anew.
 */
import { language } from "../lib/language";
import { t as chinese } from "./zh-CN";

/** What every language has to say. A text is added to zh-CN.ts and to the en.ts beside it, or the type check fails. */
export type Texts = typeof chinese;

export const t: Texts = language === "en" ? (await import("./en")).t : chinese;
