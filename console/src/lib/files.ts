/** Something written as a file on the person's own machine. */

/** Before a CSV; without it Excel takes Chinese for something else. */
export const BOM = "\ufeff";

export function saveText(text: string, name: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name.replace(/[\\/:*?"<>|]/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

export const saveFile = (file: unknown, name: string) => saveText(JSON.stringify(file, null, 2), `${name}.json`, "application/json");
