/** How the English catalogue writes numbers. */

export const count = (n: number) => n.toLocaleString("en");

/** "1 person", "1,200 people". */
export const many = (n: number, one: string, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;
