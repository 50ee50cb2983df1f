/** What can be said about a JavaScript source without running it; positions and lines stay as they are. */
'use strict';

const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^\n]|\b(?:return|typeof|case|in|of))\s*$/;

/** The source with its comments blanked and, when asked, what its strings and regular expressions hold. */
function blanked(source, { literals = false } = {}) {
  let out = '';
  let at = 0;
  const blank = (text) => text.replace(/[^\n]/g, ' ');
  while (at < source.length) {
    const rest = source.slice(at, at + 2);
    const start = at;
    if (rest === '//') at = end(source, '\n', at);
    else if (rest === '/*') at = end(source, '*/', at + 2) + 2;
    if (at > start) {
      out += blank(source.slice(start, at));
      continue;
    }
    const letter = source[at];
    const quote = '\'"`'.includes(letter) || (letter === '/' && BEFORE_REGEX.test(out)) ? letter : '';
    if (!quote) {
      out += letter;
      at += 1;
      continue;
    }
    at = closing(source, at, quote);
    const inner = source.slice(start + 1, at - 1);
    out += quote + (literals ? blank(inner) : inner) + quote;
  }
  return out;
}

function end(source, text, from) {
  const found = source.indexOf(text, from);
  return found < 0 ? source.length : found;
}

/** Just behind the quote that closes the one at `at`. */
function closing(source, at, quote) {
  let inClass = false;
  for (let next = at + 1; next < source.length; next += 1) {
    const letter = source[next];
    if (letter === '\\') next += 1;
    else if (quote === '/' && letter === '[') inClass = true;
    else if (quote === '/' && letter === ']') inClass = false;
    else if (letter === quote && !inClass) return next + 1;
  }
  return source.length;
}

/** Every match of a pattern, with its line. */
function found(text, pattern) {
  return [...text.matchAll(pattern)].map((match) => ({ match, line: text.slice(0, match.index).split('\n').length }));
}

module.exports = { blanked, found };
