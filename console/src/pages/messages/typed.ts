/** Which fields a template has: what its channel says, or the typed keys of the template at WeChat. */
import type { PlatformTemplate, TemplateDraft, WritableChannel } from "../../api/templates";

/** The type of a typed key: `thing` of `thing3`. */
export const kindOf = (key: string) => /^([a-z_]+?)\d+$/.exec(key)?.[1] ?? key;

/** The fields with what people call them, in the order in which the phone shows them. */
export function fieldsOf(
  channel: WritableChannel,
  draft: Pick<TemplateDraft, "fields" | "template_ids">,
  known: PlatformTemplate[],
  words: Record<string, string>,
): Map<string, string> {
  const own = Object.keys(draft.fields).map((name) => [name, words[name] ?? name] as const);
  if (channel.parts === null) {
    const chosen = known.filter((one) => draft.template_ids[one.appid] === one.template_id);
    const keys = chosen.flatMap((one) => one.keys.map(({ key, label }) => [key, label] as const));
    // Of an account that was never read nothing is known but what is written already.
    return new Map(keys.length > 0 ? keys : own);
  }
  return new Map(channel.parts.length > 0 ? channel.parts.map((name) => [name, words[name] ?? name]) : own);
}
